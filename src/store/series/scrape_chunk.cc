#include "store/series/scrape_chunk.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace kizashi {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Which rows have which layout, and the columns of all. The usual case is one layout for all.
void FindColumns(std::span<const ScrapeRow> rows, ChunkShape* shape) {
  const ColumnSetPtr& first = rows[0].columns;
  shape->columns = first;
  shape->layouts.push_back({{{0, static_cast<uint32_t>(first->ids->size())}}});
  if (first->ids->empty()) shape->layouts[0].runs.clear();
  const bool same =
      std::all_of(rows.begin(), rows.end(), [&](const ScrapeRow& r) { return r.columns == first; });
  if (same) return;
  ColumnFinder finder(*first->ids);
  std::unordered_map<const ColumnSet*, uint32_t> known = {{first.get(), 0}};
  for (const ScrapeRow& row : rows) {
    const auto [found, is_new] =
        known.try_emplace(row.columns.get(), static_cast<uint32_t>(shape->layouts.size()));
    if (is_new) shape->layouts.push_back(finder.LayoutOf(*row.columns->ids));
    shape->row_layouts.push_back(found->second);
  }
  shape->columns = std::make_shared<const ColumnSet>(
      std::make_shared<const std::vector<SeriesId>>(finder.Take()));
}

// Where in a scrape's values each of the columns [begin, end) is; UINT32_MAX: nowhere.
void FindPlaces(const ChunkLayout& layout, uint32_t begin, uint32_t end,
                std::vector<uint32_t>* places) {
  places->assign(end - begin, UINT32_MAX);
  uint32_t place = 0;
  for (const ChunkLayout::Run& run : layout.runs) {
    const uint32_t low = std::max(run.first, begin);
    const uint32_t high = std::min(run.first + run.count, end);
    for (uint32_t column = low; column < high; ++column) {
      (*places)[column - begin] = place + (column - run.first);
    }
    place += run.count;
  }
}

}  // namespace

ChunkLayout ColumnFinder::LayoutOf(std::span<const SeriesId> ids) {
  if (scrapes_ == 0) {
    for (uint32_t i = 0; i < ids_.size(); ++i) columns_[ids_[i]].at.push_back(i);
  }
  ++scrapes_;
  ChunkLayout layout;
  for (const SeriesId id : ids) {
    Columns& columns = columns_[id];
    if (std::exchange(columns.scrape, scrapes_) != scrapes_) columns.used = 0;
    if (columns.used == columns.at.size()) {
      columns.at.push_back(static_cast<uint32_t>(ids_.size()));
      ids_.push_back(id);
    }
    layout.Add(columns.at[columns.used++]);
  }
  return layout;
}

void ChunkLayout::Add(uint32_t column) {
  if (!runs.empty() && column == runs.back().first + runs.back().count) {
    ++runs.back().count;
  } else {
    runs.push_back({column, 1});
  }
}

bool ChunkLayout::Has(uint32_t column) const {
  return std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
    return column >= run.first && column - run.first < run.count;
  });
}

size_t ChunkLayout::size() const {
  return std::accumulate(runs.begin(), runs.end(), size_t{0},
                         [](size_t sum, const Run& run) { return sum + run.count; });
}

size_t ChunkShape::ValuesOf(uint32_t column) const {
  if (row_layouts.empty()) return layouts[0].Has(column) ? rows() : 0;
  std::vector<char> has(layouts.size());
  for (size_t i = 0; i < layouts.size(); ++i) has[i] = layouts[i].Has(column) ? 1 : 0;
  size_t count = 0;
  for (const uint32_t layout : row_layouts) count += static_cast<size_t>(has[layout]);
  return count;
}

void ChunkShape::NoteTimes() {
  if (times_ms.empty()) return;
  const auto [low, high] = std::minmax_element(times_ms.begin(), times_ms.end());
  min_ms = *low;
  max_ms = *high;
  ascending = std::adjacent_find(times_ms.begin(), times_ms.end(), std::greater_equal<>()) ==
              times_ms.end();
}

void AppendGroup(std::span<const std::vector<double>> columns, ValueEncoder* encoder,
                 std::string* out) {
  std::string bodies;
  for (const std::vector<double>& column : columns) {
    const size_t begin = bodies.size();
    if (!column.empty()) encoder->Encode(column, &bodies);
    AppendVarint(bodies.size() - begin, out);
  }
  out->append(bodies);
}

