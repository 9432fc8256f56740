#include "store/series/series_format.h"

#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr int kLevel = 3;

Status Damaged(std::string_view part) {
  return DataLoss("the {} of a series block is damaged", part);
}

// Differences wrap around: any two times have one.
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// What each differs from the one before differs from the difference before.
void PutTimes(const std::vector<int64_t>& times, ByteWriter* out) {
  int64_t before = 0;
  int64_t step = 0;
  for (const int64_t time : times) {
    const int64_t next = Minus(time, before);
    out->SignedVarint(Minus(next, step));
    step = next;
    before = time;
  }
}

std::vector<int64_t> GetTimes(uint64_t count, ByteReader* in) {
  std::vector<int64_t> times;
  if (count > in->remaining()) in->Fail();
  if (!in->ok()) return times;
  times.reserve(count);
  int64_t time = 0;
  int64_t step = 0;
  for (uint64_t i = 0; i < count; ++i) {
    step = Plus(step, in->SignedVarint());
    times.push_back(time = Plus(time, step));
  }
  return times;
}

void PutPack(const StoredPack& pack, ByteWriter* out) {
  out->Varint(pack.stored);
  out->Varint(pack.unpacked);
  out->U64(pack.hash);
}

StoredPack GetPack(ByteReader* in) {
  StoredPack pack;
  pack.stored = in->Varint();
  pack.unpacked = in->Varint();
  pack.hash = in->U64();
  if (pack.stored > pack.unpacked || pack.unpacked > kPackBytesMax) in->Fail();
  return pack;
}

uint32_t GetU32(ByteReader* in) {
  const uint64_t value = in->Varint();
  if (value > std::numeric_limits<uint32_t>::max()) in->Fail();
  return in->ok() ? static_cast<uint32_t>(value) : 0;
}

// A count of things that take a byte at least.
uint64_t GetCount(ByteReader* in) {
  const uint64_t count = in->Varint();
  if (count > in->remaining()) in->Fail();
  return in->ok() ? count : 0;
}

void PutIds(const std::vector<SeriesId>& ids, ByteWriter* out) {
  out->Varint(ids.size());
  int64_t next = 0;
  for (size_t i = 0; i < ids.size();) {
    size_t end = i + 1;
    while (end < ids.size() && ids[end] == ids[end - 1] + 1) ++end;
    out->SignedVarint(int64_t{ids[i]} - next);
    out->Varint(end - i);
    next = int64_t{ids[end - 1]} + 1;
    i = end;
  }
}

std::vector<SeriesId> GetIds(ByteReader* in) {
  std::vector<SeriesId> ids;
  const uint64_t count = in->Varint();
  // Behind the ids each group takes five bytes at least.
  if (count / kGroupColumns * 5 > in->remaining()) in->Fail();
  int64_t next = 0;
  while (in->ok() && ids.size() < count) {
    const int64_t first = Plus(next, in->SignedVarint());
    const uint64_t run = in->Varint();
    if (!in->ok() || first < 0 || run == 0 || run > count - ids.size() ||
        static_cast<uint64_t>(first) + run > uint64_t{1} << 32) {
      in->Fail();
      break;
    }
    for (uint64_t i = 0; i < run; ++i)
      ids.push_back(static_cast<SeriesId>(first + static_cast<int64_t>(i)));
    next = first + static_cast<int64_t>(run);
  }
  return ids;
}

}  // namespace

StoredPack AppendStoredPack(std::string_view bytes, std::string* out) {
  StoredPack pack;
  pack.unpacked = bytes.size();
  const size_t begin = out->size();
  out->resize(begin + ZSTD_compressBound(bytes.size()));
  const size_t size =
      ZSTD_compress(out->data() + begin, out->size() - begin, bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0 || size >= bytes.size()) {
    out->resize(begin);
    out->append(bytes);
  } else {
    out->resize(begin + size);
  }
  pack.stored = out->size() - begin;
  pack.hash = Hash64(std::string_view(*out).substr(begin));
  return pack;
}

StatusOr<std::string> ReadStoredPack(const StoredPack& pack, std::string_view stored) {
  if (stored.size() != pack.stored || Hash64(stored) != pack.hash) {
    return DataLoss("a part of a series block has a wrong checksum");
  }
  if (pack.stored == pack.unpacked) return std::string(stored);
  std::string bytes(pack.unpacked, '\0');
  // A context is 160 KB, and queries read many small packs: one for each thread.
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  KZ_CHECK(context != nullptr);
  const size_t size =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0 || size != bytes.size()) return Damaged("compression");
  return bytes;
}

