// Who is on call just now in a running server: the catalog in use with the edits of people.
//
// Any thread. Reads nothing from disk: it looks whether the catalog or the edits are others than
// before, and joins them anew then. While the files have errors the last good plan stays.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "act/oncall/edits.h"
#include "act/oncall/escalation.h"
#include "act/oncall/oncall.h"
#include "catalog/watch.h"

namespace kizashi::oncall {

class OnCallHolder {
 public:
  /// Both outlive this. Without `edits` the files alone count.
  OnCallHolder(const CatalogHolder* catalog, const EditLog* edits)
      : catalog_(catalog), edits_(edits) {}

  struct State {
    std::shared_ptr<const OnCall> oncall;    // never null
    std::shared_ptr<const Catalog> catalog;  // never null
    std::vector<CatalogError> errors;        // of the newest files; empty: they are in use
  };
  State Current();
  /// For an escalation's steps: by Current at each question.
  Lookup Asking();

 private:
  const CatalogHolder* const catalog_;
  const EditLog* const edits_;
  std::mutex mutex_;
  std::shared_ptr<const CatalogState> read_;  // what plan_ and errors_ come from
  uint64_t edits_version_ = 0;
  Plan plan_;
  State state_;
};

}  // namespace kizashi::oncall
