#include "store/logs/column_chooser.h"

#include <algorithm>
#include <bit>

namespace kizashi {
namespace {

// A dictionary is small beside its rows when it has this share of them or less.
constexpr size_t kFewShare = 16;
constexpr size_t kFewValues = 16;
constexpr size_t kParentsMax = 8;  // earlier columns that are tried
constexpr size_t kParentValuesMax = 1 << 16;
constexpr size_t kTextBytes = 256;      // a longer mean is text
constexpr size_t kLooseTextBytes = 32;  // so is this one, when values hardly repeat

bool IsFew(const ColumnIndex& index) {
  return index.distinct.size() < kFewValues ||
         index.distinct.size() * kFewShare < index.rows.size();
}

}  // namespace

void ColumnChooser::Begin(const SkeletonRows& skeleton) {
  skeleton_ = &skeleton;
  columns_.clear();
}

ColumnIndex ColumnChooser::IndexOf(const std::vector<uint32_t>& values) {
  ColumnIndex index;
  index.rows.reserve(values.size());
  ++serial_;
  for (const uint32_t value : values) {
    if (seen_[value] != serial_) {
      seen_[value] = serial_;
      place_[value] = static_cast<uint32_t>(index.distinct.size());
      index.distinct.push_back(value);
    }
    index.rows.push_back(place_[value]);
  }
  return index;
}

ColumnChoice ColumnChooser::Next(bool typed) {
  ColumnIndex made = IndexOf(skeleton_->columns[columns_.size()]);
  columns_.push_back({std::move(made), ColumnKind::kDictionary});
  const ColumnIndex& index = columns_.back().index;
  ColumnChoice choice;
  if (index.distinct.size() == 1) {
    choice.kind = ColumnKind::kConst;
  } else if (FindCopy(&choice)) {
    choice.kind = ColumnKind::kCopy;
  } else if (typed && !IsFew(index) && IsId(index, &choice.form)) {
    choice.kind = ColumnKind::kId;
  } else if (!IsFew(index) && IsTime(index, &choice.layout)) {
    choice.kind = ColumnKind::kTime;
  } else if (IsText(index)) {
    choice.kind = ColumnKind::kText;
  } else if (FindParent(&choice)) {
    choice.kind = ColumnKind::kMapped;
  } else if (!IsFew(index) && IsNumber(index)) {
    choice.kind = ColumnKind::kNumber;
  }
  Keep(choice.kind);
  return choice;
}

bool ColumnChooser::FindCopy(ColumnChoice* choice) const {
  const size_t own = columns_.size() - 1;
  const ColumnIndex& index = columns_[own].index;
  for (size_t i = 0; i < own; ++i) {
    const Column& other = columns_[i];
    if (other.kind == ColumnKind::kCopy || other.index.distinct.size() != index.distinct.size()) {
      continue;
    }
    if (skeleton_->columns[i] == skeleton_->columns[own]) {
      choice->parent = static_cast<uint32_t>(i);
      return true;
    }
  }
  return false;
}

bool ColumnChooser::FindParent(ColumnChoice* choice) const {
  const size_t own = columns_.size() - 1;
  const ColumnIndex& index = columns_[own].index;
  size_t tried = 0;
  for (size_t i = own; i-- > 0 && tried < kParentsMax;) {
    const Column& parent = columns_[i];
    const size_t values = parent.index.distinct.size();
    if (parent.kind != ColumnKind::kDictionary && parent.kind != ColumnKind::kMapped) continue;
    if (values < index.distinct.size() || values > kParentValuesMax ||
        values * 2 > index.rows.size()) {
      continue;
    }
    ++tried;
    std::vector<uint32_t> map(values, UINT32_MAX);
    bool told = true;
    for (size_t row = 0; row < index.rows.size() && told; ++row) {
      uint32_t& to = map[parent.index.rows[row]];
      if (to == UINT32_MAX) to = index.rows[row];
      told = to == index.rows[row];
    }
    if (!told) continue;
    choice->parent = static_cast<uint32_t>(i);
    choice->map = std::move(map);
    return true;
  }
  return false;
}

bool ColumnChooser::IsText(const ColumnIndex& index) const {
  size_t bytes = 0;
  for (const uint32_t value : index.distinct) bytes += rows_.values[value].size();
  const size_t mean = bytes / index.distinct.size();
  return mean > kTextBytes ||
         (mean > kLooseTextBytes && index.distinct.size() * 2 > index.rows.size());
}

bool ColumnChooser::IsId(const ColumnIndex& index, IdForm* form) const {
  const auto first = FindIdForm(rows_.values[index.distinct[0]]);
  if (!first) return false;
  *form = *first;
  std::array<char, kIdBytesMax> unused;
  const auto all_are = [&] {
    return std::all_of(index.distinct.begin(), index.distinct.end(), [&](uint32_t value) {
      return ReadId(*form, rows_.values[value], unused.data());
    });
  };
  if (all_are()) return true;
  form->upper = !form->upper;  // the first may be of digits alone
  return all_are();
}

bool ColumnChooser::IsTime(const ColumnIndex& index, uint32_t* layout) const {
  const auto first = FindTimeLayout(rows_.values[index.distinct[0]]);
  if (!first) return false;
  *layout = static_cast<uint32_t>(*first);
  return std::all_of(index.distinct.begin(), index.distinct.end(), [&](uint32_t value) {
    return ReadTime(TimeLayoutAt(*first), rows_.values[value]).has_value();
  });
}

bool ColumnChooser::IsNumber(const ColumnIndex& index) const {
  size_t bytes = 0;
  for (const uint32_t value : index.distinct) {
    const auto number = ReadNumber(rows_.values[value]);
    if (!number) return false;
    bytes += rows_.values[value].size();
  }
  // About four bits a digit against the dictionary's digits and one index a row.
  const size_t width = index.distinct.size() <= 0x100 ? 1 : 2;
  const size_t dictionary = bytes / 2 + index.rows.size() * width;
  const size_t numbers = index.rows.size() * (bytes / index.distinct.size() + 1) / 2;
  return numbers < dictionary;
}

}  // namespace kizashi
