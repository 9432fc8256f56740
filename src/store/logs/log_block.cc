#include "store/logs/log_block.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "store/logs/block_pack.h"
#include "store/logs/sequence_codec.h"

namespace kizashi {
namespace {

Status Damaged(std::string_view what) { return DataLoss("log block: {} damaged", what); }

class BytesSource final : public BlockSource {
 public:
  explicit BytesSource(std::string bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override {
    return bytes_.substr(offset, bytes);
  }

 private:
  std::string bytes_;
};

int64_t Wrapped(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

StatusOr<std::unique_ptr<LogBlock>> LogBlock::OpenBytes(std::string bytes) {
  return Open(std::make_unique<BytesSource>(std::move(bytes)));
}

StatusOr<std::unique_ptr<LogBlock>> LogBlock::Open(std::unique_ptr<BlockSource> source) {
  const uint64_t size = source->size();
  if (size < kBlockMagic.size() + kTrailerBytes) return Damaged("a file this short is");
  KZ_ASSIGN_OR_RETURN(const std::string magic, source->Read(0, kBlockMagic.size()));
  if (magic != kBlockMagic) return DataLoss("log block: this is not a block of a known version");
  KZ_ASSIGN_OR_RETURN(const std::string trailer, source->Read(size - kTrailerBytes, kTrailerBytes));
  KZ_ASSIGN_OR_RETURN(const uint32_t footer_size, FooterSize(trailer));
  if (footer_size > size - kTrailerBytes - kBlockMagic.size()) return Damaged("the footer is");
  KZ_ASSIGN_OR_RETURN(const std::string bytes,
                      source->Read(size - kTrailerBytes - footer_size, footer_size));
  KZ_ASSIGN_OR_RETURN(BlockFooter footer, DecodeFooter(bytes, trailer, size));
  return std::unique_ptr<LogBlock>(new LogBlock(std::move(source), std::move(footer)));
}

StatusOr<std::string_view> LogBlock::GetPack(uint32_t pack) {
  std::optional<UnpackedBytes>& kept = packs_[pack];
  if (!kept) {
    const PackEntry& entry = footer_.packs[pack];
    KZ_ASSIGN_OR_RETURN(const std::string stored, source_->Read(entry.offset, entry.stored));
    KZ_ASSIGN_OR_RETURN(kept, Unpack(entry, pack, stored));
  }
  return kept->view();
}

StatusOr<std::vector<PatternCount>> LogBlock::Counts() {
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, GetPack(kCountsPack));
  return DecodeCounts(bytes, footer_.patterns);
}

Status LogBlock::Load() {
  if (schema_ != nullptr) return OkStatus();
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, GetPack(kSchemaPack));
  KZ_ASSIGN_OR_RETURN(BlockSchema schema, DecodeSchema(bytes, footer_));
  KZ_RETURN_IF_ERROR(LoadValues());
  skeletons_.resize(schema.skeletons.size());
  for (size_t i = 0; i < skeletons_.size(); ++i) {
    skeletons_[i].columns.resize(schema.skeletons[i].columns.size());
  }
  schema_ = std::make_unique<const BlockSchema>(std::move(schema));
  return OkStatus();
}

Status LogBlock::LoadValues() {
  KZ_ASSIGN_OR_RETURN(const std::string_view sizes, GetPack(kValueSizesPack));
  KZ_ASSIGN_OR_RETURN(values_, GetPack(kValuesPack));
  if (footer_.values > sizes.size()) return Damaged("the values are");
  ByteReader in(sizes);
  value_ends_.clear();
  value_ends_.reserve(footer_.values);
  uint64_t end = 0;
  for (uint32_t i = 0; i < footer_.values; ++i) {
    const uint64_t size = in.Varint();
    if (size > values_.size() - end) return Damaged("the values are");
    end += size;
    value_ends_.push_back(static_cast<uint32_t>(end));
  }
  if (!in.ok() || !in.AtEnd() || end != values_.size()) return Damaged("the values are");
  return OkStatus();
}

Status LogBlock::LoadOrder() {
  if (!order_.empty()) return OkStatus();
  KZ_RETURN_IF_ERROR(Load());
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, GetPack(kOrderPack));
  const auto count = static_cast<uint32_t>(schema_->skeletons.size());
  KZ_ASSIGN_OR_RETURN(std::vector<uint32_t> order, DecodeOrder(bytes, footer_.lines, count));
  std::vector<uint32_t> rows(order.size());
  std::vector<std::vector<uint32_t>> lines_of(count);
  for (uint32_t i = 0; i < count; ++i) lines_of[i].reserve(schema_->skeletons[i].lines);
  for (uint32_t line = 0; line < order.size(); ++line) {
    std::vector<uint32_t>& lines = lines_of[order[line]];
    rows[line] = static_cast<uint32_t>(lines.size());
    if (rows[line] == schema_->skeletons[order[line]].lines) return Damaged("the order is");
    lines.push_back(line);
  }
  order_ = std::move(order);
  rows_ = std::move(rows);
  lines_of_ = std::move(lines_of);
  return OkStatus();
}

Status LogBlock::LoadTimes() {
  if (!times_ms_.empty()) return OkStatus();
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, GetPack(kTimesPack));
  ByteReader in(bytes);
  std::vector<int64_t> times;
  if (bytes.size() < footer_.lines) return Damaged("the times are");
  times.reserve(footer_.lines);
  int64_t time = ToMs(footer_.first_time);
  for (uint32_t i = 0; i < footer_.lines; ++i) {
    time = Wrapped(time, in.SignedVarint());
    times.push_back(time);
  }
  if (!in.ok() || !in.AtEnd()) return Damaged("the times are");
  times_ms_ = std::move(times);
  return OkStatus();
}

