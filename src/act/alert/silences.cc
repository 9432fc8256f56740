#include "act/alert/silences.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <utility>

namespace kizashi::alerts {
namespace {

Status Validate(const Silence& silence) {
  if (silence.matchers.empty()) {
    return InvalidArgument("silence invalid: at least one matcher required");
  }
  if (silence.matchers.size() > kMatchersMax) {
    return InvalidArgument("silence invalid: more than {} matchers", kMatchersMax);
  }
  for (size_t i = 0; i < silence.matchers.size(); ++i) {
    if (silence.matchers[i].name().empty()) {
      return InvalidArgument("silence invalid: invalid label matcher {}: invalid label name \"\"",
                             i);
    }
  }
  const bool all_empty = std::all_of(silence.matchers.begin(), silence.matchers.end(),
                                     [](const Matcher& matcher) { return matcher.Matches(""); });
  if (all_empty) {
    return InvalidArgument("silence invalid: at least one matcher must not match the empty string");
  }
  if (silence.created_by.size() + silence.comment.size() > kSilenceTextMax) {
    return InvalidArgument("silence invalid: author and comment have more than {} bytes",
                           kSilenceTextMax);
  }
  return OkStatus();
}

// Whether `wanted` may take the place of `old` under the same id.
bool CanUpdate(const Silence& old, const Silence& wanted, Time now) {
  if (!(old.matchers == wanted.matchers)) return false;
  const auto seconds = [](Time time) { return ToMs(FloorTo(time, Duration(1000))); };
  switch (StateOf(old, now)) {
    case SilenceState::kActive:
      return seconds(wanted.starts_at) == seconds(old.starts_at) && wanted.ends_at >= now;
    case SilenceState::kPending: return wanted.starts_at >= now;
    case SilenceState::kExpired: return false;
  }
  return false;
}

Silence Ended(Silence silence, Time now) {
  if (StateOf(silence, now) == SilenceState::kPending) silence.starts_at = now;
  silence.ends_at = now;
  silence.updated_at = now;
  return silence;
}

}  // namespace

SilenceState StateOf(const Silence& silence, Time now) {
  if (now < silence.starts_at) return SilenceState::kPending;
  return now < silence.ends_at ? SilenceState::kActive : SilenceState::kExpired;
}

std::string_view SilenceStateName(SilenceState state) {
  switch (state) {
    case SilenceState::kActive: return "active";
    case SilenceState::kPending: return "pending";
    case SilenceState::kExpired: return "expired";
  }
  return "";
}

std::string NewUuid() {
  std::random_device device;
  const auto word = [&device] { return (static_cast<uint64_t>(device()) << 32) | device(); };
  const uint64_t high = (word() & ~0xf000ULL) | 0x4000ULL;
  const uint64_t low = (word() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffffULL);
}

StatusOr<std::vector<Silence>> Silences::PlanSet(Silence wanted, Time now) const {
  std::vector<Silence> plan;
  const Silence* old = nullptr;
  if (!wanted.id.empty()) {
    old = Find(wanted.id);
    if (old == nullptr) return NotFound("silence not found");
  }
  wanted.updated_at = now;
  if (old == nullptr || !CanUpdate(*old, wanted, now)) {
    if (old != nullptr && StateOf(*old, now) != SilenceState::kExpired) {
      plan.push_back(Ended(*old, now));
    }
    if (silences_.size() >= kSilencesMax) {
      return ResourceExhausted("there are {} silences, the most that are kept", kSilencesMax);
    }
    wanted.id = NewUuid();
    wanted.starts_at = std::max(wanted.starts_at, now);
  }
  KZ_RETURN_IF_ERROR(Validate(wanted));
  plan.push_back(std::move(wanted));
  return plan;
}

StatusOr<std::vector<Silence>> Silences::PlanExpire(std::string_view id, Time now) const {
  const Silence* old = Find(id);
  if (old == nullptr) return NotFound("silence not found");
  std::vector<Silence> plan;
  if (StateOf(*old, now) != SilenceState::kExpired) plan.push_back(Ended(*old, now));
  return plan;
}

bool Silences::Merge(Silence silence) {
  const auto found = silences_.find(silence.id);
  if (found == silences_.end()) {
    std::string id = silence.id;
    silences_.emplace(std::move(id), std::move(silence));
    return true;
  }
  if (silence.updated_at < found->second.updated_at) return false;
  found->second = std::move(silence);
  return true;
}

size_t Silences::Forget(Time before) {
  return std::erase_if(silences_,
                       [before](const auto& entry) { return entry.second.ends_at < before; });
}

std::vector<std::string> Silences::Silencing(const Labels& labels, Time now) const {
  std::vector<std::string> ids;
  for (const auto& [id, silence] : silences_) {
    if (StateOf(silence, now) == SilenceState::kActive && AllMatch(silence.matchers, labels)) {
      ids.push_back(id);
    }
  }
  return ids;
}

const Silence* Silences::Find(std::string_view id) const {
  const auto found = silences_.find(id);
  return found == silences_.end() ? nullptr : &found->second;
}

void WriteSilence(const Silence& silence, ByteWriter* out) {
  out->String(silence.id);
  WriteMatchers(silence.matchers, out);
  for (const Time time : {silence.starts_at, silence.ends_at, silence.updated_at}) {
    out->SignedVarint(ToMs(time));
  }
  out->String(silence.created_by);
  out->String(silence.comment);
}

bool ReadSilence(ByteReader* in, Silence* silence) {
  silence->id = in->String();
  if (!ReadMatchers(in, &silence->matchers)) return false;
  for (Time* time : {&silence->starts_at, &silence->ends_at, &silence->updated_at}) {
    *time = TimeFromMs(in->SignedVarint());
  }
  silence->created_by = in->String();
  silence->comment = in->String();
  return in->ok();
}

}  // namespace kizashi::alerts