bool FindInGroup(std::string_view group, uint32_t columns, uint32_t column,
                 std::string_view* bytes) {
  // Mostly each size is one byte: this is done once for every column that is read.
  const std::string_view sizes = group.substr(0, columns);
  const bool is_short = std::all_of(sizes.begin(), sizes.end(),
                                    [](char c) { return static_cast<uint8_t>(c) < 0x80; });
  if (is_short && sizes.size() == columns && column < columns) {
    const auto begin = sizes.begin() + column;
    const size_t before = std::accumulate(sizes.begin(), begin, size_t{columns});
    const auto size = static_cast<size_t>(*begin);
    if (std::accumulate(begin, sizes.end(), before) != group.size()) return false;
    *bytes = group.substr(before, size);
    return true;
  }
  ByteReader in(group);
  uint64_t before = 0;
  uint64_t size = 0;
  uint64_t all = 0;
  for (uint32_t i = 0; i < columns; ++i) {
    const uint64_t one = in.Varint();
    if (one > group.size()) return false;
    if (i < column) before += one;
    if (i == column) size = one;
    all += one;
  }
  if (!in.ok() || all != in.remaining()) return false;
  *bytes = group.substr(group.size() - all + before, size);
  return true;
}

bool ReadColumn(const ChunkShape& shape, std::string_view group, uint32_t column, int64_t from_ms,
                int64_t to_ms, SampleColumns* out) {
  const auto width = static_cast<uint32_t>(shape.columns->ids->size());
  const uint32_t begin = column / kGroupColumns * kGroupColumns;
  std::string_view bytes;
  if (!FindInGroup(group, std::min(kGroupColumns, width - begin), column - begin, &bytes)) {
    return false;
  }
  const std::vector<int64_t>& times = shape.times_ms;
  size_t first = 0;
  size_t last = times.size();
  if (shape.ascending) {
    const auto low = std::lower_bound(times.begin(), times.end(), from_ms);
    first = static_cast<size_t>(low - times.begin());
    last = static_cast<size_t>(std::upper_bound(low, times.end(), to_ms) - times.begin());
  }
  if (first == last) return true;
  const size_t at = out->values.size();
  if (shape.row_layouts.empty() && shape.ascending) {
    out->values.resize(at + (last - first));
    out->times_ms.insert(out->times_ms.end(), times.begin() + static_cast<ptrdiff_t>(first),
                         times.begin() + static_cast<ptrdiff_t>(last));
    return DecodeValues(bytes, times.size(), first, last, out->values.data() + at);
  }
  const size_t count = shape.ValuesOf(column);
  if (count == 0) return bytes.empty();
  std::vector<double> values(count);
  if (!DecodeValues(bytes, count, 0, count, values.data())) return false;
  std::vector<char> has(shape.layouts.size());
  for (size_t i = 0; i < has.size(); ++i) has[i] = shape.layouts[i].Has(column) ? 1 : 0;
  size_t next = 0;
  for (size_t row = 0; row < times.size(); ++row) {
    if (has[shape.LayoutOf(row)] == 0) continue;
    const double value = values[next++];
    if (times[row] < from_ms || times[row] > to_ms) continue;
    out->times_ms.push_back(times[row]);
    out->values.push_back(value);
  }
  return true;
}

std::string_view ScrapeChunk::Group(uint32_t group) const {
  const uint32_t begin = group == 0 ? 0 : group_ends[group - 1];
  return std::string_view(data).substr(begin, group_ends[group] - begin);
}

size_t ScrapeChunk::bytes() const {
  return sizeof(*this) + data.capacity() + group_ends.capacity() * sizeof(uint32_t) +
         shape.rows() * 24;
}

ScrapeChunk MakeChunk(std::span<const ScrapeRow> rows, ValueEncoder* encoder) {
  KZ_CHECK(!rows.empty() && rows.size() <= kColumnValuesMax);
  ScrapeChunk chunk;
  for (const ScrapeRow& row : rows) {
    chunk.shape.times_ms.push_back(ToMs(row.batch().time));
    chunk.journal.seqs.push_back(row.entry->seq);
    chunk.journal.times_ms.push_back(ToMs(row.entry->time));
  }
  chunk.shape.NoteTimes();
  FindColumns(rows, &chunk.shape);
  const auto width = static_cast<uint32_t>(chunk.shape.columns->ids->size());
  std::vector<std::vector<double>> columns(kGroupColumns);
  std::vector<std::vector<uint32_t>> places(chunk.shape.layouts.size());
  for (uint32_t begin = 0; begin < width; begin += kGroupColumns) {
    const uint32_t end = std::min(begin + kGroupColumns, width);
    for (auto& column : columns) column.clear();
    for (size_t i = 0; i < places.size(); ++i) {
      FindPlaces(chunk.shape.layouts[i], begin, end, &places[i]);
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      const std::vector<double>& values = rows[row].batch().values;
      const std::vector<uint32_t>& place = places[chunk.shape.LayoutOf(row)];
      for (uint32_t i = 0; i < end - begin; ++i) {
        if (place[i] != UINT32_MAX) columns[i].push_back(values[place[i]]);
      }
    }
    AppendGroup(std::span(columns).first(end - begin), encoder, &chunk.data);
    chunk.group_ends.push_back(static_cast<uint32_t>(chunk.data.size()));
  }
  chunk.data.shrink_to_fit();
  return chunk;
}

}  // namespace kizashi