Status LogBlock::LoadLines() {
  KZ_RETURN_IF_ERROR(LoadOrder());
  return LoadTimes();
}

StatusOr<std::string_view> LogBlock::RowsOf(const ColumnEntry& entry) {
  KZ_ASSIGN_OR_RETURN(const std::string_view pack, GetPack(entry.pack));
  return pack.substr(entry.offset, entry.size);
}

Status LogBlock::ReadIndexes(const ColumnEntry& entry, uint32_t lines, size_t limit,
                             std::vector<uint32_t>* indexes) {
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, RowsOf(entry));
  indexes->assign(lines, 0);
  for (uint32_t plane = 0; plane < entry.IndexBytes(); ++plane) {
    const char* from = bytes.data() + size_t{plane} * lines;
    for (uint32_t row = 0; row < lines; ++row) {
      (*indexes)[row] |= uint32_t{static_cast<uint8_t>(from[row])} << (8 * plane);
    }
  }
  if (*std::max_element(indexes->begin(), indexes->end()) >= limit) return Damaged("a column is");
  return OkStatus();
}

Status LogBlock::ReadNumbers(uint32_t skeleton, Column* column) {
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, RowsOf(*column->entry));
  const uint32_t lines = schema_->skeletons[skeleton].lines;
  if (bytes.size() < lines) return Damaged("a column is");
  ByteReader in(bytes);
  column->numbers.reserve(lines);
  int64_t number = column->entry->base;
  for (uint32_t row = 0; row < lines; ++row) {
    number = Wrapped(column->entry->delta ? number : column->entry->base, in.SignedVarint());
    column->numbers.push_back(number);
  }
  if (!in.ok() || !in.AtEnd()) return Damaged("a column is");
  if (column->entry->kind != ColumnKind::kTime) return OkStatus();
  KZ_RETURN_IF_ERROR(LoadLines());
  const TimeLayout& layout = TimeLayoutAt(column->entry->value);
  if (lines_of_[skeleton].size() != lines) return Damaged("the order is");
  for (uint32_t row = 0; row < lines; ++row) {
    int64_t& units = column->numbers[row];
    units = Wrapped(units, UnitsOfMs(layout, times_ms_[lines_of_[skeleton][row]]));
  }
  return OkStatus();
}

Status LogBlock::ReadText(uint32_t lines, Column* column) {
  const ColumnEntry& entry = *column->entry;
  KZ_ASSIGN_OR_RETURN(const std::string_view text, GetPack(kTextPack));
  KZ_ASSIGN_OR_RETURN(const std::string_view bytes, RowsOf(entry));
  if (bytes.size() < lines) return Damaged("a column is");
  column->text = text.substr(entry.text_offset, entry.text_size);
  ByteReader in(bytes);
  uint64_t end = 0;
  for (uint32_t row = 0; row < lines; ++row) {
    const uint64_t size = in.Varint();
    if (size > entry.text_size - end || size < entry.text_min) return Damaged("a column is");
    end += size;
    column->ends.push_back(static_cast<uint32_t>(end));
  }
  if (!in.ok() || !in.AtEnd() || end != entry.text_size) return Damaged("a column is");
  return OkStatus();
}

