#include "judge/budget/kind_ledger.h"

#include <algorithm>
#include <utility>

namespace kizashi {
namespace {

Fields FieldsOf(const KindLedger::Kind& kind) {
  Fields fields;
  if (kind.expected_until) {
    fields.emplace_back("expected_until", FormatTime(*kind.expected_until));
    fields.emplace_back("expected_because", kind.expected_because);
  }
  if (kind.fixed) {
    fields.emplace_back("fixed", FormatTime(*kind.fixed));
    fields.emplace_back("fixed_by", kind.fixed_by);
  }
  return fields;
}

void Decide(const LedgerEdit& edit, Time now, KindLedger::Kind* kind) {
  switch (edit.what) {
    case LedgerEdit::What::kAcknowledge: return;
    case LedgerEdit::What::kExpect:
      kind->expected_until = edit.until;
      kind->expected_because = edit.reason;
      return;
    case LedgerEdit::What::kUnexpect:
      kind->expected_until.reset();
      kind->expected_because.clear();
      return;
    case LedgerEdit::What::kFixed:
      kind->fixed = now;
      kind->fixed_by = edit.reason;
      return;
    case LedgerEdit::What::kReopen:
      kind->fixed.reset();
      kind->fixed_by.clear();
      return;
  }
}

}  // namespace

KindLedger::Kind& KindLedger::At(const std::string& kind) {
  const auto found = kinds_.find(kind);
  if (found != kinds_.end()) return found->second;
  if (kinds_.size() >= kKindsMax) {
    const auto oldest =
        std::min_element(kinds_.begin(), kinds_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second.decided(), a.second.last_seen) <
                 std::pair(b.second.decided(), b.second.last_seen);
        });
    kinds_.erase(oldest);
  }
  return kinds_[kind];
}

EpisodeLedger KindLedger::Begin(const std::string& kind, Time begin, Time now) {
  Kind& known = At(kind);
  EpisodeLedger told;
  if (known.episodes > 0) told.last_seen = known.last_seen;
  if (known.fixed) {
    told.came_back = "fixed";
  } else if (known.episodes > 0 && begin - known.last_seen >= kAbsent) {
    told.came_back = "absent";
  }
  if (const auto until = ExpectedUntil(kind, now)) {
    told.expected_until = until;
    told.expected_because = known.expected_because;
  }
  ++known.episodes;
  known.last_seen = std::max(known.last_seen, begin);
  return told;
}

void KindLedger::End(const std::string& kind, Time end) {
  Kind& known = At(kind);
  known.last_seen = std::max(known.last_seen, end);
}

std::optional<LedgerEditRecord> KindLedger::Apply(const LedgerEdit& edit, Time now) {
  if (std::find(edits_.begin(), edits_.end(), edit.id) != edits_.end()) return std::nullopt;
  edits_.push_back(edit.id);
  if (edits_.size() > kEditsMax) edits_.pop_front();
  LedgerEditRecord record;
  record.id = edit.id;
  record.time = now;
  record.actor = edit.actor;
  record.what = LedgerEditName(edit.what);
  record.service = edit.service;
  record.kind = edit.kind;
  record.reason = edit.reason;
  if (edit.what == LedgerEdit::What::kAcknowledge) {
    record.anomaly = edit.anomaly;
    return record;
  }
  if (edit.what == LedgerEdit::What::kExpect) record.until = edit.until;
  Kind& kind = At(edit.kind);
  record.before = FieldsOf(kind);
  Decide(edit, now, &kind);
  record.after = FieldsOf(kind);
  return record;
}

const KindLedger::Kind* KindLedger::Find(const std::string& kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? nullptr : &found->second;
}

std::optional<Time> KindLedger::ExpectedUntil(const std::string& kind, Time now) const {
  const Kind* known = Find(kind);
  if (known == nullptr || !known->expected_until || *known->expected_until <= now) return {};
  return known->expected_until;
}

}  // namespace kizashi
