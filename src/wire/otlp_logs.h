// Reads OpenTelemetry's ExportLogsServiceRequest, in protobuf and in its JSON form
// (opentelemetry-proto, collector/logs/v1; the JSON mapping of docs/specification.md: ids as
// hexadecimal, 64-bit numbers as strings or numbers, names in lowerCamelCase, unknown members
// passed over).
//
// A resource's attributes become the labels of its stream where they are in kOtlpLabels; the
// others, the scope's name and version, the record's attributes and its event name become
// LogLine::metadata under their own names (the record's own goes first). A text body is the text;
// any other body is written as JSON, bytes as they are. The time is time_unix_nano, else
// observed_time_unix_nano, else that of reception. severity_number decides, else severity_text.
//
// Total: bytes that are no such message are an error as a whole; beyond that each record answers
// for itself. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// Attribute, and the label it becomes. A stream without any is job="otlp".
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kOtlpLabels = {{
    {"service.name", "service_name"},
    {"service.namespace", "service_namespace"},
    {"service.version", "service_version"},
    {"deployment.environment", "deployment_environment"},
    {"deployment.environment.name", "deployment_environment"},
    {"cloud.region", "cloud_region"},
    {"host.name", "host_name"},
    {"k8s.cluster.name", "k8s_cluster_name"},
    {"k8s.namespace.name", "k8s_namespace_name"},
    {"k8s.deployment.name", "k8s_deployment_name"},
    {"k8s.pod.name", "k8s_pod_name"},
    {"k8s.container.name", "k8s_container_name"},
}};

inline constexpr size_t kOtlpAttributesMax = 256;  // of a record with those of its resource
inline constexpr size_t kOtlpAttributeBytesMax = 64 << 10;
inline constexpr size_t kOtlpRecordsMax = 500'000;      // a request
inline constexpr size_t kOtlpTextBytesMax = 128 << 20;  // texts and metadata of a request
inline constexpr int kOtlpDepthMax = 32;                // of values in values

struct OtlpStream {
  Labels labels;  // at least one
  std::vector<LogLine> lines;
};

struct OtlpLogs {
  std::vector<OtlpStream> streams;
  size_t rejected = 0;  // records that are not kept
  std::string reason;   // why the first of them is not
};

/// InvalidArgument when the body is no such message.
StatusOr<OtlpLogs> ParseOtlpLogsProto(std::string_view body, Time received);
StatusOr<OtlpLogs> ParseOtlpLogsJson(std::string_view body, Time received);

/// ExportLogsServiceResponse: empty, or with partial_success when some were rejected.
std::string OtlpLogsResponse(size_t rejected, std::string_view reason, bool json);
/// What a request of any signal is answered with: how many items were rejected under
/// `rejected_name`, and why; empty when none was.
std::string OtlpPartialResponse(std::string_view rejected_name, size_t rejected,
                                std::string_view reason, bool json);
/// google.rpc.Status.
std::string RpcStatus(int code, std::string_view message, bool json);

}  // namespace kizashi
