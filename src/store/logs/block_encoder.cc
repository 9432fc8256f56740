#include "store/logs/block_encoder.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/check.h"
#include "store/logs/sequence_codec.h"
#include "store/logs/text_filter.h"

namespace kizashi {
namespace {

constexpr size_t kRowPackBytes = 128 << 10;

// zstd's levels: small parts are packed harder.
constexpr int kSmallLevel = 12;
constexpr int kRowsLevel = 9;
constexpr int kTextLevel = 3;

// Rows of `width` bytes, byte by byte: all low bytes first, so that like stands beside like.
std::string Planes(const std::vector<uint32_t>& rows, uint32_t width) {
  std::string bytes(rows.size() * width, '\0');
  char* to = bytes.data();
  for (uint32_t plane = 0; plane < width; ++plane) {
    for (const uint32_t row : rows) *to++ = static_cast<char>(row >> (8 * plane));
  }
  return bytes;
}

}  // namespace

BlockEncoder::BlockEncoder(const BlockRows& rows)
    : rows_(rows), final_values_(rows.values.size(), UINT32_MAX) {
  line_of_row_.resize(rows.skeletons.size());
  for (uint32_t line = 0; line < rows.order.size(); ++line) {
    line_of_row_[rows.order[line]].push_back(line);
  }
}

std::string BlockEncoder::Encode(uint64_t first_seq, uint64_t last_seq, uint32_t last_lines) {
  KZ_CHECK(!rows_.order.empty());
  EncodeSkeletons();
  std::string tracks;
  EncodeIds(&tracks);
  stored_.resize(kRowPacks + row_packs_.size());
  footer_.packs.resize(stored_.size());
  Put(kSchemaPack, EncodeSchema(schema_), kSmallLevel);
  Put(kCountsPack, EncodeCounts(Counts(), footer_.patterns), kSmallLevel);
  Put(kValueSizesPack, value_sizes_.bytes(), kSmallLevel);
  Put(kValuesPack, value_bytes_, kSmallLevel);
  Put(kOrderPack, EncodeOrder(rows_.order, static_cast<uint32_t>(rows_.skeletons.size())),
      kSmallLevel);
  const auto [first, last] = std::minmax_element(rows_.times_ms.begin(), rows_.times_ms.end());
  ByteWriter times;
  int64_t before = *first;
  for (const int64_t time : rows_.times_ms) {
    times.SignedVarint(time - before);
    before = time;
  }
  Put(kTimesPack, times.bytes(), kRowsLevel);
  Put(kTracksPack, tracks, kRowsLevel);
  Put(kIdsPack, ids_, 1);
  Put(kTextPack, text_, kTextLevel, true);
  Put(kTextFilterPack, TextFilter::Of(text_).Encode(), kSmallLevel);
  for (size_t i = 0; i < row_packs_.size(); ++i) {
    Put(kRowPacks + static_cast<uint32_t>(i), row_packs_[i], kRowsLevel);
  }
  footer_.lines = static_cast<uint32_t>(rows_.order.size());
  footer_.text_bytes = rows_.text_bytes;
  footer_.first_time = TimeFromMs(*first);
  footer_.last_time = TimeFromMs(*last);
  footer_.first_seq = first_seq;
  footer_.last_seq = last_seq;
  footer_.last_lines = last_lines;
  footer_.values = values_;
  footer_.streams = rows_.streams;
  std::string block(kBlockMagic);
  for (const std::string& pack : stored_) block += pack;
  block += EncodeEnd(footer_);
  return block;
}

void BlockEncoder::EncodeSkeletons() {
  ColumnChooser chooser(rows_);
  for (const SkeletonRows& rows : rows_.skeletons) {
    SkeletonEntry& entry = schema_.skeletons.emplace_back();
    entry.pattern = PatternIndex(rows.pattern);
    entry.lines = rows.lines();
    entry.constants = rows.constants;
    entry.piece_ends = rows.piece_ends;
    EncodeNumbers(rows.streams, &entry.streams);
    EncodeNumbers(rows.flags, &entry.flags);
    chooser.Begin(rows);
    entry.columns.resize(rows.columns.size());
    for (size_t i = 0; i < rows.columns.size(); ++i) EncodeColumn(rows, &chooser, i, &entry);
  }
}

void BlockEncoder::EncodeColumn(const SkeletonRows& rows, ColumnChooser* chooser, size_t at,
                                SkeletonEntry* entry) {
  const std::vector<uint32_t>& values = rows.columns[at];
  ColumnEntry& column = entry->columns[at];
  ColumnChoice choice = chooser->Next(true);
  const ColumnIndex& index = chooser->index();
  if (choice.kind == ColumnKind::kId && !AssignTrack(choice.form, entry, &column)) {
    choice.kind = ColumnKind::kDictionary;
    chooser->Keep(choice.kind);
  }
  column.kind = choice.kind;
  switch (choice.kind) {
    case ColumnKind::kConst: column.value = FinalValue(values[0]); return;
    case ColumnKind::kCopy: column.value = choice.parent; return;
    case ColumnKind::kId: return;
    case ColumnKind::kTime:
      column.value = choice.layout;
      EncodeTimes(rows, values, &column);
      return;
    case ColumnKind::kNumber: EncodeWhole(values, &column); return;
    case ColumnKind::kText: EncodeText(values, &column); return;
    case ColumnKind::kMapped:
      column.value = choice.parent;
      column.map = std::move(choice.map);
      break;
    case ColumnKind::kDictionary: break;
  }
  for (const uint32_t value : index.distinct) column.values.push_back(FinalValue(value));
  if (choice.kind == ColumnKind::kDictionary) {
    AddRows(Planes(index.rows, column.IndexBytes()), &column);
  }
}

void BlockEncoder::EncodeNumbers(const std::vector<uint32_t>& rows, ColumnEntry* column) {
  std::vector<uint32_t> indexes;
  indexes.reserve(rows.size());
  std::vector<uint32_t> places(*std::max_element(rows.begin(), rows.end()) + size_t{1}, UINT32_MAX);
  for (const uint32_t row : rows) {
    if (places[row] == UINT32_MAX) {
      places[row] = static_cast<uint32_t>(column->values.size());
      column->values.push_back(row);
    }
    indexes.push_back(places[row]);
  }
  if (column->values.size() == 1) {
    column->kind = ColumnKind::kConst;
    column->value = column->values[0];
    column->values.clear();
    return;
  }
  column->kind = ColumnKind::kDictionary;
  AddRows(Planes(indexes, column->IndexBytes()), column);
}

void BlockEncoder::EncodeTimes(const SkeletonRows& rows, const std::vector<uint32_t>& values,
                               ColumnEntry* column) {
  const TimeLayout& layout = TimeLayoutAt(column->value);
  const std::vector<uint32_t>& lines =
      line_of_row_[static_cast<size_t>(&rows - rows_.skeletons.data())];
  std::vector<int64_t> distances;
  distances.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto units = ReadTime(layout, rows_.values[values[i]]);
    KZ_CHECK(units.has_value());
    const int64_t line = UnitsOfMs(layout, rows_.times_ms[lines[i]]);
    int64_t distance =
        static_cast<int64_t>(static_cast<uint64_t>(*units) - static_cast<uint64_t>(line));
    if (layout.period != 0) distance %= layout.period;
    distances.push_back(distance);
  }
  std::vector<int64_t> sorted = distances;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  column->base = sorted[sorted.size() / 2];
  ByteWriter out;
  for (int64_t distance : distances) {
    distance =
        static_cast<int64_t>(static_cast<uint64_t>(distance) - static_cast<uint64_t>(column->base));
    if (layout.period != 0) {
      distance %= layout.period;
      if (distance > layout.period / 2) distance -= layout.period;
      if (distance < -layout.period / 2) distance += layout.period;
    }
    out.SignedVarint(distance);
  }
  AddRows(out.bytes(), column);
}

