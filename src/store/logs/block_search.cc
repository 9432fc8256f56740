#include "store/logs/block_search.h"

#include <algorithm>
#include <array>

namespace kizashi {
namespace {

enum Match : uint8_t { kNo, kPerhaps, kYes };

// Where a needle that does not fit into one value may be cut by the slot's edges.
struct Cuts {
  std::vector<uint32_t> left;   // the bytes before are the end of the piece before the slot
  std::vector<uint32_t> right;  // the bytes from here are the beginning of what follows the slot
  std::vector<bool> certain;    // for each of right: they end in the piece; else a slot comes first
  bool none() const { return left.empty() && right.empty(); }
};

Cuts FindCuts(std::string_view needle, std::string_view before, std::string_view after, bool more) {
  Cuts cuts;
  for (uint32_t at = 1; at < needle.size(); ++at) {
    if (before.ends_with(needle.substr(0, at))) cuts.left.push_back(at);
    const std::string_view rest = needle.substr(at);
    const bool certain = after.starts_with(rest);
    if (certain || (more && after.size() < rest.size() && rest.starts_with(after))) {
      cuts.right.push_back(at);
      cuts.certain.push_back(certain);
    }
  }
  return cuts;
}

// Calls visit(part, whole kind) for what has to stand in the slot, by every way to cut the needle,
// until it returns true. The needle itself is not among them.
enum class Place : uint8_t { kStart, kEnd, kWhole };
template <typename Visit>
bool AnyPart(std::string_view needle, const Cuts& cuts, const Visit& visit) {
  for (const uint32_t left : cuts.left) {
    if (visit(needle.substr(left), Place::kStart, true)) return true;
  }
  for (size_t i = 0; i < cuts.right.size(); ++i) {
    const uint32_t right = cuts.right[i];
    if (visit(needle.substr(0, right), Place::kEnd, cuts.certain[i])) return true;
    for (const uint32_t left : cuts.left) {
      if (left > right) continue;
      if (visit(needle.substr(left, right - left), Place::kWhole, cuts.certain[i])) return true;
    }
  }
  return false;
}

// The bytes that may stand in a value.
class Charset {
 public:
  explicit Charset(std::string_view bytes) {
    for (const char c : bytes) has_[static_cast<uint8_t>(c)] = true;
  }
  bool Holds(std::string_view part) const {
    return std::all_of(part.begin(), part.end(),
                       [&](char c) { return has_[static_cast<uint8_t>(c)]; });
  }

 private:
  std::array<bool, 256> has_{};
};

Charset CharsetOf(const ColumnEntry& entry, const BlockSchema& schema) {
  std::string bytes = "0123456789";
  if (entry.kind == ColumnKind::kNumber) bytes += '-';
  if (entry.kind == ColumnKind::kTime) bytes += TimeLayoutAt(entry.value).text;
  if (entry.kind == ColumnKind::kId) {
    const IdForm& form = schema.forms[schema.tracks[entry.value].form].form;
    bytes += form.upper ? "ABCDEF" : "abcdef";
    if (form.uuid) bytes += '-';
  }
  return Charset(bytes);
}

class TextSearch {
 public:
  TextSearch(LogBlock* block, std::string_view needle)
      : block_(block), finder_(needle), needle_(finder_.needle()) {}

  StatusOr<BlockRowSets> Find() {
    KZ_RETURN_IF_ERROR(block_->Load());
    FindInValues();
    BlockRowSets found;
    found.reserve(block_->schema().skeletons.size());
    for (uint32_t i = 0; i < block_->schema().skeletons.size(); ++i) {
      KZ_ASSIGN_OR_RETURN(RowSet rows, FindInSkeleton(i));
      found.push_back(std::move(rows));
    }
    return found;
  }

