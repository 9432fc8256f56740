#include "act/alert/group_state.h"

namespace kizashi::alerts {
namespace {

constexpr uint64_t kCalledMax = 100'000;

}  // namespace

void WriteGroupState(const GroupState& state, ByteWriter* out) {
  out->String(state.key);
  out->Varint(state.episode);
  for (const Time time : {state.opened_at, state.closed_at, state.acknowledged_at}) {
    out->SignedVarint(ToMs(time));
  }
  out->String(state.acknowledged_by);
  out->String(state.acknowledged_via);
  out->SignedVarint(state.rank);
  out->SignedVarint(state.level);
  out->SignedVarint(ToMs(state.level_at));
  out->SignedVarint(ToMs(state.updated_at));
  // What on-call never heard of is written as ever.
  const bool has_more =
      !state.called.empty() || !state.next_called.empty() || state.asked_at != Time{};
  if (!has_more) return;
  out->Varint(state.called.size());
  for (const Called& one : state.called) {
    for (const std::string* text : {&one.receiver, &one.key, &one.reason}) out->String(*text);
    out->SignedVarint(ToMs(one.at));
  }
  out->String(state.next_called);
  out->SignedVarint(ToMs(state.next_called_at));
  out->SignedVarint(ToMs(state.asked_at));
  out->String(state.asked_by);
}

bool ReadGroupState(ByteReader* in, GroupState* state) {
  state->key = in->String();
  state->episode = in->Varint();
  for (Time* time : {&state->opened_at, &state->closed_at, &state->acknowledged_at}) {
    *time = TimeFromMs(in->SignedVarint());
  }
  state->acknowledged_by = in->String();
  state->acknowledged_via = in->String();
  state->rank = static_cast<int>(in->SignedVarint());
  state->level = static_cast<int>(in->SignedVarint());
  state->level_at = TimeFromMs(in->SignedVarint());
  state->updated_at = TimeFromMs(in->SignedVarint());
  if (!in->ok() || in->AtEnd()) return in->ok();
  const uint64_t count = in->Varint();
  if (count > kCalledMax) return false;
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    Called& one = state->called.emplace_back();
    for (std::string* text : {&one.receiver, &one.key, &one.reason}) *text = in->String();
    one.at = TimeFromMs(in->SignedVarint());
  }
  state->next_called = in->String();
  state->next_called_at = TimeFromMs(in->SignedVarint());
  state->asked_at = TimeFromMs(in->SignedVarint());
  state->asked_by = in->String();
  return in->ok();
}

}  // namespace kizashi::alerts