const BlockSection* SeriesBlockFooter::Find(SectionKind kind) const {
  for (const BlockSection& section : sections) {
    if (section.kind == kind) return &section;
  }
  return nullptr;
}

std::string SeriesBlockFooter::Encode() const {
  ByteWriter out;
  out.U8(level);
  out.Varint(first_seq);
  out.Varint(last_seq - first_seq);
  for (const int64_t time : {first_entry_ms, last_entry_ms, min_ms, max_ms}) out.SignedVarint(time);
  out.Varint(samples);
  for (const StoredPack* pack : {&directory, &loose_index, &loose_journal}) PutPack(*pack, &out);
  out.Varint(sections.size());
  for (const BlockSection& section : sections) {
    out.U8(static_cast<uint8_t>(section.kind));
    out.Varint(section.offset);
    out.Varint(section.size);
  }
  return out.Take();
}

StatusOr<SeriesBlockFooter> SeriesBlockFooter::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  SeriesBlockFooter footer;
  footer.level = in.U8();
  footer.first_seq = in.Varint();
  const uint64_t more = in.Varint();
  footer.last_seq = footer.first_seq + more;
  for (int64_t* time :
       {&footer.first_entry_ms, &footer.last_entry_ms, &footer.min_ms, &footer.max_ms}) {
    *time = in.SignedVarint();
  }
  footer.samples = in.Varint();
  for (StoredPack* pack : {&footer.directory, &footer.loose_index, &footer.loose_journal}) {
    *pack = GetPack(&in);
  }
  for (uint64_t left = GetCount(&in); left > 0 && in.ok(); --left) {
    BlockSection section;
    section.kind = static_cast<SectionKind>(in.U8());
    section.offset = in.Varint();
    section.size = in.Varint();
    footer.sections.push_back(section);
  }
  if (!in.ok() || !in.AtEnd() || footer.last_seq < footer.first_seq) return Damaged("footer");
  return footer;
}

std::string ChunkDirectory::Encode() const {
  ByteWriter out;
  out.Varint(sources.size());
  for (const std::string& source : sources) out.String(source);
  out.Varint(chunks.size());
  uint32_t source = 0;
  int64_t before = 0;
  for (const ChunkEntry& chunk : chunks) {
    out.Varint(chunk.source - source);
    out.Varint(chunk.rows);
    out.SignedVarint(Minus(chunk.min_ms, before));
    out.SignedVarint(Minus(chunk.max_ms, chunk.min_ms));
    out.U64(chunk.set_hash);
    PutPack(chunk.shape, &out);
    PutPack(chunk.journal, &out);
    out.Varint(chunk.values_size);
    source = chunk.source;
    before = chunk.min_ms;
  }
  return out.Take();
}

StatusOr<ChunkDirectory> ChunkDirectory::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  ChunkDirectory directory;
  for (uint64_t left = GetCount(&in); left > 0 && in.ok(); --left) {
    directory.sources.emplace_back(in.String());
  }
  uint64_t source = 0;
  int64_t before = 0;
  ChunkEntry next;  // its offsets are those of the next one
  for (uint64_t left = GetCount(&in); left > 0 && in.ok(); --left) {
    ChunkEntry chunk = next;
    source += in.Varint();
    if (source >= directory.sources.size()) in.Fail();
    chunk.source = static_cast<uint32_t>(source);
    chunk.rows = GetU32(&in);
    if (chunk.rows == 0 || chunk.rows > kColumnValuesMax) in.Fail();
    chunk.min_ms = Plus(before, in.SignedVarint());
    chunk.max_ms = Plus(chunk.min_ms, in.SignedVarint());
    chunk.set_hash = in.U64();
    chunk.shape = GetPack(&in);
    chunk.journal = GetPack(&in);
    chunk.values_size = in.Varint();
    if (chunk.values_size > std::numeric_limits<uint32_t>::max()) in.Fail();
    before = chunk.min_ms;
    next.shape_offset = chunk.shape_offset + chunk.shape.stored;
    next.journal_offset = chunk.journal_offset + chunk.journal.stored;
    next.values_offset = chunk.values_offset + chunk.values_size;
    directory.chunks.push_back(chunk);
  }
  if (!in.ok() || !in.AtEnd()) return Damaged("directory");
  return directory;
}

