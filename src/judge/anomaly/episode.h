// Making the ledger's entries: ids, kinds, and how records are kept in the judge's state.
#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "store/records.h"

namespace kizashi {

/// An episode that begins now. `kind_suffix` names the kind within service and source; `subject`
/// tells episodes of one kind apart (a member, a pattern).
AnomalyRecord BeginEpisode(const Service& service, std::string_view source, std::string_view code,
                           std::string_view kind_suffix, std::string_view subject, Time begin);

/// The judge's log line about an anomaly's begin or end.
Verdict AnomalyVerdict(const AnomalyRecord& anomaly, std::string_view type, Time time);
Verdict AlertVerdict(const AlertRecord& alert, std::string_view type, Time time);

template <typename A>
void ArchiveFields(A& a, Price& price) {
  a(price.mean_minutes, price.low_minutes, price.high_minutes, price.basis, price.fields);
}
template <typename A>
void ArchiveFields(A& a, Evidence& evidence) {
  a(evidence.time, evidence.code, evidence.fields);
}
template <typename A>
void ArchiveFields(A& a, EpisodeLedger& l) {
  a(l.acknowledged, l.acknowledged_by, l.expected_until, l.expected_because, l.fixed, l.fixed_by,
    l.came_back, l.last_seen);
}
template <typename A>
void ArchiveFields(A& a, AnomalyRecord& r) {
  a(r.id, r.service, r.owner, r.kind, r.source, r.code, r.fields, r.begin, r.end, r.price,
    r.evidence, r.ledger);
}
template <typename A>
void ArchiveFields(A& a, AlertRecord& r) {
  a(r.id, r.service, r.owner, r.slo, r.severity, r.begin, r.end, r.fields);
}

}  // namespace kizashi
