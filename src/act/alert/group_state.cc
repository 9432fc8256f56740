#include "act/alert/group_state.h"

namespace kizashi::alerts {

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
  return in->ok();
}

}  // namespace kizashi::alerts
