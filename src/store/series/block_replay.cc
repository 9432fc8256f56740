#include "store/series/block_replay.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace kizashi {
namespace {

// Values that are in memory at a time. Columns are decoded from their beginning for each window, so
// a small one costs time.
constexpr size_t kWindowValues = 16 << 20;

class Replay {
 public:
  Replay(const SeriesBlockPtr& block, uint64_t after, uint64_t until)
      : block_(block), after_(after), until_(until) {}

  Status Run(const std::function<bool(JournalEntry)>& visit) {
    KZ_ASSIGN_OR_RETURN(contents_, block_->Load());
    KZ_RETURN_IF_ERROR(ListScrapes());
    KZ_RETURN_IF_ERROR(LoadLoose());
    auto loose = loose_.begin();
    for (size_t begin = 0; begin < scrapes_.size();) {
      size_t end = begin;
      for (size_t values = 0; end < scrapes_.size() && (end == begin || values < kWindowValues);) {
        values += scrapes_[end++].values;
      }
      KZ_RETURN_IF_ERROR(DecodeWindow(begin, end));
      for (size_t i = begin; i < end; ++i) {
        for (; loose != loose_.end() && loose->seq < scrapes_[i].seq; ++loose) {
          if (!visit(TakeLoose(*loose))) return OkStatus();
        }
        if (!visit(TakeScrape(i))) return OkStatus();
      }
      begin = end;
    }
    for (; loose != loose_.end(); ++loose) {
      if (!visit(TakeLoose(*loose))) return OkStatus();
    }
    return OkStatus();
  }

 private:
  struct Scrape {
    uint64_t seq = 0;
    int64_t entry_ms = 0;
    uint32_t chunk = 0;
    uint32_t row = 0;
    size_t values = 0;
    std::vector<double> decoded;
  };
  struct Chunk {
    StoredShape stored;
    std::vector<SeriesLayout> layouts;  // shared by the scrapes that have them
  };
  struct Cursor {
    SampleColumns samples;
    size_t next = 0;
  };

  bool IsWanted(uint64_t seq) const { return seq > after_ && seq <= until_; }
  Status ListScrapes();
  Status LoadLoose();
  Status DecodeWindow(size_t begin, size_t end);
  Status DecodeRows(uint32_t chunk, const std::vector<Scrape*>& rows);
  JournalEntry TakeScrape(size_t i);
  JournalEntry TakeLoose(const LooseBatch& batch);

