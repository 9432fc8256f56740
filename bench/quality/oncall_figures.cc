// On-call against an independent naive model (src/act/oncall/naive_model.h): random schedules and
// escalations in every time zone of the machine, over ten virtual years.
//
// Every minute of the ten years of every schedule is compared, 5,258,880 of them: who is on call,
// and whether it is a gap. Each policy has five groups of alerts opened at random times, ticked
// minute by minute until resolved; all pages are compared.
//
// oncall_figures POLICIES [SEED [ZONE]]
//
// ZONE: of that zone alone; ZONE.. goes on from that zone with the share of POLICIES that is
// behind.
#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "act/oncall/compare_models.h"
#include "base/clock.h"

namespace kizashi::oncall {
namespace {

constexpr naive::Minute kDay = 1'440;
constexpr naive::Minute kFrom = 20'454 * kDay;  // 2026-01-01
constexpr naive::Minute kTo = 24'106 * kDay;    // 2036-01-01
constexpr int kStories = 5;

/// Every zone of the machine's database that both libraries can name.
std::vector<std::string> AllZones() {
  const std::filesystem::path root = "/usr/share/zoneinfo";
  std::vector<std::string> zones;
  for (auto at = std::filesystem::recursive_directory_iterator(root);
       at != std::filesystem::recursive_directory_iterator(); ++at) {
    const std::string name = at->path().lexically_relative(root).string();
    if (name == "posix" || name == "right") at.disable_recursion_pending();
    if (!at->is_regular_file() || name == "localtime" || name == "posixrules") continue;
    char magic[4] = {};
    std::ifstream(at->path(), std::ios::binary).read(magic, sizeof(magic));
    if (std::string_view(magic, 4) == "TZif") zones.push_back(name);
  }
  std::sort(zones.begin(), zones.end());
  return zones;
}

int Run(int64_t policies, uint64_t seed, std::string_view zone_arg) {
  const bool goes_on = zone_arg.ends_with("..");
  if (goes_on) zone_arg.remove_suffix(2);
  const std::vector<std::string> zones =
      zone_arg.empty() || goes_on ? AllZones() : std::vector<std::string>{std::string(zone_arg)};
  if (zones.empty()) {
    fmt::print(stderr, "oncall_figures: no time zones below /usr/share/zoneinfo\n");
    return 3;
  }
  naive::Comparison all;
  const Stopwatch watch;
  const auto count = static_cast<int64_t>(zones.size());
  int64_t next = 0;
  int64_t done = 0;
  for (int64_t zone = 0; zone < count; ++zone) {
    const int64_t end = policies * (zone + 1) / count;
    const std::string& name = zones[static_cast<size_t>(zone)];
    if (end == next || name < zone_arg) {
      next = end;
      continue;
    }
    const naive::ZoneTable table(name, kFrom - 420 * kDay, kTo);
    naive::Comparer comparer(name, table, kFrom, kTo, &all);
    for (; next < end; ++next, ++done) {
      comparer.Run(seed + static_cast<uint64_t>(next), kStories);
    }
    fmt::print(stderr, "{}: {} of {} policies, {} differences\n", name, next, policies,
               all.differences.size());
  }
  for (size_t i = 0; i < std::min<size_t>(all.differences.size(), 20); ++i) {
    fmt::print(stderr, "{}\n", all.differences[i]);
  }
  fmt::print("oncall_time_zones\t{}\n", zones.size());
  fmt::print("oncall_policies\t{}\n", done);
  fmt::print("oncall_minutes_compared\t{}\n", all.minutes);
  fmt::print("oncall_moments_asked\t{}\n", all.asked);
  fmt::print("oncall_gaps_reported\t{}\n", all.gaps);
  fmt::print("oncall_pages_compared\t{}\n", all.pages);
  fmt::print("oncall_steps_missed\t{}\n", all.missed_steps);
  fmt::print("oncall_differences\t{}\n", all.differences.size());
  fmt::print("oncall_seconds\t{:.0f}\n", ToSeconds(watch.Elapsed()));
  return all.differences.empty() && all.missed_steps == 0 ? 0 : 1;
}

}  // namespace
}  // namespace kizashi::oncall

int main(int argc, char** argv) {
  // Ten years of minutes are taken and given back for each policy: not from and to the system.
  mallopt(M_MMAP_THRESHOLD, 256 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  return kizashi::oncall::Run(argc > 1 ? std::atoll(argv[1]) : 1'000,
                              argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1,
                              argc > 3 ? argv[3] : "");
}
