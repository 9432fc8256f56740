#include "store/series/block_builder.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "base/check.h"
#include "store/series/block_part.h"
#include "store/series/series_block_writer.h"

namespace kizashi {
namespace {

// Where the entries of a block lie in time.
void NoteEntry(int64_t time_ms, SeriesBlockWriter::Range* range) {
  range->first_entry_ms = std::min(range->first_entry_ms, time_ms);
  range->last_entry_ms = std::max(range->last_entry_ms, time_ms);
}

Status WriteLoose(const HeadView& sealed, SeriesBlockWriter* writer,
                  SeriesBlockWriter::Range* range) {
  for (const auto& loose : sealed.loose) {
    if (loose->empty()) continue;
    KZ_CHECK(sealed.loose.size() == 1);
    std::vector<LooseColumn> columns;
    for (const auto& [id, samples] : loose->series()) {
      LooseColumn& column = columns.emplace_back();
      column.id = id;
      for (const LooseSamples::Sample& sample : samples) {
        column.times_ms.push_back(sample.time_ms);
        column.values.push_back(sample.value);
      }
    }
    std::sort(columns.begin(), columns.end(),
              [](const LooseColumn& a, const LooseColumn& b) { return a.id < b.id; });
    for (const LooseBatch& batch : loose->batches()) NoteEntry(batch.time_ms, range);
    KZ_RETURN_IF_ERROR(writer->AddLoose(columns, loose->batches()));
  }
  return OkStatus();
}

// The chunks of one source, to become one.
class SourceMerger {
 public:
  struct Input {
    SeriesBlockPtr block;
    const ChunkEntry* entry;
  };

  SourceMerger(const std::vector<Input>& inputs, const Tombstones& deleted)
      : inputs_(inputs), deleted_(deleted) {}

  StatusOr<ScrapeChunk> Merge() {
    KZ_RETURN_IF_ERROR(LoadShapes());
    const auto width = static_cast<uint32_t>(merged_.shape.columns->ids->size());
    std::vector<std::vector<double>> columns(kGroupColumns);
    for (uint32_t begin = 0; begin < width; begin += kGroupColumns) {
      const uint32_t end = std::min(begin + kGroupColumns, width);
      for (uint32_t column = begin; column < end; ++column) {
        KZ_RETURN_IF_ERROR(ReadColumn(column, &columns[column - begin]));
      }
      AppendGroup(std::span(columns).first(end - begin), &encoder_, &merged_.data);
      KZ_CHECK(merged_.data.size() <= UINT32_MAX);
      merged_.group_ends.push_back(static_cast<uint32_t>(merged_.data.size()));
    }
    return std::move(merged_);
  }

 private:
  struct Part {
    StoredShape stored;
    std::vector<uint32_t> columns;  // of the chunk, by merged column; empty: the same ones
    uint32_t group = UINT32_MAX;
    std::string group_bytes;
  };

  Status LoadShapes();
  Status ReadColumn(uint32_t column, std::vector<double>* values);
  void Hide(const Part& part, uint32_t column, SeriesId id, std::span<double> values) const;

