// `kizashi demo status | fault | restore`: talk to a running supervisor.
#include <fmt/core.h>

#include <fstream>

#include "demo/demo.h"
#include "demo/fault.h"
#include "net/http_client.h"

namespace kizashi {
namespace {

constexpr int kWrong = 2;
constexpr int kNoAnswer = 3;

int Call(const DemoControl& control, const std::string& method, const std::string& path,
         const std::string& body, std::FILE* out) {
  std::string url = control.control;
  if (url.empty()) std::ifstream(control.directory + "/control") >> url;
  if (url.empty()) {
    fmt::print(stderr, "kizashi demo: no demo runs in {} (use --dir)\n", control.directory);
    return kNoAnswer;
  }
  HttpClient client;
  FetchRequest request;
  request.method = method;
  request.url = url + path;
  request.body = body;
  const FetchResult result = client.FetchAndWait(std::move(request));
  if (!result.status.ok()) {
    fmt::print(stderr, "kizashi demo: the demo at {} does not answer: {}\n", url,
               Message(result.status));
    return kNoAnswer;
  }
  fmt::print(result.code == 200 ? out : stderr, "{}\n", result.body);
  return result.code == 200 ? 0 : kWrong;
}

}  // namespace

int DemoStatusCommand(const DemoControl& control, std::FILE* out) {
  return Call(control, "GET", "/demo", "", out);
}

int DemoFaultCommand(const DemoControl& control, const std::string& fault,
                     const std::string& server, const std::string& duration, std::FILE* out) {
  const auto found = FindFault(fault);
  const auto span = ParseDuration(duration);
  if (!found || !span.ok()) {
    fmt::print(stderr, "kizashi demo fault: {}\n",
               found ? Message(span.status())
                     : "faults are down, slow, errors, cpu, new_line, log_flood and traffic");
    return kWrong;
  }
  return Call(control, "POST", "/demo/faults", FormatFaultRequest({*found, server, *span}), out);
}

int DemoRestoreCommand(const DemoControl& control, std::FILE* out) {
  return Call(control, "DELETE", "/demo/faults", "", out);
}

}  // namespace kizashi