void BlockEncoder::EncodeWhole(const std::vector<uint32_t>& values, ColumnEntry* column) {
  std::vector<int64_t> numbers;
  numbers.reserve(values.size());
  for (const uint32_t value : values) {
    const auto number = ReadNumber(rows_.values[value]);
    KZ_CHECK(number.has_value());
    numbers.push_back(*number);
  }
  const int64_t lowest = *std::min_element(numbers.begin(), numbers.end());
  ByteWriter plain;
  ByteWriter delta;
  int64_t before = lowest;
  for (const int64_t number : numbers) {
    plain.SignedVarint(number - lowest);
    delta.SignedVarint(number - before);
    before = number;
  }
  column->base = lowest;
  column->delta = delta.size() < plain.size();
  AddRows(column->delta ? delta.bytes() : plain.bytes(), column);
}

void BlockEncoder::EncodeText(const std::vector<uint32_t>& values, ColumnEntry* column) {
  ByteWriter sizes;
  const size_t begin = text_.size();
  size_t shortest = rows_.values[values[0]].size();
  for (const uint32_t value : values) {
    shortest = std::min(shortest, rows_.values[value].size());
    sizes.Varint(rows_.values[value].size());
    text_ += rows_.values[value];
  }
  column->text_offset = static_cast<uint32_t>(begin);
  column->text_size = static_cast<uint32_t>(text_.size() - begin);
  column->text_min = static_cast<uint32_t>(shortest);
  AddRows(sizes.bytes(), column);
}