std::string EncodeShape(const ScrapeChunk& chunk) {
  const ChunkShape& shape = chunk.shape;
  ByteWriter out;
  PutTimes(shape.times_ms, &out);
  out.Varint(shape.layouts.size());
  for (const ChunkLayout& layout : shape.layouts) {
    out.Varint(layout.runs.size());
    int64_t next = 0;
    for (const ChunkLayout::Run& run : layout.runs) {
      out.SignedVarint(int64_t{run.first} - next);
      out.Varint(run.count);
      next = int64_t{run.first} + run.count;
    }
  }
  // Which scrapes have which layout, as runs; nothing when there is one layout.
  for (size_t row = 0; row < shape.row_layouts.size();) {
    size_t end = row + 1;
    while (end < shape.row_layouts.size() && shape.row_layouts[end] == shape.row_layouts[row])
      ++end;
    out.Varint(end - row);
    out.Varint(shape.row_layouts[row]);
    row = end;
  }
  PutIds(*shape.columns->ids, &out);
  uint32_t begin = 0;
  for (const uint32_t end : chunk.group_ends) {
    out.Varint(end - begin);
    begin = end;
  }
  for (uint32_t group = 0; group < chunk.group_ends.size(); ++group) {
    out.U32(static_cast<uint32_t>(Hash64(chunk.Group(group))));
  }
  return out.Take();
}

namespace {

bool GetLayouts(ByteReader* in, uint32_t rows, ChunkShape* shape) {
  const uint64_t layouts = GetCount(in);
  for (uint64_t i = 0; i < layouts && in->ok(); ++i) {
    ChunkLayout layout;
    int64_t next = 0;
    for (uint64_t left = GetCount(in); left > 0 && in->ok(); --left) {
      const int64_t first = Plus(next, in->SignedVarint());
      const uint32_t count = GetU32(in);
      next = Plus(first, count);
      if (first < 0 || count == 0 || next > std::numeric_limits<uint32_t>::max()) return false;
      layout.runs.push_back({static_cast<uint32_t>(first), count});
    }
    shape->layouts.push_back(std::move(layout));
  }
  if (!in->ok() || layouts == 0) return false;
  if (layouts == 1) return true;
  while (in->ok() && shape->row_layouts.size() < rows) {
    const uint64_t run = in->Varint();
    const uint32_t layout = GetU32(in);
    if (run == 0 || run > rows - shape->row_layouts.size() || layout >= layouts) return false;
    shape->row_layouts.insert(shape->row_layouts.end(), run, layout);
  }
  return in->ok();
}

}  // namespace

StatusOr<StoredShape> DecodeShape(std::string_view bytes, uint32_t rows) {
  ByteReader in(bytes);
  StoredShape stored;
  ChunkShape& shape = stored.shape;
  shape.times_ms = GetTimes(rows, &in);
  if (!in.ok() || !GetLayouts(&in, rows, &shape)) return Damaged("shape");
  auto ids = std::make_shared<const std::vector<SeriesId>>(GetIds(&in));
  for (const ChunkLayout& layout : shape.layouts) {
    for (const ChunkLayout::Run& run : layout.runs) {
      if (run.first + run.count > ids->size()) in.Fail();
    }
  }
  const size_t groups = (ids->size() + kGroupColumns - 1) / kGroupColumns;
  if (groups > in.remaining()) in.Fail();
  uint64_t end = 0;
  for (size_t i = 0; i < groups && in.ok(); ++i) {
    end += in.Varint();
    if (end > std::numeric_limits<uint32_t>::max()) in.Fail();
    stored.group_ends.push_back(static_cast<uint32_t>(end));
  }
  for (size_t i = 0; i < groups && in.ok(); ++i) stored.group_hashes.push_back(in.U32());
  if (!in.ok() || !in.AtEnd()) return Damaged("shape");
  shape.columns = std::make_shared<const ColumnSet>(std::move(ids));
  shape.NoteTimes();
  return stored;
}

std::string EncodeJournal(const ChunkJournal& journal) {
  ByteWriter out;
  std::vector<int64_t> seqs(journal.seqs.begin(), journal.seqs.end());
  PutTimes(seqs, &out);
  PutTimes(journal.times_ms, &out);
  return out.Take();
}

StatusOr<ChunkJournal> DecodeJournal(std::string_view bytes, uint32_t rows) {
  ByteReader in(bytes);
  ChunkJournal journal;
  const std::vector<int64_t> seqs = GetTimes(rows, &in);
  journal.seqs.assign(seqs.begin(), seqs.end());
  journal.times_ms = GetTimes(rows, &in);
  if (!in.ok() || !in.AtEnd() ||
      std::adjacent_find(journal.seqs.begin(), journal.seqs.end(), std::greater_equal<>()) !=
          journal.seqs.end()) {
    return Damaged("journal");
  }
  return journal;
}

