#include "demo/fault.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/json_writer.h"

namespace kizashi {
namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 7> kNames = {{
    {Fault::kDown, "down"},
    {Fault::kSlow, "slow"},
    {Fault::kErrors, "errors"},
    {Fault::kCpu, "cpu"},
    {Fault::kNewLine, "new_line"},
    {Fault::kLogFlood, "log_flood"},
    {Fault::kTraffic, "traffic"},
}};

}  // namespace

std::string_view FaultName(Fault fault) {
  for (const auto& [of, name] : kNames) {
    if (of == fault) return name;
  }
  return "";
}

std::optional<Fault> FindFault(std::string_view name) {
  for (const auto& [fault, of] : kNames) {
    if (of == name) return fault;
  }
  return std::nullopt;
}

StatusOr<FaultRequest> ParseFaultRequest(std::string_view json,
                                         const std::vector<std::string>& servers) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS ||
      !document.is_object()) {
    return InvalidArgument("the body is not a JSON object");
  }
  std::string_view name;
  std::string_view server;
  int64_t seconds = 0;
  if (document["fault"].get(name) != simdjson::SUCCESS) {
    return InvalidArgument("fault is missing");
  }
  const auto fault = FindFault(name);
  if (!fault) {
    return InvalidArgument(
        "fault '{}' is unknown: down, slow, errors, cpu, new_line, log_flood or traffic", name);
  }
  if (document["seconds"].get(seconds) != simdjson::SUCCESS || seconds < 1 || seconds > 86'400) {
    return InvalidArgument("seconds is a whole number from 1 to 86400");
  }
  FaultRequest request{*fault, "", std::chrono::seconds(seconds)};
  if (IsGlobal(*fault)) return request;
  if (document["server"].get(server) != simdjson::SUCCESS ||
      std::find(servers.begin(), servers.end(), server) == servers.end()) {
    return InvalidArgument("server is one of {}", fmt::join(servers, ", "));
  }
  request.server = server;
  return request;
}

std::string FormatFaultRequest(const FaultRequest& request) {
  JsonWriter json;
  json.BeginObject();
  json.Key("fault").String(FaultName(request.fault));
  if (!request.server.empty()) json.Key("server").String(request.server);
  json.Key("seconds").Int(request.duration / std::chrono::seconds(1));
  json.EndObject();
  return json.Take();
}

StatusOr<double> ReadJsonNumber(std::string_view json, std::string_view name) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  double value = 0;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS ||
      document[name].get(value) != simdjson::SUCCESS) {
    return InvalidArgument("{} is not a number in the body", name);
  }
  return value;
}

}  // namespace kizashi