bool BlockEncoder::AssignTrack(const IdForm& form, SkeletonEntry* entry, ColumnEntry* column) {
  size_t occurrence = 0;
  for (const ColumnEntry& other : entry->columns) {
    if (&other == column) break;
    const bool same = other.kind == ColumnKind::kId &&
                      schema_.forms[schema_.tracks[other.value].form].form == form;
    occurrence += same ? 1 : 0;
  }
  size_t seen = 0;
  for (size_t i = 0; i < schema_.tracks.size(); ++i) {
    if (schema_.forms[schema_.tracks[i].form].form != form || seen++ != occurrence) continue;
    column->value = static_cast<uint32_t>(i);
    schema_.tracks[i].codes += entry->lines;
    return true;
  }
  if (schema_.tracks.size() == kBlockTracksMax) return false;
  const auto known = std::find_if(schema_.forms.begin(), schema_.forms.end(),
                                  [&](const IdTable& table) { return table.form == form; });
  const auto at = static_cast<uint32_t>(known - schema_.forms.begin());
  if (known == schema_.forms.end()) schema_.forms.push_back({form, 0});
  column->value = static_cast<uint32_t>(schema_.tracks.size());
  schema_.tracks.push_back({at, entry->lines});
  return true;
}

void BlockEncoder::EncodeIds(std::string* tracks) {
  std::vector<uint32_t> form_by_track;
  for (const IdTrack& track : schema_.tracks) form_by_track.push_back(track.form);
  IdEncoder encoder(form_by_track, rows_.streams.size());
  std::vector<std::string> tables(schema_.forms.size());
  std::vector<uint32_t> id_of_value(rows_.values.size(), UINT32_MAX);
  std::vector<std::vector<size_t>> columns(schema_.skeletons.size());
  for (size_t s = 0; s < columns.size(); ++s) {
    for (size_t i = 0; i < schema_.skeletons[s].columns.size(); ++i) {
      if (schema_.skeletons[s].columns[i].kind == ColumnKind::kId) columns[s].push_back(i);
    }
  }
  for (size_t line = 0; line < rows_.order.size(); ++line) {
    const uint32_t skeleton = rows_.order[line];
    const SkeletonRows& rows = rows_.skeletons[skeleton];
    const uint32_t row = rows_.row[line];
    for (const size_t i : columns[skeleton]) {
      const uint32_t track = schema_.skeletons[skeleton].columns[i].value;
      const uint32_t value = rows.columns[i][row];
      IdTable& table = schema_.forms[schema_.tracks[track].form];
      uint32_t& id = id_of_value[value];
      if (id == UINT32_MAX) {
        id = table.ids++;
        std::array<char, kIdBytesMax> bytes;
        KZ_CHECK(ReadId(table.form, rows_.values[value], bytes.data()));
        tables[schema_.tracks[track].form].append(bytes.data(), table.form.bytes);
      }
      encoder.Add(track, rows.streams[row], id);
    }
  }
  for (uint32_t track = 0; track < schema_.tracks.size(); ++track) *tracks += encoder.codes(track);
  *tracks += encoder.numbers();
  for (const std::string& table : tables) ids_ += table;
}

void BlockEncoder::AddRows(std::string_view bytes, ColumnEntry* column) {
  if (row_packs_.empty() || row_packs_.back().size() + bytes.size() > kRowPackBytes) {
    row_packs_.emplace_back();
  }
  column->pack = static_cast<uint32_t>(kRowPacks + row_packs_.size() - 1);
  column->offset = static_cast<uint32_t>(row_packs_.back().size());
  column->size = static_cast<uint32_t>(bytes.size());
  row_packs_.back() += bytes;
}

uint32_t BlockEncoder::FinalValue(uint32_t value) {
  uint32_t& number = final_values_[value];
  if (number == UINT32_MAX) {
    number = values_++;
    value_bytes_ += rows_.values[value];
    value_sizes_.Varint(rows_.values[value].size());
  }
  return number;
}

uint32_t BlockEncoder::PatternIndex(uint64_t pattern) {
  const auto next = static_cast<uint32_t>(footer_.patterns.size());
  const auto [at, fresh] = pattern_index_.try_emplace(pattern, next);
  if (fresh) footer_.patterns.push_back(pattern);
  return at->second;
}

std::vector<PatternCount> BlockEncoder::Counts() const {
  std::vector<PatternCount> counts;
  for (const SkeletonRows& rows : rows_.skeletons) {
    counts.insert(counts.end(), rows.counts.begin(), rows.counts.end());
  }
  const auto key = [this](const PatternCount& count) {
    return std::tuple(pattern_index_.at(count.pattern), count.severity, count.minute);
  };
  std::sort(counts.begin(), counts.end(),
            [&](const PatternCount& a, const PatternCount& b) { return key(a) < key(b); });
  size_t kept = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (kept > 0 && key(counts[kept - 1]) == key(counts[i])) {
      counts[kept - 1].lines += counts[i].lines;
    } else {
      counts[kept++] = counts[i];
    }
  }
  counts.resize(kept);
  return counts;
}

void BlockEncoder::Put(uint32_t pack, std::string_view raw, int level, bool far) {
  stored_[pack] = packer_.Pack(raw, level, far);
  footer_.packs[pack] = {0, static_cast<uint32_t>(stored_[pack].size()),
                         static_cast<uint32_t>(raw.size()), PackChecksum(stored_[pack], pack)};
}

}  // namespace kizashi