Status LogBlock::ReadMapped(uint32_t skeleton, Column* column) {
  KZ_ASSIGN_OR_RETURN(const Column* parent, GetColumn(skeleton, column->entry->value));
  column->indexes.reserve(parent->indexes.size());
  for (const uint32_t index : parent->indexes) {
    column->indexes.push_back(column->entry->map[index]);
  }
  return OkStatus();
}

Status LogBlock::LoadIds() {
  if (ids_loaded_) return OkStatus();
  KZ_RETURN_IF_ERROR(LoadOrder());
  KZ_ASSIGN_OR_RETURN(std::string_view bytes, GetPack(kTracksPack));
  KZ_ASSIGN_OR_RETURN(const std::string_view tables, GetPack(kIdsPack));
  std::vector<uint32_t> form_by_track;
  std::vector<std::string_view> codes;
  for (const IdTrack& track : schema_->tracks) {
    if (track.codes > bytes.size()) return Damaged("the ids are");
    form_by_track.push_back(track.form);
    codes.push_back(bytes.substr(0, track.codes));
    bytes.remove_prefix(track.codes);
  }
  std::vector<const char*> table_begins;
  size_t begin = 0;
  for (const IdTable& table : schema_->forms) {
    table_begins.push_back(tables.data() + begin);
    begin += size_t{table.ids} * table.form.bytes;
  }
  struct IdColumn {
    Column* column;
    uint32_t track;
  };
  std::vector<std::vector<IdColumn>> columns(schema_->skeletons.size());
  std::vector<const uint32_t*> streams(schema_->skeletons.size());
  for (uint32_t s = 0; s < columns.size(); ++s) {
    const SkeletonEntry& skeleton = schema_->skeletons[s];
    for (size_t i = 0; i < skeleton.columns.size(); ++i) {
      if (skeleton.columns[i].kind != ColumnKind::kId) continue;
      auto column = std::make_unique<Column>();
      column->entry = &skeleton.columns[i];
      column->table = &schema_->forms[form_by_track[column->entry->value]];
      column->ids = table_begins[form_by_track[column->entry->value]];
      column->indexes.reserve(skeleton.lines);
      columns[s].push_back({column.get(), column->entry->value});
      skeletons_[s].columns[i] = std::move(column);
    }
    if (columns[s].empty()) continue;
    KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* of, StreamsOf(s));
    streams[s] = of->data();
  }
  IdDecoder decoder(form_by_track, footer_.streams.size(), std::move(codes), bytes);
  for (size_t line = 0; line < order_.size(); ++line) {
    const uint32_t s = order_[line];
    for (const IdColumn& column : columns[s]) {
      uint32_t id = 0;
      if (!decoder.Next(column.track, streams[s][rows_[line]], &id) ||
          id >= column.column->table->ids) {
        return Damaged("the ids are");
      }
      column.column->indexes.push_back(id);
    }
  }
  if (!decoder.AtEnd()) return Damaged("the ids are");
  ids_loaded_ = true;
  return OkStatus();
}

StatusOr<const Column*> LogBlock::GetColumn(uint32_t skeleton, size_t at) {
  const SkeletonEntry& entry = schema_->skeletons[skeleton];
  if (entry.columns[at].kind == ColumnKind::kCopy) at = entry.columns[at].value;
  std::unique_ptr<Column>& kept = skeletons_[skeleton].columns[at];
  if (entry.columns[at].kind == ColumnKind::kId) {
    KZ_RETURN_IF_ERROR(LoadIds());
    return kept.get();
  }
  if (kept != nullptr) return kept.get();
  auto column = std::make_unique<Column>();
  column->entry = &entry.columns[at];
  switch (column->entry->kind) {
    case ColumnKind::kConst: break;
    case ColumnKind::kDictionary:
      KZ_RETURN_IF_ERROR(
          ReadIndexes(*column->entry, entry.lines, column->entry->values.size(), &column->indexes));
      break;
    case ColumnKind::kMapped: KZ_RETURN_IF_ERROR(ReadMapped(skeleton, column.get())); break;
    case ColumnKind::kNumber:
    case ColumnKind::kTime: KZ_RETURN_IF_ERROR(ReadNumbers(skeleton, column.get())); break;
    case ColumnKind::kText: KZ_RETURN_IF_ERROR(ReadText(entry.lines, column.get())); break;
    case ColumnKind::kCopy:
    case ColumnKind::kId: return Damaged("a column is");
  }
  kept = std::move(column);
  return kept.get();
}

