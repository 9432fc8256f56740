#include "store/logs/row_set.h"

#include <algorithm>
#include <iterator>

namespace kizashi {

RowSet RowSet::Of(std::vector<uint32_t> rows) {
  RowSet set(rows.empty() ? Kind::kNone : Kind::kSome);
  set.rows_ = std::move(rows);
  return set;
}

bool RowSet::Has(uint32_t row) const {
  return all() || std::binary_search(rows_.begin(), rows_.end(), row);
}

uint32_t RowSet::Count(uint32_t lines) const {
  return all() ? lines : static_cast<uint32_t>(rows_.size());
}

RowSet RowSet::And(const RowSet& other) const {
  if (none() || other.all()) return *this;
  if (other.none() || all()) return other;
  std::vector<uint32_t> both;
  std::set_intersection(rows_.begin(), rows_.end(), other.rows_.begin(), other.rows_.end(),
                        std::back_inserter(both));
  return Of(std::move(both));
}

RowSet RowSet::Or(const RowSet& other) const {
  if (all() || other.none()) return *this;
  if (other.all() || none()) return other;
  std::vector<uint32_t> either;
  std::set_union(rows_.begin(), rows_.end(), other.rows_.begin(), other.rows_.end(),
                 std::back_inserter(either));
  return Of(std::move(either));
}

}  // namespace kizashi
