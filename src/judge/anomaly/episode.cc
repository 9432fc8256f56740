#include "judge/anomaly/episode.h"

#include "base/hash.h"

namespace kizashi {
namespace {

std::string FieldsText(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (const double* number = std::get_if<double>(&value)) {
      text += fmt::format(" {}={}", name, *number);
    } else {
      text += fmt::format(" {}={}", name, std::get<std::string>(value));
    }
  }
  return text;
}

}  // namespace

AnomalyRecord BeginEpisode(const Service& service, std::string_view source, std::string_view code,
                           std::string_view kind_suffix, std::string_view subject, Time begin) {
  AnomalyRecord record;
  record.service = service.name;
  record.owner = service.owner;
  record.kind = fmt::format("{}/{}/{}", service.name, source, kind_suffix);
  record.source = source;
  record.code = code;
  record.begin = begin;
  record.id = HexId(Hash64(fmt::format("{}\n{}\n{}", record.kind, subject, ToMs(begin))));
  return record;
}

Verdict AnomalyVerdict(const AnomalyRecord& anomaly, std::string_view type, Time time) {
  // Only what stands when it begins: counts that go on growing are no part of a verdict.
  return {time, std::string(type), anomaly.id, anomaly.service,
          fmt::format("{} {} price={}", anomaly.code, anomaly.kind, anomaly.price.mean_minutes)};
}

Verdict AlertVerdict(const AlertRecord& alert, std::string_view type, Time time) {
  return {
      time, std::string(type), alert.id, alert.service,
      fmt::format("{} {}{}", SeverityName(alert.severity), alert.slo, FieldsText(alert.fields))};
}

}  // namespace kizashi