 private:
  // The values that hold the needle; one scan over all of them.
  void FindInValues() {
    const std::string_view bytes = block_->values();
    const std::vector<uint32_t>& ends = block_->value_ends();
    if (needle_.empty()) return;
    for (size_t at = finder_.Find(bytes); at != std::string_view::npos;) {
      const auto value = std::upper_bound(ends.begin(), ends.end(), at) - ends.begin();
      const size_t end = ends[static_cast<size_t>(value)];
      if (at + needle_.size() > end) {  // reaches over the edge of two values
        at = finder_.Find(bytes, at + 1);
        continue;
      }
      if (value_hits_.empty()) value_hits_.resize(ends.size());
      value_hits_[static_cast<size_t>(value)] = true;
      at = finder_.Find(bytes, end);
    }
  }

  StatusOr<RowSet> FindInSkeleton(uint32_t number) {
    const SkeletonEntry& skeleton = block_->schema().skeletons[number];
    for (size_t i = 0; i < skeleton.piece_ends.size(); ++i) {
      if (finder_.In(skeleton.Piece(i))) return RowSet::All();
    }
    marks_.clear();
    all_ = false;
    for (size_t i = 0; i < skeleton.slots() && !all_; ++i) {
      KZ_RETURN_IF_ERROR(FindInSlot(number, i));
    }
    if (all_) return RowSet::All();
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < marks_.size(); ++row) {
      if (marks_[row] != 0) rows.push_back(row);
    }
    return rows.size() == skeleton.lines ? RowSet::All() : RowSet::Of(std::move(rows));
  }

  Status FindInSlot(uint32_t number, size_t at) {
    const SkeletonEntry& skeleton = block_->schema().skeletons[number];
    KZ_ASSIGN_OR_RETURN(const Cuts cuts, CutsAt(skeleton, at));
    const ColumnEntry* entry = &skeleton.columns[at];
    if (entry->kind == ColumnKind::kCopy) entry = &skeleton.columns[entry->value];
    switch (entry->kind) {
      case ColumnKind::kConst: {
        const Match match = Max(Holds(entry->value), Test(block_->Value(entry->value), cuts));
        return match == kNo ? OkStatus() : MarkAll(number, at, match);
      }
      case ColumnKind::kDictionary:
      case ColumnKind::kMapped: return FindInDictionary(number, at, *entry, cuts);
      case ColumnKind::kNumber:
      case ColumnKind::kTime: return FindInNumbers(number, at, *entry, cuts);
      case ColumnKind::kId: return FindInIds(number, at, *entry, cuts);
      case ColumnKind::kText: return FindInText(number, at, cuts);
      case ColumnKind::kCopy: break;
    }
    return OkStatus();
  }

  // The cuts at a slot, without those whose rest the next slot cannot begin with.
  StatusOr<Cuts> CutsAt(const SkeletonEntry& skeleton, size_t at) {
    const std::string_view after = skeleton.Piece(at + 1);
    const bool more = at + 1 < skeleton.slots();
    Cuts cuts = FindCuts(needle_, skeleton.Piece(at), after, more);
    size_t kept = 0;
    for (size_t i = 0; i < cuts.right.size(); ++i) {
      if (!cuts.certain[i]) {
        const std::string_view rest = needle_.substr(cuts.right[i] + after.size());
        KZ_ASSIGN_OR_RETURN(const bool possible, MayBegin(skeleton, at + 1, rest));
        if (!possible) continue;
      }
      cuts.right[kept] = cuts.right[i];
      cuts.certain[kept++] = cuts.certain[i];
    }
    cuts.right.resize(kept);
    cuts.certain.resize(kept);
    return cuts;
  }

  // False when no value of a slot's column begins with `rest` or is what `rest` begins with.
  StatusOr<bool> MayBegin(const SkeletonEntry& skeleton, size_t at, std::string_view rest) {
    const ColumnEntry* entry = &skeleton.columns[at];
    if (entry->kind == ColumnKind::kCopy) entry = &skeleton.columns[entry->value];
    const auto begins = [&](uint32_t number) {
      const std::string_view value = block_->Value(number);
      return value.starts_with(rest) || rest.starts_with(value);
    };
    switch (entry->kind) {
      case ColumnKind::kConst: return begins(entry->value);
      case ColumnKind::kDictionary:
      case ColumnKind::kMapped:
        return std::any_of(entry->values.begin(), entry->values.end(), begins);
      case ColumnKind::kText:
        if (entry->text_min < rest.size()) return true;
        KZ_RETURN_IF_ERROR(LoadFilter());
        return filter_->MayHold(rest);
      case ColumnKind::kNumber:
      case ColumnKind::kTime:
      case ColumnKind::kId: return CharsetOf(*entry, block_->schema()).Holds(rest.substr(0, 1));
      case ColumnKind::kCopy: break;
    }
    return true;
  }

