// Serves /metrics pages of many targets, quickly enough not to be what is measured:
// /t/<number> is a target with its share of the mix (lib/series_mix.h), one step further each time.
//
//   build/release/bench/metrics_pages [targets] [series of a target]   prints its port, then serves
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "base/check.h"
#include "lib/series_mix.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

class Pages {
 public:
  Pages(size_t targets, size_t series) : targets_(targets), mutexes_(targets) {
    for (size_t t = 0; t < targets; ++t) {
      for (size_t i = 0; i < series; ++i) targets_[t].emplace_back(t * series + i, 7);
    }
    for (size_t i = 0; i < series; ++i) {
      std::string text;
      if (i % 16 == 0) text = fmt::format("# TYPE app_metric_{}_total counter\n", i / 16);
      text += fmt::format("app_metric_{}_total{{route=\"/api/v1/r{}\",code=\"{}\"}} ", i / 16,
                          i % 8, i / 8 % 2 == 0 ? 200 : 500);
      texts_.push_back(std::move(text));
    }
  }

  HttpResponse Page(size_t target) {
    if (target >= targets_.size()) return TextResponse(404, "no such target\n");
    const std::lock_guard lock(mutexes_[target]);
    std::string body;
    body.reserve(texts_.size() * 90);
    for (size_t i = 0; i < texts_.size(); ++i) {
      body += texts_[i];
      fmt::format_to(std::back_inserter(body), "{}\n", targets_[target][i].value());
      targets_[target][i].Step();
    }
    return TextResponse(200, std::move(body), "text/plain; version=0.0.4");
  }

 private:
  std::vector<std::vector<MixSeries>> targets_;
  std::vector<std::mutex> mutexes_;
  std::vector<std::string> texts_;
};

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  using namespace kizashi;
  const size_t targets = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 400;
  const size_t series = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000;
  Pages pages(targets, series);
  HttpServerOptions options;
  options.connections_max = 2 * targets + 100;
  const auto server = HttpServer::Start(
      options,
      [&](const HttpRequest& request, const Responder& respond) {
        const size_t at = request.path.rfind('/');
        respond(pages.Page(std::strtoul(request.path.c_str() + at + 1, nullptr, 10)));
      },
      nullptr);
  KZ_CHECK(server.ok(), "{}", Message(server.status()));
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  while (true) pause();
}