StatusOr<const std::vector<uint32_t>*> LogBlock::SmallColumn(
    const ColumnEntry& entry, uint32_t lines, std::optional<std::vector<uint32_t>>* kept) {
  if (!*kept) {
    std::vector<uint32_t> numbers;
    if (entry.kind == ColumnKind::kConst) {
      numbers.assign(lines, entry.value);
    } else {
      KZ_RETURN_IF_ERROR(ReadIndexes(entry, lines, entry.values.size(), &numbers));
      for (uint32_t& number : numbers) number = entry.values[number];
    }
    *kept = std::move(numbers);
  }
  return &**kept;
}

StatusOr<const std::vector<uint32_t>*> LogBlock::StreamsOf(uint32_t skeleton) {
  const SkeletonEntry& entry = schema_->skeletons[skeleton];
  return SmallColumn(entry.streams, entry.lines, &skeletons_[skeleton].streams);
}

StatusOr<const std::vector<uint32_t>*> LogBlock::FlagsOf(uint32_t skeleton) {
  const SkeletonEntry& entry = schema_->skeletons[skeleton];
  return SmallColumn(entry.flags, entry.lines, &skeletons_[skeleton].flags);
}

void LogBlock::AppendValue(const Column& column, uint32_t row, std::string* out) const {
  const ColumnEntry& entry = *column.entry;
  switch (entry.kind) {
    case ColumnKind::kConst: out->append(Value(entry.value)); return;
    case ColumnKind::kDictionary:
    case ColumnKind::kMapped: out->append(Value(entry.values[column.indexes[row]])); return;
    case ColumnKind::kNumber: AppendNumber(column.numbers[row], out); return;
    case ColumnKind::kTime: AppendTime(TimeLayoutAt(entry.value), column.numbers[row], out); return;
    case ColumnKind::kId:
      AppendId(column.table->form,
               column.ids + size_t{column.indexes[row]} * column.table->form.bytes, out);
      return;
    case ColumnKind::kText: {
      const uint32_t begin = row == 0 ? 0 : column.ends[row - 1];
      out->append(column.text.substr(begin, column.ends[row] - begin));
      return;
    }
    case ColumnKind::kCopy: return;  // GetColumn gives what it is a copy of
  }
}

Status LogBlock::AppendText(uint32_t skeleton, uint32_t row, std::string* out) {
  const SkeletonEntry& entry = schema_->skeletons[skeleton];
  for (size_t i = 0; i <= entry.slots(); ++i) {
    out->append(entry.Piece(i));
    if (i == entry.slots()) break;
    KZ_ASSIGN_OR_RETURN(const Column* column, GetColumn(skeleton, i));
    AppendValue(*column, row, out);
  }
  return OkStatus();
}

StatusOr<LogRow> LogBlock::Read(uint32_t number) {
  KZ_RETURN_IF_ERROR(LoadLines());
  const uint32_t skeleton = order_[number];
  const uint32_t row = rows_[number];
  const SkeletonEntry& entry = schema_->skeletons[skeleton];
  LogRow read;
  read.number = number;
  read.pattern = footer_.patterns[entry.pattern];
  read.line.time = TimeFromMs(times_ms_[number]);
  KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* streams, StreamsOf(skeleton));
  read.stream = footer_.streams[(*streams)[row]].id;
  KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* flags, FlagsOf(skeleton));
  read.line.severity = static_cast<LogSeverity>((*flags)[row] & kSeverityMask);
  read.line.cut = ((*flags)[row] & kCutFlag) != 0;
  std::string metadata;
  std::string* const extra[kExtraColumns] = {&read.line.trace_id, &read.line.span_id, &metadata};
  for (size_t i = 0; i < kExtraColumns; ++i) {
    KZ_ASSIGN_OR_RETURN(const Column* column, GetColumn(skeleton, entry.slots() + i));
    AppendValue(*column, row, extra[i]);
  }
  KZ_ASSIGN_OR_RETURN(read.line.metadata, DecodeMetadata(metadata));
  KZ_RETURN_IF_ERROR(AppendText(skeleton, row, &read.line.text));
  return read;
}

}  // namespace kizashi
