// Decides how one column after the other of a skeleton is kept: what its distinct values have in
// common, whether an earlier column tells its value, and what each form would cost.
//
// One thread; one for a block, whose rows must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/logs/block_rows.h"
#include "store/logs/value_form.h"

namespace kizashi {

/// The distinct values of a column and where each row's stands among them.
struct ColumnIndex {
  std::vector<uint32_t> distinct;  // value numbers, in order of first sight
  std::vector<uint32_t> rows;      // for each row the index into `distinct`
};

struct ColumnChoice {
  ColumnKind kind = ColumnKind::kDictionary;
  uint32_t parent = 0;        // kCopy, kMapped
  uint32_t layout = 0;        // kTime
  IdForm form;                // kId
  std::vector<uint32_t> map;  // kMapped
};

class ColumnChooser {
 public:
  explicit ColumnChooser(const BlockRows& rows)
      : rows_(rows), seen_(rows.values.size()), place_(rows.values.size()) {}

  /// The columns of `skeleton` come next, the first first.
  void Begin(const SkeletonRows& skeleton);
  /// The form of the next column. Times and ids are for slots only when `typed`.
  ColumnChoice Next(bool typed);
  /// Of the column that Next() was last called for.
  const ColumnIndex& index() const { return columns_.back().index; }
  /// The caller keeps that column as `kind` after all.
  void Keep(ColumnKind kind) { columns_.back().kind = kind; }

 private:
  struct Column {
    ColumnIndex index;
    ColumnKind kind = ColumnKind::kDictionary;
  };
  ColumnIndex IndexOf(const std::vector<uint32_t>& values);
  bool FindCopy(ColumnChoice* choice) const;
  bool FindParent(ColumnChoice* choice) const;
  bool IsText(const ColumnIndex& index) const;
  bool IsId(const ColumnIndex& index, IdForm* form) const;
  bool IsTime(const ColumnIndex& index, uint32_t* layout) const;
  bool IsNumber(const ColumnIndex& index) const;

  const BlockRows& rows_;
  const SkeletonRows* skeleton_ = nullptr;
  std::vector<Column> columns_;  // of the skeleton, as far as they were asked for
  std::vector<uint32_t> seen_;   // by value: the serial of the column that saw it last
  std::vector<uint32_t> place_;  // and its index there
  uint32_t serial_ = 0;
};

}  // namespace kizashi
