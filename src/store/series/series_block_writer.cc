#include "store/series/series_block_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "store/logs/durable_file.h"

namespace kizashi {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

Status Failed(const std::string& path, const char* step) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return ResourceExhausted("the disk is full: {} cannot be written", path);
  }
  return Internal("{} of {} failed: {}", step, path, std::strerror(error));
}

std::string Unfinished(const std::string& path) { return path + std::string(kUnfinishedSuffix); }

}  // namespace

StatusOr<std::unique_ptr<SeriesBlockWriter>> SeriesBlockWriter::Create(const std::string& path) {
  const std::string name = Unfinished(path);
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed(name, "opening");
  std::unique_ptr<SeriesBlockWriter> writer(new SeriesBlockWriter(path, file));
  writer->footer_.min_ms = INT64_MAX;
  writer->footer_.max_ms = INT64_MIN;
  KZ_RETURN_IF_ERROR(writer->Write(kSeriesBlockMagic));
  writer->footer_.sections.push_back({SectionKind::kValues, writer->written_, 0});
  return writer;
}

SeriesBlockWriter::~SeriesBlockWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(Unfinished(path_).c_str());
}

Status SeriesBlockWriter::Write(std::string_view bytes) {
  buffer_.append(bytes);
  written_ += bytes.size();
  return buffer_.size() < kBufferBytes ? OkStatus() : WriteBuffered();
}

Status SeriesBlockWriter::WriteBuffered() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t wrote = ::write(file_, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failed(Unfinished(path_), "writing");
    rest.remove_prefix(static_cast<size_t>(wrote));
  }
  buffer_.clear();
  return OkStatus();
}

void SeriesBlockWriter::NoteTimes(int64_t min_ms, int64_t max_ms) {
  footer_.min_ms = std::min(footer_.min_ms, min_ms);
  footer_.max_ms = std::max(footer_.max_ms, max_ms);
}

Status SeriesBlockWriter::AddChunk(const std::string& source, const ScrapeChunk& chunk) {
  KZ_CHECK(!loose_added_);
  if (directory_.sources.empty() || directory_.sources.back() != source) {
    directory_.sources.push_back(source);
  }
  const ChunkShape& shape = chunk.shape;
  ChunkEntry entry;
  entry.source = static_cast<uint32_t>(directory_.sources.size() - 1);
  entry.rows = static_cast<uint32_t>(shape.rows());
  entry.min_ms = shape.min_ms;
  entry.max_ms = shape.max_ms;
  entry.set_hash = shape.columns->hash;
  entry.shape = AppendStoredPack(EncodeShape(chunk), &shapes_);
  entry.journal = AppendStoredPack(EncodeJournal(chunk.journal), &journals_);
  entry.values_size = chunk.data.size();
  directory_.chunks.push_back(entry);
  NoteTimes(shape.min_ms, shape.max_ms);
  for (size_t row = 0; row < shape.rows(); ++row) {
    footer_.samples += shape.layouts[shape.LayoutOf(row)].size();
  }
  footer_.sections[0].size += chunk.data.size();
  return Write(chunk.data);
}

Status SeriesBlockWriter::AddSection(SectionKind kind, std::string_view bytes) {
  footer_.sections.push_back({kind, written_, bytes.size()});
  return Write(bytes);
}

Status SeriesBlockWriter::AddLoose(const std::vector<LooseColumn>& columns,
                                   const std::vector<LooseBatch>& batches) {
  KZ_CHECK(!loose_added_);
  loose_added_ = true;
  ValueEncoder encoder;
  std::vector<LooseEntry> index;
  std::string bytes;
  footer_.sections.push_back({SectionKind::kLooseValues, written_, 0});
  const size_t section = footer_.sections.size() - 1;
  for (const LooseColumn& column : columns) {
    bytes.clear();
    AppendLoose(column, &encoder, &bytes);
    LooseEntry entry;
    entry.id = column.id;
    entry.samples = static_cast<uint32_t>(column.times_ms.size());
    entry.size = bytes.size();
    entry.hash = static_cast<uint32_t>(Hash64(bytes));
    index.push_back(entry);
    footer_.samples += column.times_ms.size();
    footer_.sections[section].size += bytes.size();
    const auto [low, high] = std::minmax_element(column.times_ms.begin(), column.times_ms.end());
    NoteTimes(*low, *high);
    KZ_RETURN_IF_ERROR(Write(bytes));
  }
  std::string pack;
  footer_.loose_index = AppendStoredPack(EncodeLooseIndex(index), &pack);
  KZ_RETURN_IF_ERROR(AddSection(SectionKind::kLooseIndex, pack));
  pack.clear();
  footer_.loose_journal = AppendStoredPack(EncodeLooseJournal(batches), &pack);
  return AddSection(SectionKind::kLooseJournal, pack);
}

Status SeriesBlockWriter::Finish(const Range& range) {
  std::string pack;
  footer_.directory = AppendStoredPack(directory_.Encode(), &pack);
  KZ_RETURN_IF_ERROR(AddSection(SectionKind::kShapes, shapes_));
  KZ_RETURN_IF_ERROR(AddSection(SectionKind::kJournals, journals_));
  KZ_RETURN_IF_ERROR(AddSection(SectionKind::kDirectory, pack));
  footer_.level = range.level;
  footer_.first_seq = range.first_seq;
  footer_.last_seq = range.last_seq;
  footer_.first_entry_ms = range.first_entry_ms;
  footer_.last_entry_ms = range.last_entry_ms;
  const std::string footer = footer_.Encode();
  ByteWriter tail;
  tail.U32(static_cast<uint32_t>(footer.size()));
  tail.U64(Hash64(footer));
  KZ_RETURN_IF_ERROR(Write(footer));
  KZ_RETURN_IF_ERROR(Write(tail.bytes()));
  KZ_RETURN_IF_ERROR(Write(kSeriesBlockMagic));
  KZ_RETURN_IF_ERROR(WriteBuffered());
  if (::fsync(file_) != 0) return Failed(Unfinished(path_), "syncing");
  if (std::rename(Unfinished(path_).c_str(), path_.c_str()) != 0) return Failed(path_, "renaming");
  ::close(file_);
  file_ = -1;
  return SyncDirectoryOf(path_);
}

}  // namespace kizashi
