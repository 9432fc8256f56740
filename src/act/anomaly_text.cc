#include "act/anomaly_text.h"

#include "act/format.h"
#include "act/signal_names.h"

namespace kizashi {
namespace {

std::string Count(const Fields& fields, std::string_view name) {
  return FormatNumber(FieldNumber(fields, name), 0);
}

std::string MemberDown(const Fields& fields, Language language) {
  const std::string by = FieldText(fields, "by");
  return FillText(TextId::kMemberDown, language,
                  {{"by", by.empty() ? "instance" : by},
                   {"member", FieldText(fields, "member")},
                   {"up", Count(fields, "up")},
                   {"of", Count(fields, "of")},
                   {"need", Count(fields, "need")}});
}

// How it is written, behind what the team calls it.
std::string PatternText(const Fields& fields) {
  const std::string name = FieldText(fields, "pattern_name");
  const std::string text = FieldText(fields, "pattern");
  return name.empty() ? text : fmt::format("{} ({})", name, text);
}

std::string PatternNew(const Fields& fields, Language language) {
  const std::string pattern = PatternText(fields);
  std::string details;
  const auto add = [&](const std::string& text) {
    if (!details.empty()) details += language == Language::kJapanese ? "、" : ", ";
    details += text;
  };
  if (const std::string level = FieldText(fields, "level"); !level.empty()) {
    add(FillText(TextId::kLevel, language, {{"level", level}}));
  }
  if (const std::string where = FieldText(fields, "first_seen_on"); !where.empty()) {
    add(FillText(TextId::kFirstOn, language, {{"where", where}}));
  }
  if (FindField(fields, "count") != nullptr) {
    add(FillText(TextId::kLines, language, {{"count", Count(fields, "count")}}));
  }
  if (const std::string known = FieldText(fields, "known_in"); !known.empty()) {
    add(FillText(TextId::kKnownIn, language, {{"services", known}}));
  }
  if (details.empty()) return FillText(TextId::kPatternNew, language, {{"pattern", pattern}});
  return FillText(TextId::kPatternNewDetails, language,
                  {{"details", details}, {"pattern", pattern}});
}

// A count that is expected within limits, or from another pattern's count exactly.
std::string Range(const Fields& fields, Language language) {
  const std::string low = Count(fields, "low");
  const std::string high = Count(fields, "high");
  if (low == high) return low;
  return FillText(TextId::kRange, language, {{"low", low}, {"high", high}});
}

std::string PatternChanged(TextId text, const Fields& fields, Language language) {
  return FillText(text, language,
                  {{"pattern", PatternText(fields)},
                   {"observed", Count(fields, "observed")},
                   {"range", Range(fields, language)},
                   {"expected", Count(fields, "expected")},
                   {"minutes", Count(fields, "silent_minutes")}});
}

std::string ParameterOdd(TextId text, const Fields& fields, Language language) {
  return FillText(text, language,
                  {{"pattern", FieldText(fields, "pattern")},
                   {"value", FieldText(fields, "value")},
                   {"known", FieldText(fields, "known")},
                   {"low", FieldText(fields, "low")},
                   {"high", FieldText(fields, "high")}});
}

std::string ReleaseChanged(const Fields& fields, Language language) {
  return FillText(TextId::kReleaseChanged, language,
                  {{"version", FieldText(fields, "version")},
                   {"new", Count(fields, "new")},
                   {"gone", Count(fields, "gone")},
                   {"up", Count(fields, "up")},
                   {"down", Count(fields, "down")}});
}

// "http_errors up, process_cpu down + 3", with names for the ids.
std::string MovedWith(const std::string& others, Language language) {
  std::string out;
  for (size_t begin = 0; begin < others.size();) {
    const size_t end = std::min(others.find(", ", begin), others.size());
    const std::string one = others.substr(begin, end - begin);
    const size_t space = one.find(' ');
    if (!out.empty()) out += language == Language::kJapanese ? "、" : ", ";
    out += SignalName(one.substr(0, space), language);
    if (space != std::string::npos) out += one.substr(space);
    begin = end + 2;
  }
  return out;
}

std::string SignalsMoved(TextId text, const Fields& fields, Language language) {
  const std::string unit = FieldText(fields, "unit");
  const auto value = [&](std::string_view name) {
    return FormatSignal(FieldNumber(fields, name), unit);
  };
  std::string what = FillText(text, language,
                              {{"signal", SignalName(FieldText(fields, "signal"), language)},
                               {"value", value("value")},
                               {"low", value("band_low")},
                               {"high", value("band_high")}});
  if (const std::string member = FieldText(fields, "member"); !member.empty()) {
    what = FillText(TextId::kMemberOdd, language,
                    {{"what", what},
                     {"by", FieldText(fields, "by")},
                     {"member", member},
                     {"value", value("member_value")},
                     {"low", value("siblings_low")},
                     {"high", value("siblings_high")}});
  }
  const std::string others = MovedWith(FieldText(fields, "others"), language);
  if (others.empty()) return what;
  return FillText(TextId::kMovedWith, language, {{"what", what}, {"others", others}});
}

std::string CodeAndFields(const AnomalyRecord& anomaly) {
  std::string out = anomaly.code;
  for (const auto& [name, value] : anomaly.fields) {
    out += fmt::format(" {}={}", name, FieldText(anomaly.fields, name));
  }
  return out;
}

}  // namespace

std::string AnomalyText(const AnomalyRecord& anomaly, Language language) {
  if (anomaly.code == "member_down") return OneLine(MemberDown(anomaly.fields, language));
  if (anomaly.code == "pattern_new") return OneLine(PatternNew(anomaly.fields, language));
  if (anomaly.code == "patterns_new_many") {
    return FillText(TextId::kPatternsNewMany, language,
                    {{"count", Count(anomaly.fields, "count")}});
  }
  const Fields& fields = anomaly.fields;
  if (anomaly.code == "pattern_up") {
    return OneLine(PatternChanged(TextId::kPatternUp, fields, language));
  }
  if (anomaly.code == "pattern_down") {
    return OneLine(PatternChanged(TextId::kPatternDown, fields, language));
  }
  if (anomaly.code == "pattern_gone") {
    const bool silent = FieldNumber(fields, "silent_minutes") > 0;
    return OneLine(
        PatternChanged(silent ? TextId::kPatternGone : TextId::kPatternMissing, fields, language));
  }
  if (anomaly.code == "parameter_value") {
    return OneLine(ParameterOdd(TextId::kParameterValue, fields, language));
  }
  if (anomaly.code == "parameter_range") {
    return OneLine(ParameterOdd(TextId::kParameterRange, fields, language));
  }
  if (anomaly.code == "signals_moved") {
    return OneLine(SignalsMoved(TextId::kSignalMoved, fields, language));
  }
  if (anomaly.code == "traffic_up") {
    return OneLine(SignalsMoved(TextId::kTrafficUp, fields, language));
  }
  if (anomaly.code == "traffic_down") {
    return OneLine(SignalsMoved(TextId::kTrafficDown, fields, language));
  }
  if (anomaly.code == "growth_limit") {
    return OneLine(FillText(TextId::kGrowthLimit, language,
                            {{"signal", SignalName(FieldText(fields, "signal"), language)},
                             {"value", FormatPercent(FieldNumber(fields, "value"))},
                             {"reaches", FieldText(fields, "reaches").substr(0, 10)},
                             {"earliest", FieldText(fields, "earliest").substr(0, 10)}}));
  }
  if (anomaly.code == "foreign_alert") {
    return OneLine(FillText(
        TextId::kForeignAlert, language,
        {{"source", FieldText(fields, "alert_source")}, {"name", FieldText(fields, "alert")}}));
  }
  if (anomaly.code == "release_changed") return OneLine(ReleaseChanged(fields, language));
  return OneLine(CodeAndFields(anomaly));
}

}  // namespace kizashi
