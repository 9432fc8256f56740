#include "act/alert/notification.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kizashi::alerts {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 15> kRanks = {{{"critical", 4},
                                                                      {"page", 4},
                                                                      {"emergency", 4},
                                                                      {"fatal", 4},
                                                                      {"error", 3},
                                                                      {"high", 3},
                                                                      {"major", 3},
                                                                      {"warning", 2},
                                                                      {"warn", 2},
                                                                      {"medium", 2},
                                                                      {"ticket", 2},
                                                                      {"minor", 2},
                                                                      {"info", 1},
                                                                      {"low", 1},
                                                                      {"none", 1}}};

bool IsSubset(const std::vector<uint64_t>& part, const std::vector<uint64_t>& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

void WriteNumbers(const std::vector<uint64_t>& numbers, ByteWriter* out) {
  out->Varint(numbers.size());
  for (const uint64_t number : numbers) out->U64(number);
}

bool ReadNumbers(ByteReader* in, std::vector<uint64_t>* numbers) {
  const uint64_t count = in->Varint();
  if (!in->ok() || count > in->remaining() / sizeof(uint64_t)) return false;
  for (uint64_t i = 0; i < count; ++i) numbers->push_back(in->U64());
  return in->ok();
}

}  // namespace

std::string DestinationKey(std::string_view receiver, std::string_view kind, size_t index) {
  return fmt::format("{}/{}/{}", receiver, kind, index);
}

bool Notification::firing() const {
  return std::any_of(alerts.begin(), alerts.end(),
                     [](const ToldAlert& told) { return told.firing; });
}

std::vector<uint64_t> Notification::Fingerprints(bool of_firing) const {
  std::vector<uint64_t> found;
  for (const ToldAlert& told : alerts) {
    if (told.firing == of_firing) found.push_back(told.alert->fingerprint);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Labels CommonOf(std::span<const ToldAlert> alerts, Labels Alert::*labels) {
  Labels common;
  if (alerts.empty()) return common;
  for (const Label& label : (*alerts[0].alert).*labels) {
    const bool in_all = std::all_of(alerts.begin(), alerts.end(), [&](const ToldAlert& told) {
      return ((*told.alert).*labels).Get(label.name) == label.value;
    });
    if (in_all) common.Set(label.name, label.value);
  }
  return common;
}

int SeverityRank(const Labels& labels) {
  const std::string_view severity = labels.Get("severity");
  for (const auto& [name, rank] : kRanks) {
    if (name == severity) return rank;
  }
  return 0;
}

bool NeedsTelling(const Told* told, const std::vector<uint64_t>& firing,
                  const std::vector<uint64_t>& resolved, bool send_resolved,
                  Duration repeat_interval, Time now) {
  if (told == nullptr) return !firing.empty();
  if (!IsSubset(firing, told->firing)) return true;
  // Also when ends are not sent: the log must forget what fired.
  if (firing.empty()) return !told->firing.empty();
  if (send_resolved && !IsSubset(resolved, told->resolved)) return true;
  return told->at < now - repeat_interval;
}

void WriteTold(const Told& told, ByteWriter* out) {
  out->String(told.group_key);
  out->String(told.destination);
  WriteNumbers(told.firing, out);
  WriteNumbers(told.resolved, out);
  out->SignedVarint(ToMs(told.at));
  out->SignedVarint(ToMs(told.expires_at));
  out->Varint(told.page);
  out->SignedVarint(told.rank);
}

bool ReadTold(ByteReader* in, Told* told) {
  told->group_key = in->String();
  told->destination = in->String();
  if (!ReadNumbers(in, &told->firing) || !ReadNumbers(in, &told->resolved)) return false;
  told->at = TimeFromMs(in->SignedVarint());
  told->expires_at = TimeFromMs(in->SignedVarint());
  told->page = in->Varint();
  told->rank = static_cast<int>(in->SignedVarint());
  return in->ok();
}

}  // namespace kizashi::alerts
