// What firing and resolved alerts of rules become: AlertRecords, once each, and their messages.
//
// The record store is the memory: an alert that has an open record does not fire again, also after
// a restart. An alert goes to the team that owns the service its labels claim; one that no service
// claims is recorded without a message. These records are no verdicts of the judge: they do not
// follow from the journal alone, and a replay does not look for them.
//
// One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "query/rules/rule_group.h"
#include "store/record_store.h"

namespace kizashi {

class RuleAlerts {
 public:
  static constexpr int kOpenMax = 100'000;  // records that are looked at after a restart

  /// `on_kept` is called with alerts that were kept.
  using OnKept = std::function<void(const VerdictBatch&, const Catalog&)>;
  RuleAlerts(
      RecordStore& records, std::vector<Destination> default_destinations,
      OnKept on_kept = [](const VerdictBatch&, const Catalog&) {})
      : records_(records),
        default_destinations_(std::move(default_destinations)),
        on_kept_(std::move(on_kept)) {}

  /// Finds the open records of before. Call once, first.
  Status Load();

  /// Records what the alerts of `group` became at `at`; what the store refuses is tried again at
  /// the next call. `*delivered` becomes true when there are new messages to send.
  Status Update(const rules::RuleGroup& group, Time at, const Catalog& catalog, bool* delivered);

  /// Ends the alerts of groups other than these.
  Status EndOthers(const std::vector<const rules::RuleGroup*>& groups, Time at,
                   const Catalog& catalog, bool* delivered);

  size_t open() const { return open_.size(); }

 private:
  Status Keep(const std::vector<AlertRecord>& alerts, std::string_view type, Time at,
              const Catalog& catalog, bool* delivered);

  RecordStore& records_;
  const std::vector<Destination> default_destinations_;
  const OnKept on_kept_;
  std::map<std::string, AlertRecord> open_;  // by file, group and labels
};

/// Whether a record is of a rule, and not of an SLO.
bool IsRuleAlert(const AlertRecord& alert);

}  // namespace kizashi