  Status LoadFilter() {
    if (filter_) return OkStatus();
    KZ_ASSIGN_OR_RETURN(const std::string_view bytes, block_->GetPack(kTextFilterPack));
    KZ_ASSIGN_OR_RETURN(filter_, TextFilter::Read(bytes));
    return OkStatus();
  }

  Match Holds(uint32_t value) const {
    return !value_hits_.empty() && value_hits_[value] ? kYes : kNo;
  }
  static Match Max(Match a, Match b) { return a > b ? a : b; }

  // Whether a value and its neighbours hold the needle over an edge.
  Match Test(std::string_view value, const Cuts& cuts) const {
    Match match = kNo;
    AnyPart(needle_, cuts, [&](std::string_view part, Place place, bool certain) {
      const bool fits = place == Place::kStart ? value.starts_with(part)
                        : place == Place::kEnd ? value.ends_with(part)
                                               : value == part;
      if (fits) match = Max(match, certain ? kYes : kPerhaps);
      return match == kYes;
    });
    return match;
  }

  Status FindInDictionary(uint32_t number, size_t at, const ColumnEntry& entry, const Cuts& cuts) {
    if (value_hits_.empty() && cuts.none()) return OkStatus();
    std::vector<Match> matches;
    matches.reserve(entry.values.size());
    bool any = false;
    for (const uint32_t value : entry.values) {
      Match match = Holds(value);
      if (match != kYes && !cuts.none()) match = Max(match, Test(block_->Value(value), cuts));
      any = any || match != kNo;
      matches.push_back(match);
    }
    if (!any) return OkStatus();
    KZ_ASSIGN_OR_RETURN(const Column* column, block_->GetColumn(number, at));
    return MarkIndexes(number, at, *column, matches);
  }

  // Whether any way of cutting leaves a part that the column's bytes can spell.
  bool Possible(const Charset& charset, const Cuts& cuts) const {
    return charset.Holds(needle_) ||
           AnyPart(needle_, cuts,
                   [&](std::string_view part, Place, bool) { return charset.Holds(part); });
  }

  Status FindInNumbers(uint32_t number, size_t at, const ColumnEntry& entry, const Cuts& cuts) {
    if (!Possible(CharsetOf(entry, block_->schema()), cuts)) return OkStatus();
    KZ_ASSIGN_OR_RETURN(const Column* column, block_->GetColumn(number, at));
    std::string text;
    for (uint32_t row = 0; row < block_->schema().skeletons[number].lines; ++row) {
      text.clear();
      block_->AppendValue(*column, row, &text);
      const Match match = finder_.In(text) ? kYes : Test(text, cuts);
      if (match != kNo) KZ_RETURN_IF_ERROR(Mark(number, at, row, match));
    }
    return OkStatus();
  }

  Status FindInIds(uint32_t number, size_t at, const ColumnEntry& entry, const Cuts& cuts) {
    if (!Possible(CharsetOf(entry, block_->schema()), cuts)) return OkStatus();
    const uint32_t form = block_->schema().tracks[entry.value].form;
    // Skeletons of one service have the same words around their ids, so the same cuts.
    std::vector<uint32_t> key = cuts.left;
    key.push_back(0);
    for (size_t i = 0; i < cuts.right.size(); ++i) {
      key.push_back(cuts.right[i] * 2 + (cuts.certain[i] ? 1 : 0));
    }
    auto [known, fresh] = id_matches_.try_emplace({form, std::move(key)});
    if (fresh) {
      KZ_ASSIGN_OR_RETURN(known->second, TestIds(form, cuts));
    }
    if (known->second.empty()) return OkStatus();
    KZ_ASSIGN_OR_RETURN(const Column* column, block_->GetColumn(number, at));
    return MarkIndexes(number, at, *column, known->second);
  }

