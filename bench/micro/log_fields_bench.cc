// What recognising a line's own fields costs (wire/log_fields.h): it runs for each line that comes
// in, within 300 ns for a plain one.
#include <benchmark/benchmark.h>

#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr std::string_view kPlain =
    "2026-01-02 15:04:05,123 INFO  [http-nio-8080-exec-7] c.s.order.OrderService : order 48213 "
    "paid by customer 9917 in 35 ms, total 129.90";
constexpr std::string_view kBare =
    "connection from 10.1.2.3 closed after 48213 bytes, keep-alive is off, the client went away "
    "and the request of 2048 bytes was not answered";
constexpr std::string_view kSyslog =
    "<86>Jan  2 15:04:05 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 "
    "euid=0 tty=NODEVssh ruser= rhost=218.188.2.4";
constexpr std::string_view kJson =
    R"({"level":"info","ts":"2026-01-02T15:04:05.123Z","msg":"order paid","order":48213,)"
    R"("customer":{"id":9917,"tier":"gold"},"trace_id":"0af7651916cd43dd8448eb211c80319c"})";

void Fields(benchmark::State& state, std::string_view line) {
  const TimeContext context{TimeFromMs(1'767'366'245'000), {}};
  for (auto _ : state) benchmark::DoNotOptimize(FieldsOfLine(line, context));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * line.size()));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(Fields, plain, kPlain);
BENCHMARK_CAPTURE(Fields, bare, kBare);
BENCHMARK_CAPTURE(Fields, syslog, kSyslog);
BENCHMARK_CAPTURE(Fields, json, kJson);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
