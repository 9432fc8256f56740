#include "act/signal_names.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "act/format.h"

namespace kizashi {
namespace {

struct Name {
  std::string_view id;
  std::string_view en;
  std::string_view ja;
};
constexpr std::array kNames = std::to_array<Name>({
    {"http_requests", "HTTP requests", "HTTP リクエスト"},
    {"http_success", "HTTP success", "HTTP 成功率"},
    {"http_errors", "HTTP errors", "HTTP エラー"},
    {"http_latency_p99", "HTTP latency, p99", "HTTP 応答時間 p99"},
    {"grpc_requests", "gRPC requests", "gRPC リクエスト"},
    {"grpc_success", "gRPC success", "gRPC 成功率"},
    {"grpc_errors", "gRPC errors", "gRPC エラー"},
    {"grpc_latency_p99", "gRPC latency, p99", "gRPC 応答時間 p99"},
    {"log_lines", "Log lines taken in", "取り込んだログ行"},
    {"scraped_samples", "Samples scraped", "収集したサンプル"},
    {"commit_latency_p99", "Commit latency, p99", "コミット時間 p99"},
    {"process_cpu", "CPU (1 = one core)", "CPU（1 = 1 コア）"},
    {"process_memory", "Memory", "メモリ"},
    {"process_fds", "File descriptors in use", "ファイル記述子の使用率"},
    {"targets_up", "Targets up", "稼働中のターゲット"},
    {"node_cpu", "Host CPU", "ホストの CPU"},
    {"node_memory", "Host memory", "ホストのメモリ"},
    {"node_filesystem", "File systems", "ファイルシステム"},
    {"node_disk_busy", "Disk busy", "ディスクの使用時間"},
    {"node_network_receive", "Network in", "受信"},
    {"node_network_transmit", "Network out", "送信"},
    {"node_load", "Load (1 min)", "ロード（1 分）"},
    {"node_pressure_cpu", "CPU pressure", "CPU 圧迫"},
    {"node_pressure_memory", "Memory pressure", "メモリ圧迫"},
    {"node_pressure_io", "I/O pressure", "I/O 圧迫"},
    {"node_network_errors", "Network errors and drops", "ネットワークのエラーと破棄"},
    {"node_oom_kills", "Out-of-memory kills", "メモリ不足による強制終了"},
    {"node_filesystem_errors", "File systems unreadable", "読めないファイルシステム"},
    {"store_queue", "Commit queue", "コミット待ち"},
    {"store_refused", "Batches refused", "拒否したバッチ"},
});

}  // namespace

std::string SignalName(std::string_view id, Language language) {
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return name.id == id; });
  if (found == kNames.end()) return std::string(id);
  return std::string(language == Language::kJapanese ? found->ja : found->en);
}

std::string FormatSignal(double value, std::string_view unit) {
  constexpr std::array<std::string_view, 5> kBytes = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (unit == "ratio") return FormatPercent(value);
  if (unit == "seconds") {
    return std::abs(value) < 1 ? FormatAmount(value * 1000) + " ms" : FormatAmount(value) + " s";
  }
  if (unit == "per_second") return FormatAmount(value) + "/s";
  if (unit != "bytes" && unit != "bytes_per_second") return FormatAmount(value);
  size_t power = 0;
  for (; std::abs(value) >= 1024 && power + 1 < kBytes.size(); ++power) value /= 1024;
  const std::string amount = FormatAmount(value) + " " + std::string(kBytes[power]);
  return unit == "bytes" ? amount : amount + "/s";
}

}  // namespace kizashi
