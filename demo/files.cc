#include "demo/files.h"

#include <filesystem>
#include <fstream>

namespace kizashi {
namespace {

constexpr std::string_view kShop = R"(service:
  name: shop
  title: Shop
  owner: shop-team
  developers: [aiko, ben]
  tier: "1"
  redundancy: {need: 3, of: 5, by: server}
  slo: {target: 99, window: 1d, good: 'http_requests_total{job="shop-balancer",code!~"5.."}', total: 'http_requests_total{job="shop-balancer"}'}
)";

constexpr std::string_view kShopLoad = R"(service:
  name: shop-load
  title: Shop's customers
  owner: shop-team
  depends_on: [shop]
  tier: "3"
)";

constexpr std::string_view kKizashi = R"(service:
  name: kizashi
  title: Kizashi
  owner: platform-team
  developers: [dai]
  tier: "2"
)";

constexpr std::string_view kTeams =
    R"(team: {name: shop-team, title: Shop, members: [aiko, ben, chie], time_zone: Asia/Tokyo, language: en}
---
team: {name: platform-team, title: Platform, members: [dai], time_zone: Asia/Tokyo, language: en}
---
person: {name: aiko, title: Aiko, email: aiko@example.com}
---
person: {name: ben, title: Ben, email: ben@example.com}
---
person: {name: chie, title: Chie, email: chie@example.com}
---
person: {name: dai, title: Dai, email: dai@example.com}
)";

constexpr std::string_view kOnCall = R"(schedule:
  name: shop-primary
  title: Shop, first
  team: shop-team
  layers: [{rotation: weekly, start: 2026-01-05 10:00, people: [aiko, ben, chie]}]
)";

Status WriteFile(const std::string& path, std::string_view text) {
  // Put in place as a whole, so that a reader never sees half of it.
  const std::string temporary = path + ".new";
  std::ofstream file(temporary);
  file << text;
  file.close();
  if (!file) return Internal("cannot write {}", temporary);
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return Internal("cannot write {}: {}", path, error.message());
  return OkStatus();
}

}  // namespace

std::string DemoTargets(const DemoPorts& ports) {
  std::string text;
  for (const auto& [name, port] : ports.servers) {
    text += fmt::format(
        "- targets: ['127.0.0.1:{}']\n  labels: {{job: shop-server, service: shop, server: {}}}\n",
        port, name);
  }
  text +=
      fmt::format("- targets: ['127.0.0.1:{}']\n  labels: {{job: shop-balancer, service: shop}}\n",
                  ports.balancer);
  text +=
      fmt::format("- targets: ['127.0.0.1:{}']\n  labels: {{job: shop-load, service: shop-load}}\n",
                  ports.load);
  return text;
}

Status WriteDemoFiles(const std::string& directory, const DemoPorts& ports) {
  std::error_code error;
  for (const char* name : {"catalog", "logs"}) {
    std::filesystem::create_directories(directory + "/" + name, error);
    if (error) return Internal("cannot make {}/{}: {}", directory, name, error.message());
  }
  const std::pair<const char*, std::string_view> files[] = {{"shop.yaml", kShop},
                                                            {"shop-load.yaml", kShopLoad},
                                                            {"kizashi.yaml", kKizashi},
                                                            {"teams.yaml", kTeams},
                                                            {"oncall.yaml", kOnCall}};
  for (const auto& [name, text] : files) {
    const std::string path = fmt::format("{}/catalog/{}", directory, name);
    if (!std::filesystem::exists(path)) KZ_RETURN_IF_ERROR(WriteFile(path, text));
  }
  return WriteFile(directory + "/targets.yaml", DemoTargets(ports));
}

}  // namespace kizashi