  // For each id of a table whether it matches; empty when none does.
  StatusOr<std::vector<Match>> TestIds(uint32_t form, const Cuts& cuts) {
    KZ_ASSIGN_OR_RETURN(const std::string_view tables, block_->GetPack(kIdsPack));
    size_t begin = 0;
    for (uint32_t i = 0; i < form; ++i) {
      const IdTable& before = block_->schema().forms[i];
      begin += size_t{before.ids} * before.form.bytes;
    }
    const IdTable& table = block_->schema().forms[form];
    const std::string_view ids = tables.substr(begin, size_t{table.ids} * table.form.bytes);
    std::vector<Match> matches;
    const std::vector<uint32_t> candidates = CandidateIds(table, ids, cuts);
    std::string text;
    for (const uint32_t id : candidates) {
      text.clear();
      AppendId(table.form, ids.data() + size_t{id} * table.form.bytes, &text);
      const Match match = finder_.In(text) ? kYes : Test(text, cuts);
      if (match == kNo) continue;
      if (matches.empty()) matches.resize(table.ids, kNo);
      matches[id] = match;
    }
    return matches;
  }

  // A needle of some digits, inside of one id: its bytes stand in the table, at an even or an odd
  // digit. Otherwise every id has to be looked at.
  std::vector<uint32_t> CandidateIds(const IdTable& table, std::string_view ids,
                                     const Cuts& cuts) const {
    constexpr size_t kDigitsMin = 7;
    std::vector<uint32_t> candidates;
    if (cuts.none() && !table.form.uuid && needle_.size() >= kDigitsMin) {
      for (const size_t skip : {size_t{0}, size_t{1}}) {
        const std::string_view even = needle_.substr(skip, (needle_.size() - skip) / 2 * 2);
        std::string bytes(even.size() / 2, '\0');
        IdForm form = table.form;
        form.bytes = static_cast<uint8_t>(bytes.size());
        if (bytes.size() > table.form.bytes || !ReadId(form, even, bytes.data())) continue;
        const TextFinder finder(bytes);
        for (size_t at = finder.Find(ids); at != std::string_view::npos;
             at = finder.Find(ids, at + 1)) {
          candidates.push_back(static_cast<uint32_t>(at / table.form.bytes));
        }
      }
      return candidates;
    }
    for (uint32_t id = 0; id < table.ids; ++id) candidates.push_back(id);
    return candidates;
  }

  Status FindInText(uint32_t number, size_t at, const Cuts& cuts) {
    KZ_RETURN_IF_ERROR(LoadFilter());
    const bool whole = filter_->MayHold(needle_);
    if (!whole && !AnyPart(needle_, cuts, [&](std::string_view part, Place, bool) {
          return filter_->MayHold(part);
        })) {
      return OkStatus();
    }
    KZ_ASSIGN_OR_RETURN(const Column* column, block_->GetColumn(number, at));
    if (whole) {
      for (size_t place = finder_.Find(column->text); place != std::string_view::npos;) {
        // A row that is empty ends where the one before does; the needle then is empty too.
        const auto row = std::upper_bound(column->ends.begin(), column->ends.end(), place);
        if (row == column->ends.end()) break;
        if (place + needle_.size() > *row) {
          place = finder_.Find(column->text, place + 1);
          continue;
        }
        KZ_RETURN_IF_ERROR(
            Mark(number, at, static_cast<uint32_t>(row - column->ends.begin()), kYes));
        place = finder_.Find(column->text, *row);
      }
    }
    if (cuts.none()) return OkStatus();
    for (uint32_t row = 0; row < column->ends.size(); ++row) {
      const uint32_t begin = row == 0 ? 0 : column->ends[row - 1];
      const Match match = Test(column->text.substr(begin, column->ends[row] - begin), cuts);
      if (match != kNo) KZ_RETURN_IF_ERROR(Mark(number, at, row, match));
    }
    return OkStatus();
  }

