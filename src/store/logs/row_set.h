// Some rows of one skeleton: none, all, or a sorted list.
//
// Plain values.
#pragma once

#include <cstdint>
#include <vector>

namespace kizashi {

class RowSet {
 public:
  static RowSet None() { return RowSet(Kind::kNone); }
  static RowSet All() { return RowSet(Kind::kAll); }
  /// `rows` ascending.
  static RowSet Of(std::vector<uint32_t> rows);

  bool none() const { return kind_ == Kind::kNone; }
  bool all() const { return kind_ == Kind::kAll; }
  bool Has(uint32_t row) const;
  /// Of a skeleton of `lines` lines.
  uint32_t Count(uint32_t lines) const;
  /// The list when it is neither none nor all.
  const std::vector<uint32_t>& rows() const { return rows_; }

  RowSet And(const RowSet& other) const;
  RowSet Or(const RowSet& other) const;

 private:
  enum class Kind : uint8_t { kNone, kAll, kSome };
  explicit RowSet(Kind kind) : kind_(kind) {}
  Kind kind_;
  std::vector<uint32_t> rows_;
};

/// One for each skeleton of a block.
using BlockRowSets = std::vector<RowSet>;

}  // namespace kizashi
