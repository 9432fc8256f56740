// What firing and resolved alerts of rules become: AlertRecords, once each.
//
// The record store is the memory: an alert that has an open record does not fire again, also after
// a restart. It belongs to the service that its labels claim, or to none. These records are no
// verdicts of the judge: they do not follow from the journal alone, and a replay does not look for
// them.
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

  /// `on_alerts` is told of those that began or ended, once they are kept.
  using OnAlerts = std::function<void(const std::vector<AlertRecord>&)>;
  RuleAlerts(RecordStore& records, OnAlerts on_alerts)
      : records_(records), on_alerts_(std::move(on_alerts)) {}

  /// Finds the open records of before. Call once, first.
  Status Load();

  /// Records what the alerts of `group` became at `at`; what the store refuses is tried again at
  /// the next call.
  Status Update(const rules::RuleGroup& group, Time at, const Catalog& catalog);

  /// Ends the alerts of groups other than these.
  Status EndOthers(const std::vector<const rules::RuleGroup*>& groups, Time at);

  size_t open() const { return open_.size(); }

 private:
  Status Keep(const std::vector<AlertRecord>& alerts);

  RecordStore& records_;
  const OnAlerts on_alerts_;
  std::map<std::string, AlertRecord> open_;  // by file, group and labels
};

/// Whether a record is of a rule, and not of an SLO.
bool IsRuleAlert(const AlertRecord& alert);

}  // namespace kizashi