  const std::vector<Input>& inputs_;
  const Tombstones& deleted_;
  std::vector<Part> parts_;
  ScrapeChunk merged_;
  ValueEncoder encoder_;
};

// Times and journals one after the other; layouts in terms of the columns of all.
Status SourceMerger::LoadShapes() {
  ChunkShape& shape = merged_.shape;
  std::vector<uint32_t> row_layouts;
  for (const Input& input : inputs_) {
    KZ_ASSIGN_OR_RETURN(StoredShape stored, input.block->ReadShape(*input.entry));
    KZ_ASSIGN_OR_RETURN(const ChunkJournal journal, input.block->ReadJournal(*input.entry));
    const auto& times = stored.shape.times_ms;
    shape.times_ms.insert(shape.times_ms.end(), times.begin(), times.end());
    auto& all = merged_.journal;
    all.seqs.insert(all.seqs.end(), journal.seqs.begin(), journal.seqs.end());
    all.times_ms.insert(all.times_ms.end(), journal.times_ms.begin(), journal.times_ms.end());
    parts_.push_back({std::move(stored), {}, UINT32_MAX, {}});
  }
  ColumnFinder finder(*parts_[0].stored.shape.columns->ids);
  for (Part& part : parts_) {
    const ChunkShape& one = part.stored.shape;
    const bool same = one.columns->hash == parts_[0].stored.shape.columns->hash;
    ChunkLayout places;
    if (!same) places = finder.LayoutOf(*one.columns->ids);
    for (const ChunkLayout::Run& run : places.runs) {
      for (uint32_t i = 0; i < run.count; ++i) part.columns.push_back(run.first + i);
    }
    std::vector<uint32_t> layout_of;
    for (const ChunkLayout& layout : one.layouts) {
      ChunkLayout moved = layout;
      if (!same) {
        moved.runs.clear();
        for (const ChunkLayout::Run& run : layout.runs) {
          for (uint32_t i = 0; i < run.count; ++i) moved.Add(part.columns[run.first + i]);
        }
      }
      const auto known = std::find(shape.layouts.begin(), shape.layouts.end(), moved);
      layout_of.push_back(static_cast<uint32_t>(known - shape.layouts.begin()));
      if (known == shape.layouts.end()) shape.layouts.push_back(std::move(moved));
    }
    for (size_t row = 0; row < one.rows(); ++row)
      row_layouts.push_back(layout_of[one.LayoutOf(row)]);
  }
  if (shape.layouts.size() > 1) shape.row_layouts = std::move(row_layouts);
  shape.columns = std::make_shared<const ColumnSet>(
      std::make_shared<const std::vector<SeriesId>>(finder.Take()));
  // From the place of a chunk's column to the place of it among all, and back.
  for (Part& part : parts_) {
    if (part.columns.empty()) continue;
    std::vector<uint32_t> back(shape.columns->ids->size(), UINT32_MAX);
    for (uint32_t i = 0; i < part.columns.size(); ++i) back[part.columns[i]] = i;
    part.columns = std::move(back);
  }
  shape.NoteTimes();
  return OkStatus();
}

Status SourceMerger::ReadColumn(uint32_t column, std::vector<double>* values) {
  values->clear();
  const SeriesId id = (*merged_.shape.columns->ids)[column];
  for (size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    const ChunkShape& shape = part.stored.shape;
    const auto width = static_cast<uint32_t>(shape.columns->ids->size());
    const uint32_t own = part.columns.empty() ? column : part.columns[column];
    if (own >= width) continue;
    const size_t count = shape.ValuesOf(own);
    if (count == 0) continue;
    const uint32_t group = own / kGroupColumns;
    if (group != part.group) {
      KZ_ASSIGN_OR_RETURN(part.group_bytes,
                          inputs_[i].block->ReadGroup(*inputs_[i].entry, part.stored, group));
      part.group = group;
    }
    const uint32_t begin = group * kGroupColumns;
    std::string_view bytes;
    const size_t at = values->size();
    values->resize(at + count);
    if (!FindInGroup(part.group_bytes, std::min(kGroupColumns, width - begin), own - begin,
                     &bytes) ||
        !DecodeValues(bytes, count, 0, count, values->data() + at)) {
      return DataLoss("{}: the values of a series cannot be decoded", inputs_[i].block->path());
    }
    if (!deleted_.empty()) Hide(part, own, id, std::span(*values).subspan(at));
  }
  return OkStatus();
}

void SourceMerger::Hide(const Part& part, uint32_t column, SeriesId id,
                        std::span<double> values) const {
  const auto* stretches = deleted_.Find(id);
  if (stretches == nullptr) return;
  const ChunkShape& shape = part.stored.shape;
  size_t next = 0;
  for (size_t row = 0; row < shape.rows(); ++row) {
    if (!shape.layouts[shape.LayoutOf(row)].Has(column)) continue;
    if (Tombstones::Hides(*stretches, shape.times_ms[row])) values[next] = StaleNan();
    ++next;
  }
}

Status MergeLoose(std::span<const SeriesBlockPtr> blocks, const Tombstones& deleted,
                  SeriesBlockWriter* writer) {
  std::map<SeriesId, LooseColumn> columns;
  std::vector<LooseBatch> batches;
  SampleColumns samples;
  for (const SeriesBlockPtr& block : blocks) {
    KZ_ASSIGN_OR_RETURN(const auto contents, block->Load());
    for (const LooseEntry& entry : contents->loose) {
      samples.Clear();
      KZ_RETURN_IF_ERROR(block->ReadLoose(entry, &samples));
      const auto* stretches = deleted.Find(entry.id);
      for (size_t i = 0; stretches != nullptr && i < samples.size(); ++i) {
        if (Tombstones::Hides(*stretches, samples.times_ms[i])) samples.values[i] = StaleNan();
      }
      LooseColumn& column = columns[entry.id];
      column.id = entry.id;
      column.times_ms.insert(column.times_ms.end(), samples.times_ms.begin(),
                             samples.times_ms.end());
      column.values.insert(column.values.end(), samples.values.begin(), samples.values.end());
    }
    KZ_ASSIGN_OR_RETURN(std::vector<LooseBatch> more, block->ReadLooseJournal());
    std::move(more.begin(), more.end(), std::back_inserter(batches));
  }
  if (batches.empty()) return OkStatus();
  std::vector<LooseColumn> in_order;
  for (auto& [id, column] : columns) in_order.push_back(std::move(column));
  return writer->AddLoose(in_order, batches);
}

// Whether one of the samples that `read` gives of a series is hidden and no marker.
StatusOr<bool> HasHidden(const std::vector<Tombstones::Stretch>& stretches,
                         const std::function<Status(int64_t, int64_t, SampleColumns*)>& read) {
  SampleColumns samples;
  for (const Tombstones::Stretch& one : stretches) {
    samples.Clear();
    KZ_RETURN_IF_ERROR(read(one.from_ms, one.to_ms, &samples));
    for (size_t i = 0; i < samples.size(); ++i) {
      const int64_t time = samples.times_ms[i];
      if (time >= one.from_ms && time <= one.to_ms && !IsStaleNan(samples.values[i])) return true;
    }
  }
  return false;
}

}  // namespace

StatusOr<bool> HasDeleted(const SeriesBlockPtr& block, const Tombstones& deleted) {
  if (!deleted.HidesWithin(block->min_ms(), block->max_ms())) return false;
  KZ_ASSIGN_OR_RETURN(const auto contents, block->Load());
  for (const LooseEntry& entry : contents->loose) {
    const auto* stretches = deleted.Find(entry.id);
    if (stretches == nullptr) continue;
    const auto found = HasHidden(*stretches, [&](int64_t, int64_t, SampleColumns* samples) {
      return block->ReadLoose(entry, samples);
    });
    if (!found.ok() || *found) return found;
  }
  for (size_t i = 0; i < contents->directory.chunks.size(); ++i) {
    ShapeCache shapes;
    StretchCache groups;
    BlockPart part(block, contents, i, &shapes, &groups);
    if (!deleted.HidesWithin(part.min_ms(), part.max_ms())) continue;
    KZ_ASSIGN_OR_RETURN(const ColumnSetPtr columns, part.Columns());
    for (uint32_t place = 0; place < columns->ids->size(); ++place) {
      const auto* stretches = deleted.Find((*columns->ids)[place]);
      if (stretches == nullptr) continue;
      const auto found =
          HasHidden(*stretches, [&](int64_t from_ms, int64_t to_ms, SampleColumns* samples) {
            return part.Read(place, from_ms, to_ms, samples);
          });
      if (!found.ok() || *found) return found;
    }
  }
  return false;
}

Status WriteHeadBlock(const HeadView& sealed, uint64_t first_seq, const std::string& path) {
  KZ_ASSIGN_OR_RETURN(const auto writer, SeriesBlockWriter::Create(path));
  SeriesBlockWriter::Range range{0, first_seq, sealed.last_seq, INT64_MAX, INT64_MIN};
  ValueEncoder encoder;
  std::vector<HeadSourcePtr> sources = sealed.sources;
  std::sort(sources.begin(), sources.end(),
            [](const HeadSourcePtr& a, const HeadSourcePtr& b) { return *a->name < *b->name; });
  for (const HeadSourcePtr& source : sources) {
    for (const HeadSegmentPtr& segment : source->segments) {
      ScrapeChunk made;
      const ScrapeChunk* chunk = segment->chunk.get();
      if (chunk == nullptr) {
        made = MakeChunk(segment->rows, &encoder);
        chunk = &made;
      }
      NoteEntry(chunk->journal.times_ms.front(), &range);
      NoteEntry(chunk->journal.times_ms.back(), &range);
      KZ_RETURN_IF_ERROR(writer->AddChunk(*source->name, *chunk));
    }
  }
  KZ_RETURN_IF_ERROR(WriteLoose(sealed, writer.get(), &range));
  return writer->Finish(range);
}

Status WriteMergedBlock(std::span<const SeriesBlockPtr> blocks, const Tombstones& deleted,
                        const std::string& path, uint8_t level) {
  KZ_CHECK(!blocks.empty());
  KZ_ASSIGN_OR_RETURN(const auto writer, SeriesBlockWriter::Create(path));
  SeriesBlockWriter::Range range{level, blocks.front()->footer().first_seq,
                                 blocks.back()->footer().last_seq, INT64_MAX, INT64_MIN};
  std::map<std::string, std::vector<SourceMerger::Input>> sources;
  std::vector<std::shared_ptr<const SeriesBlock::Contents>> contents;
  for (const SeriesBlockPtr& block : blocks) {
    range.first_entry_ms = std::min(range.first_entry_ms, block->footer().first_entry_ms);
    range.last_entry_ms = std::max(range.last_entry_ms, block->footer().last_entry_ms);
    KZ_ASSIGN_OR_RETURN(contents.emplace_back(), block->Load());
    const ChunkDirectory& directory = contents.back()->directory;
    for (const ChunkEntry& chunk : directory.chunks) {
      sources[directory.sources[chunk.source]].push_back({block, &chunk});
    }
  }
  for (const auto& [name, inputs] : sources) {
    // A column has a limit; so many scrapes of one source in one block are more than one a second.
    size_t begin = 0;
    while (begin < inputs.size()) {
      size_t rows = 0;
      size_t end = begin;
      while (end < inputs.size() &&
             (end == begin || rows + inputs[end].entry->rows <= kColumnValuesMax)) {
        rows += inputs[end++].entry->rows;
      }
      const std::vector<SourceMerger::Input> some(inputs.begin() + static_cast<ptrdiff_t>(begin),
                                                  inputs.begin() + static_cast<ptrdiff_t>(end));
      KZ_ASSIGN_OR_RETURN(const ScrapeChunk chunk, SourceMerger(some, deleted).Merge());
      KZ_RETURN_IF_ERROR(writer->AddChunk(name, chunk));
      begin = end;
    }
  }
  KZ_RETURN_IF_ERROR(MergeLoose(blocks, deleted, writer.get()));
  return writer->Finish(range);
}

}  // namespace kizashi