  Status MarkIndexes(uint32_t number, size_t at, const Column& column,
                     const std::vector<Match>& matches) {
    for (uint32_t row = 0; row < column.indexes.size(); ++row) {
      const Match match = matches[column.indexes[row]];
      if (match != kNo) KZ_RETURN_IF_ERROR(Mark(number, at, row, match));
    }
    return OkStatus();
  }

  Status MarkAll(uint32_t number, size_t at, Match match) {
    all_ = match == kYes;
    if (all_) return OkStatus();
    for (uint32_t row = 0; row < block_->schema().skeletons[number].lines; ++row) {
      KZ_RETURN_IF_ERROR(Mark(number, at, row, match));
    }
    return OkStatus();
  }

  Status Mark(uint32_t number, size_t at, uint32_t row, Match match) {
    if (marks_.empty()) marks_.resize(block_->schema().skeletons[number].lines);
    if (marks_[row] != 0) return OkStatus();
    if (match == kPerhaps) {
      KZ_ASSIGN_OR_RETURN(const bool found, LookAround(number, at, row));
      if (!found) return OkStatus();
    }
    marks_[row] = 1;
    return OkStatus();
  }

  // The line from just before a slot to so far behind it that no needle beginning there is missed.
  StatusOr<bool> LookAround(uint32_t number, size_t at, uint32_t row) {
    const SkeletonEntry& skeleton = block_->schema().skeletons[number];
    const std::string_view before = skeleton.Piece(at);
    around_ = before.substr(before.size() - std::min(before.size(), needle_.size() - 1));
    KZ_ASSIGN_OR_RETURN(const Column* column, block_->GetColumn(number, at));
    block_->AppendValue(*column, row, &around_);
    const size_t enough = around_.size() + needle_.size();
    for (size_t i = at + 1; i <= skeleton.slots() && around_.size() < enough; ++i) {
      around_ += skeleton.Piece(i);
      if (i == skeleton.slots()) break;
      KZ_ASSIGN_OR_RETURN(const Column* next, block_->GetColumn(number, i));
      block_->AppendValue(*next, row, &around_);
    }
    return finder_.In(around_);
  }

  LogBlock* block_;
  const TextFinder finder_;
  const std::string_view needle_;
  std::vector<bool> value_hits_;  // by value; empty: none
  std::map<std::pair<uint32_t, std::vector<uint32_t>>, std::vector<Match>> id_matches_;
  std::optional<TextFilter> filter_;
  std::vector<uint8_t> marks_;  // rows of the skeleton at hand; empty: none
  bool all_ = false;
  std::string around_;
};

}  // namespace

StatusOr<BlockRowSets> FindText(LogBlock* block, std::string_view needle) {
  return TextSearch(block, needle).Find();
}

StatusOr<RowSet> FindValue(LogBlock* block, uint32_t skeleton, size_t at, std::string_view value) {
  const SkeletonEntry& entry = block->schema().skeletons[skeleton];
  const ColumnEntry* kind = &entry.columns[at];
  if (kind->kind == ColumnKind::kCopy) kind = &entry.columns[kind->value];
  if (kind->kind == ColumnKind::kConst) {
    return block->Value(kind->value) == value ? RowSet::All() : RowSet::None();
  }
  const bool listed =
      kind->values.empty() || std::any_of(kind->values.begin(), kind->values.end(),
                                          [&](uint32_t one) { return block->Value(one) == value; });
  if (!listed) return RowSet::None();
  KZ_ASSIGN_OR_RETURN(const Column* column, block->GetColumn(skeleton, at));
  std::vector<uint32_t> rows;
  std::string text;
  for (uint32_t row = 0; row < entry.lines; ++row) {
    text.clear();
    block->AppendValue(*column, row, &text);
    if (text == value) rows.push_back(row);
  }
  return rows.size() == entry.lines ? RowSet::All() : RowSet::Of(std::move(rows));
}

}  // namespace kizashi
