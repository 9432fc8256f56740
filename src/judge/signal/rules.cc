#include "judge/signal/rules.h"

#include <array>

namespace kizashi {
namespace {

using enum SignalClass;
using enum SignalKind;

// Real file systems only; what is left out has no size that means anything.
#define KZ_REAL_FS "fstype!~\"tmpfs|ramfs|overlay|squashfs|nsfs|rpc_pipefs|fuse.*|\""

constexpr std::array kRules = std::to_array<SignalRule>({
    // Work: HTTP servers, by the names that client libraries give.
    {"http_requests", kThroughput, kRate, "per_second", "http_requests_total", ""},
    {"http_requests", kThroughput, kRate, "per_second", "http_server_requests_seconds_count", ""},
    {"http_requests", kThroughput, kRate, "per_second", "http_request_duration_seconds_count", ""},
    {"http_requests", kThroughput, kRate, "per_second", "kizashi_http_requests_total", ""},
    {"http_success", kSuccess, kIncreaseRest, "ratio",
     R"({__name__="http_requests_total",code=~"5.."})", "http_requests_total"},
    {"http_success", kSuccess, kIncreaseRest, "ratio",
     R"({__name__="http_server_requests_seconds_count",status=~"5.."})",
     "http_server_requests_seconds_count"},
    {"http_success", kSuccess, kIncreaseRest, "ratio",
     R"({__name__="kizashi_http_requests_total",code=~"5.."})", "kizashi_http_requests_total"},
    {"http_errors", kError, kRate, "per_second",
     R"({__name__=~"http_requests_total|kizashi_http_requests_total",code=~"5.."})", ""},
    {"http_errors", kError, kRate, "per_second",
     R"({__name__="http_server_requests_seconds_count",status=~"5.."})", ""},
    {"http_latency_p99", kPerformance, kQuantile99, "seconds",
     "http_request_duration_seconds_bucket", ""},
    {"http_latency_p99", kPerformance, kQuantile99, "seconds",
     "http_server_requests_seconds_bucket", ""},
    {"http_latency_p99", kPerformance, kQuantile99, "seconds",
     "kizashi_http_request_duration_seconds_bucket", ""},
    // By the convention of a prefix of one's own; where a service has both, the usual name speaks.
    {"http_latency_p99", kPerformance, kQuantile99, "seconds",
     R"({__name__=~"[a-z0-9]+_request_duration_seconds_bucket",__name__!~"http_.+"})", ""},
    // Work: gRPC servers.
    {"grpc_requests", kThroughput, kRate, "per_second", "grpc_server_handled_total", ""},
    {"grpc_success", kSuccess, kIncreaseRest, "ratio",
     R"(grpc_server_handled_total{grpc_code=~"Unknown|Internal|Unavailable|DataLoss"})",
     "grpc_server_handled_total"},
    {"grpc_errors", kError, kRate, "per_second",
     R"(grpc_server_handled_total{grpc_code=~"Unknown|Internal|Unavailable|DataLoss"})", ""},
    {"grpc_latency_p99", kPerformance, kQuantile99, "seconds",
     "grpc_server_handling_seconds_bucket", ""},
    // Work: Kizashi itself.
    {"log_lines", kThroughput, kRate, "per_second", "kizashi_ingest_lines_total", ""},
    {"scraped_samples", kThroughput, kRate, "per_second", "kizashi_scrape_samples_total", ""},
    {"commit_latency_p99", kPerformance, kQuantile99, "seconds",
     "kizashi_store_commit_duration_seconds_bucket", ""},

    // Resource: any process with a Prometheus client.
    {"process_cpu", kUtilization, kRate, "ratio", "process_cpu_seconds_total", ""},
    {"process_memory", kUtilization, kSum, "bytes", "process_resident_memory_bytes", ""},
    {"process_fds", kSaturation, kRatio, "ratio", "process_open_fds", "process_max_fds"},
    {"targets_up", kAvailability, kMean, "ratio", "up", ""},
    // Resource: hosts by node_exporter.
    {"node_cpu", kUtilization, kIncreaseRest, "ratio", R"(node_cpu_seconds_total{mode="idle"})",
     "node_cpu_seconds_total"},
    {"node_memory", kUtilization, kRest, "ratio", "node_memory_MemAvailable_bytes",
     "node_memory_MemTotal_bytes"},
    {"node_filesystem", kUtilization, kRest, "ratio", "node_filesystem_avail_bytes{" KZ_REAL_FS "}",
     "node_filesystem_size_bytes{" KZ_REAL_FS "}"},
    {"node_disk_busy", kUtilization, kRate, "ratio", "node_disk_io_time_seconds_total", ""},
    {"node_network_receive", kUtilization, kRate, "bytes_per_second",
     R"(node_network_receive_bytes_total{device!="lo"})", ""},
    {"node_network_transmit", kUtilization, kRate, "bytes_per_second",
     R"(node_network_transmit_bytes_total{device!="lo"})", ""},
    {"node_load", kSaturation, kMax, "count", "node_load1", ""},
    {"node_pressure_cpu", kSaturation, kRate, "ratio", "node_pressure_cpu_waiting_seconds_total",
     ""},
    {"node_pressure_memory", kSaturation, kRate, "ratio",
     "node_pressure_memory_waiting_seconds_total", ""},
    {"node_pressure_io", kSaturation, kRate, "ratio", "node_pressure_io_waiting_seconds_total", ""},
    {"node_network_errors", kErrors, kRate, "per_second",
     R"({__name__=~"node_network_(receive|transmit)_(errs|drop)_total"})", ""},
    {"node_oom_kills", kErrors, kRate, "per_second", "node_vmstat_oom_kill", ""},
    {"node_filesystem_errors", kErrors, kSum, "count",
     "node_filesystem_device_error{" KZ_REAL_FS "}", ""},
    // Resource: Kizashi itself.
    {"store_queue", kSaturation, kSum, "bytes", "kizashi_store_queue_bytes", ""},
    {"store_refused", kErrors, kRate, "per_second",
     R"({__name__=~"kizashi_store_refused_total|kizashi_store_commit_failures_total"})", ""},
});
#undef KZ_REAL_FS

}  // namespace

std::string_view SignalClassName(SignalClass of) {
  switch (of) {
    case kThroughput: return "throughput";
    case kSuccess: return "success";
    case kError: return "error";
    case kPerformance: return "performance";
    case kUtilization: return "utilization";
    case kSaturation: return "saturation";
    case kErrors: return "errors";
    case kAvailability: return "availability";
  }
  return "";
}

bool IsWork(SignalClass of) { return of <= kPerformance; }

std::span<const SignalRule> SignalRules() { return kRules; }

}  // namespace kizashi
