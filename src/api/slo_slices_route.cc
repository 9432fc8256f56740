#include "api/slo_slices_route.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "api/request.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kSlos = "/kizashi/v1/slos/";
constexpr std::string_view kSlices = "/slices";
constexpr double kSecondsMax = 1e11;  // in the year 5138; as milliseconds it fits any whole number

using Element = simdjson::dom::element;

/// Seconds as a whole number of milliseconds; zero when they are none.
int64_t Milliseconds(double seconds) {
  if (!(seconds > 0) || seconds > kSecondsMax) return 0;
  const double ms = seconds * 1000;
  return std::abs(ms - std::round(ms)) < 1e-3 ? std::llround(ms) : 0;
}

Status ReadInterval(const SloSpec& slo, Element request, Duration* interval) {
  double seconds = 0;
  if (request["interval_seconds"].get(seconds) != simdjson::SUCCESS) {
    return InvalidArgument("interval_seconds: expected a number");
  }
  *interval = Duration(Milliseconds(seconds));
  if (interval->count() > 0 && *interval % slo.interval == Duration(0)) return OkStatus();
  return InvalidArgument("interval_seconds: found {}, expected {} or a multiple of it", seconds,
                         ToSeconds(slo.interval));
}

Status ReadMeaning(const SloSpec& slo, Element request) {
  std::string_view text;
  const auto error = request["meaning"].get(text);
  if (error == simdjson::NO_SUCH_FIELD) return OkStatus();
  if (error != simdjson::SUCCESS) return InvalidArgument("meaning: expected a text");
  KZ_ASSIGN_OR_RETURN(const uint64_t meaning, ReadId("meaning", text));
  if (meaning == SloMeaningHash(slo)) return OkStatus();
  return absl::FailedPreconditionError(
      "the SLO means something else here: its indicator, target or window is not as in the "
      "sender's catalog");
}

Status ReadSlice(Element element, Duration interval, Time now, SliceBatch::Slice* slice) {
  constexpr const char* kShape = "expected [end, good, total, covered_seconds], four numbers";
  simdjson::dom::array list;
  if (element.get(list) != simdjson::SUCCESS || list.size() != 4) return InvalidArgument(kShape);
  double values[4];
  size_t i = 0;
  for (const Element value : list) {
    if (value.get(values[i++]) != simdjson::SUCCESS) return InvalidArgument(kShape);
  }
  const auto& [end, good, total, covered] = values;
  const int64_t ms = Milliseconds(end);
  if (ms == 0 || ms % interval.count() != 0) {
    return InvalidArgument("end {} is no multiple of the interval", end);
  }
  *slice = {TimeFromMs(ms), good, total, covered};
  if (slice->end > now) return InvalidArgument("end {} is in the future", FormatTime(slice->end));
  if (!std::isfinite(good) || !std::isfinite(total)) return InvalidArgument(kShape);
  if (good > total) return InvalidArgument("good {} is more than total {}", good, total);
  if (!(covered >= 0) || covered > ToSeconds(interval)) {
    return InvalidArgument("covered_seconds {} is not within the interval, 0 to {}", covered,
                           ToSeconds(interval));
  }
  return OkStatus();
}

}  // namespace

bool IsSloSlicesRequest(const HttpRequest& request) {
  return request.method == "POST" && request.path.starts_with(kSlos) &&
         request.path.ends_with(kSlices) && request.path.size() > kSlos.size() + kSlices.size();
}

Status ReadSloSlices(const SloSpec& slo, std::string_view json, Time now, SliceBatch* batch,
                     std::string* item) {
  simdjson::dom::parser parser;
  Element request;
  if (json.size() > kSliceBytesMax) {
    return ResourceExhausted("found {} bytes, at most {} are taken", json.size(), kSliceBytesMax);
  }
  if (parser.parse(json).get(request) != simdjson::SUCCESS || !request.is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  Duration interval{};
  KZ_RETURN_IF_ERROR(ReadInterval(slo, request, &interval));
  KZ_RETURN_IF_ERROR(ReadMeaning(slo, request));
  simdjson::dom::array slices;
  if (request["slices"].get(slices) != simdjson::SUCCESS) {
    return InvalidArgument("slices: expected a list");
  }
  batch->slo = slo.name;
  batch->meaning = SloMeaningHash(slo);
  for (const Element element : slices) {
    if (batch->slices.size() == kSlicesMax) {
      return ResourceExhausted("found more than {} slices; send them in parts", kSlicesMax);
    }
    *item = fmt::format("slices[{}]", batch->slices.size());
    SliceBatch::Slice slice;
    KZ_RETURN_IF_ERROR(ReadSlice(element, interval, now, &slice));
    if (!batch->slices.empty() && slice.end <= batch->slices.back().end) {
      return InvalidArgument("end {} is not after that of the slice before", FormatTime(slice.end));
    }
    batch->slices.push_back(slice);
  }
  item->clear();
  return OkStatus();
}

void PostSloSlices(const HttpRequest& request, const Snapshot* snapshot, Time now,
                   TelemetryStore* store, const Responder& respond) {
  if (snapshot == nullptr) {
    return respond(ComeBackResponse(503, "the server is starting"));
  }
  const std::string name =
      request.path.substr(kSlos.size(), request.path.size() - kSlos.size() - kSlices.size());
  const size_t slash = name.find('/');
  const Service* service = snapshot->catalog->FindService(name.substr(0, slash));
  const SloSpec* found = nullptr;
  if (service != nullptr && slash != name.npos) {
    for (const SloSpec& slo : service->slos) {
      if (slo.name == std::string_view(name).substr(slash + 1)) found = &slo;
    }
  }
  if (found == nullptr) return respond(ErrorResponse(404, "there is no such SLO", name));
  SliceBatch batch;
  batch.service = service->name;
  std::string item;
  const Status read = ReadSloSlices(*found, request.body, now, &batch, &item);
  if (!read.ok()) {
    const int code = read.code() == absl::StatusCode::kResourceExhausted    ? 413
                     : read.code() == absl::StatusCode::kFailedPrecondition ? 409
                                                                            : 400;
    return respond(ErrorResponse(code, Message(read), item.empty() ? name : item));
  }
  const size_t count = batch.slices.size();
  const std::string accepted = fmt::format("{{\"accepted\":{}}}", count);
  if (count == 0) return respond(JsonResponse(200, accepted));
  store->Append(std::move(batch), [respond, accepted](const Status& stored) {
    respond(StoredResponse(stored, accepted));
  });
}

}  // namespace kizashi
