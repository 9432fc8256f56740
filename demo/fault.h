// The faults that the demo can be given, and requests for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

enum class Fault { kDown, kSlow, kErrors, kCpu, kNewLine, kLogFlood, kTraffic };
std::string_view FaultName(Fault fault);  // "down", "slow", ...
std::optional<Fault> FindFault(std::string_view name);
/// Of the whole shop and not of one server.
inline bool IsGlobal(Fault fault) { return fault == Fault::kTraffic; }

struct FaultRequest {
  Fault fault = Fault::kDown;
  std::string server;  // "" for global ones
  Duration duration{};
};

/// Reads {"fault", "server", "seconds"} (openapi.yaml's FaultRequest). `servers`: those there are.
StatusOr<FaultRequest> ParseFaultRequest(std::string_view json,
                                         const std::vector<std::string>& servers);
std::string FormatFaultRequest(const FaultRequest& request);

/// The number called `name` in a flat JSON object.
StatusOr<double> ReadJsonNumber(std::string_view json, std::string_view name);

}  // namespace kizashi