  const SeriesBlockPtr block_;
  const uint64_t after_;
  const uint64_t until_;
  std::shared_ptr<const SeriesBlock::Contents> contents_;
  std::vector<Chunk> chunks_;
  std::vector<Scrape> scrapes_;  // by seq
  std::vector<LooseBatch> loose_;
  std::unordered_map<SeriesId, Cursor> cursors_;
};

Status Replay::ListScrapes() {
  const std::vector<ChunkEntry>& entries = contents_->directory.chunks;
  chunks_.resize(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    KZ_ASSIGN_OR_RETURN(const ChunkJournal journal, block_->ReadJournal(entries[i]));
    if (!IsWanted(journal.seqs.front()) && !IsWanted(journal.seqs.back()) &&
        (journal.seqs.front() > until_ || journal.seqs.back() <= after_)) {
      continue;
    }
    KZ_ASSIGN_OR_RETURN(chunks_[i].stored, block_->ReadShape(entries[i]));
    const ChunkShape& shape = chunks_[i].stored.shape;
    for (const ChunkLayout& layout : shape.layouts) {
      auto ids = std::make_shared<std::vector<SeriesId>>();
      for (const ChunkLayout::Run& run : layout.runs) {
        const auto first = shape.columns->ids->begin() + run.first;
        ids->insert(ids->end(), first, first + run.count);
      }
      chunks_[i].layouts.push_back(std::move(ids));
    }
    for (uint32_t row = 0; row < journal.seqs.size(); ++row) {
      if (!IsWanted(journal.seqs[row])) continue;
      scrapes_.push_back({journal.seqs[row],
                          journal.times_ms[row],
                          i,
                          row,
                          chunks_[i].layouts[shape.LayoutOf(row)]->size(),
                          {}});
    }
  }
  std::sort(scrapes_.begin(), scrapes_.end(),
            [](const Scrape& a, const Scrape& b) { return a.seq < b.seq; });
  return OkStatus();
}

// Each entry takes the next sample of its series, so those of entries that are not wanted are
// passed over too.
Status Replay::LoadLoose() {
  KZ_ASSIGN_OR_RETURN(const std::vector<LooseBatch> batches, block_->ReadLooseJournal());
  if (batches.empty()) return OkStatus();
  for (const LooseEntry& entry : contents_->loose) {
    KZ_RETURN_IF_ERROR(block_->ReadLoose(entry, &cursors_[entry.id].samples));
  }
  std::unordered_map<SeriesId, size_t> counts;
  for (const LooseBatch& batch : batches) {
    for (const SeriesId id : batch.series) ++counts[id];
    if (IsWanted(batch.seq)) {
      loose_.push_back(batch);
    } else if (loose_.empty()) {
      for (const SeriesId id : batch.series) ++cursors_[id].next;
    }
  }
  for (const auto& [id, count] : counts) {
    const auto cursor = cursors_.find(id);
    if (cursor == cursors_.end() || cursor->second.samples.size() != count) {
      return DataLoss("{}: single samples do not fit their entries", block_->path());
    }
  }
  return OkStatus();
}

Status Replay::DecodeWindow(size_t begin, size_t end) {
  std::map<uint32_t, std::vector<Scrape*>> by_chunk;
  for (size_t i = begin; i < end; ++i) {
    scrapes_[i].decoded.resize(scrapes_[i].values);
    by_chunk[scrapes_[i].chunk].push_back(&scrapes_[i]);
  }
  for (const auto& [chunk, rows] : by_chunk) KZ_RETURN_IF_ERROR(DecodeRows(chunk, rows));
  return OkStatus();
}

// Rows of one chunk follow each other: seqs ascend with rows.
Status Replay::DecodeRows(uint32_t chunk, const std::vector<Scrape*>& rows) {
  const ChunkEntry& entry = contents_->directory.chunks[chunk];
  const StoredShape& stored = chunks_[chunk].stored;
  const ChunkShape& shape = stored.shape;
  const uint32_t first_row = rows.front()->row;
  const uint32_t last_row = rows.back()->row;
  // Where each layout's scrape has a column.
  const auto width = static_cast<uint32_t>(shape.columns->ids->size());
  std::vector<std::vector<uint32_t>> places(shape.layouts.size());
  for (size_t i = 0; i < places.size(); ++i) {
    places[i].assign(width, UINT32_MAX);
    uint32_t place = 0;
    for (const ChunkLayout::Run& run : shape.layouts[i].runs) {
      for (uint32_t j = 0; j < run.count; ++j) places[i][run.first + j] = place++;
    }
  }
  std::string group_bytes;
  std::vector<double> values;
  for (uint32_t column = 0; column < width; ++column) {
    const uint32_t group = column / kGroupColumns;
    const uint32_t begin = group * kGroupColumns;
    if (column == begin) {
      KZ_ASSIGN_OR_RETURN(group_bytes, block_->ReadGroup(entry, stored, group));
    }
    size_t count = 0;
    size_t from = 0;
    size_t to = 0;
    for (uint32_t row = 0; row < shape.rows(); ++row) {
      if (places[shape.LayoutOf(row)][column] == UINT32_MAX) continue;
      from += row < first_row ? 1 : 0;
      to += row <= last_row ? 1 : 0;
      ++count;
    }
    if (from == to) continue;
    values.resize(to - from);
    std::string_view bytes;
    if (!FindInGroup(group_bytes, std::min(kGroupColumns, width - begin), column - begin, &bytes) ||
        !DecodeValues(bytes, count, from, to, values.data())) {
      return DataLoss("{}: the values of a series cannot be decoded", block_->path());
    }
    size_t next = 0;
    size_t wanted = 0;
    for (uint32_t row = first_row; row <= last_row; ++row) {
      const uint32_t place = places[shape.LayoutOf(row)][column];
      const bool is_wanted = rows[wanted]->row == row;
      if (place != UINT32_MAX) {
        if (is_wanted) rows[wanted]->decoded[place] = values[next];
        ++next;
      }
      if (is_wanted) ++wanted;
    }
  }
  return OkStatus();
}

JournalEntry Replay::TakeScrape(size_t i) {
  Scrape& scrape = scrapes_[i];
  const Chunk& chunk = chunks_[scrape.chunk];
  ScrapeBatch batch;
  batch.source = contents_->directory.sources[contents_->directory.chunks[scrape.chunk].source];
  batch.time = TimeFromMs(chunk.stored.shape.times_ms[scrape.row]);
  batch.layout = chunk.layouts[chunk.stored.shape.LayoutOf(scrape.row)];
  batch.values = std::move(scrape.decoded);
  return {scrape.seq, TimeFromMs(scrape.entry_ms), std::move(batch)};
}

JournalEntry Replay::TakeLoose(const LooseBatch& batch) {
  SampleBatch samples;
  for (const SeriesId id : batch.series) {
    Cursor& cursor = cursors_[id];
    samples.samples.push_back(
        {id, TimeFromMs(cursor.samples.times_ms[cursor.next]), cursor.samples.values[cursor.next]});
    ++cursor.next;
  }
  return {batch.seq, TimeFromMs(batch.time_ms), std::move(samples)};
}

}  // namespace

Status ReplayBlock(const SeriesBlockPtr& block, uint64_t after, uint64_t until,
                   const std::function<bool(JournalEntry)>& visit) {
  if (block->footer().first_seq > until || block->footer().last_seq <= after) return OkStatus();
  return Replay(block, after, until).Run(visit);
}

}  // namespace kizashi