void AppendLoose(const LooseColumn& column, ValueEncoder* encoder, std::string* out) {
  ByteWriter times;
  PutTimes(column.times_ms, &times);
  ByteWriter size;
  size.Varint(times.size());
  out->append(size.bytes());
  out->append(times.bytes());
  // A column of values has a limit: a longer one is several, each with its size in front.
  std::string piece;
  for (size_t at = 0; at < column.values.size(); at += kColumnValuesMax) {
    const size_t count = std::min(kColumnValuesMax, column.values.size() - at);
    piece.clear();
    encoder->Encode(std::span(column.values).subspan(at, count), &piece);
    size.Clear();
    size.Varint(piece.size());
    out->append(size.bytes());
    out->append(piece);
  }
}

bool DecodeLoose(std::string_view bytes, uint32_t samples, SampleColumns* out) {
  ByteReader in(bytes);
  ByteReader times(in.String());
  std::vector<int64_t> decoded = GetTimes(samples, &times);
  if (!in.ok() || !times.ok() || !times.AtEnd()) return false;
  const size_t begin = out->values.size();
  out->times_ms.insert(out->times_ms.end(), decoded.begin(), decoded.end());
  out->values.resize(begin + samples);
  for (size_t at = 0; at < samples; at += kColumnValuesMax) {
    const size_t count = std::min<size_t>(kColumnValuesMax, samples - at);
    if (!DecodeValues(in.String(), count, 0, count, out->values.data() + begin + at)) return false;
  }
  return in.ok() && in.AtEnd();
}

std::string EncodeLooseIndex(const std::vector<LooseEntry>& entries) {
  ByteWriter out;
  out.Varint(entries.size());
  SeriesId before = 0;
  for (const LooseEntry& entry : entries) {
    out.Varint(entry.id - before);
    out.Varint(entry.samples);
    out.Varint(entry.size);
    out.U32(entry.hash);
    before = entry.id;
  }
  return out.Take();
}

StatusOr<std::vector<LooseEntry>> DecodeLooseIndex(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<LooseEntry> entries;
  uint64_t id = 0;
  uint64_t offset = 0;
  for (uint64_t left = GetCount(&in); left > 0 && in.ok(); --left) {
    const uint64_t step = in.Varint();
    id += step;
    if (id > std::numeric_limits<SeriesId>::max() || (step == 0 && !entries.empty())) in.Fail();
    LooseEntry entry;
    entry.id = static_cast<SeriesId>(id);
    entry.samples = GetU32(&in);
    entry.size = in.Varint();
    entry.hash = in.U32();
    entry.offset = offset;
    // A sample takes a byte at least, for its time.
    if (entry.samples > entry.size || entry.size > kPackBytesMax) in.Fail();
    offset += entry.size;
    entries.push_back(entry);
  }
  if (!in.ok() || !in.AtEnd()) return Damaged("index of single samples");
  return entries;
}

std::string EncodeLooseJournal(const std::vector<LooseBatch>& batches) {
  ByteWriter out;
  out.Varint(batches.size());
  uint64_t seq = 0;
  int64_t time = 0;
  for (const LooseBatch& batch : batches) {
    out.Varint(batch.seq - seq);
    out.SignedVarint(Minus(batch.time_ms, time));
    out.Varint(batch.series.size());
    int64_t before = 0;
    for (const SeriesId id : batch.series) {
      out.SignedVarint(int64_t{id} - before);
      before = id;
    }
    seq = batch.seq;
    time = batch.time_ms;
  }
  return out.Take();
}

StatusOr<std::vector<LooseBatch>> DecodeLooseJournal(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<LooseBatch> batches;
  uint64_t seq = 0;
  int64_t time = 0;
  for (uint64_t left = GetCount(&in); left > 0 && in.ok(); --left) {
    LooseBatch batch;
    batch.seq = seq += in.Varint();
    batch.time_ms = time = Plus(time, in.SignedVarint());
    int64_t id = 0;
    for (uint64_t count = GetCount(&in); count > 0 && in.ok(); --count) {
      id = Plus(id, in.SignedVarint());
      if (id < 0 || id > std::numeric_limits<SeriesId>::max()) in.Fail();
      batch.series.push_back(static_cast<SeriesId>(id));
    }
    batches.push_back(std::move(batch));
  }
  if (!in.ok() || !in.AtEnd()) return Damaged("journal of single samples");
  return batches;
}

}  // namespace kizashi
