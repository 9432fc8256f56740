#include "store/series/series_block.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/hash.h"

namespace kizashi {

StatusOr<SeriesBlockPtr> SeriesBlock::Open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Internal("{} cannot be opened: {}", path, std::strerror(errno));
  const std::shared_ptr<SeriesBlock> block(new SeriesBlock(path, file));
  KZ_RETURN_IF_ERROR(block->ReadFooter());
  return SeriesBlockPtr(block);
}

SeriesBlock::~SeriesBlock() { ::close(file_); }

Status SeriesBlock::Named(const Status& status) const {
  return status.ok() ? status : Errorf(status.code(), "{}: {}", path_, Message(status));
}

Status SeriesBlock::ReadFooter() {
  struct stat info {};
  if (::fstat(file_, &info) != 0) {
    return Internal("{} cannot be read: {}", path_, std::strerror(errno));
  }
  file_bytes_ = static_cast<uint64_t>(info.st_size);
  if (file_bytes_ < kSeriesBlockMagic.size() + kSeriesBlockTail) {
    return DataLoss("{} is no series block: it is too short", path_);
  }
  KZ_ASSIGN_OR_RETURN(const std::string begin, ReadAt(0, kSeriesBlockMagic.size()));
  KZ_ASSIGN_OR_RETURN(const std::string tail,
                      ReadAt(file_bytes_ - kSeriesBlockTail, kSeriesBlockTail));
  const std::string_view tail_bytes = tail;
  if (tail_bytes.size() != kSeriesBlockTail) return DataLoss("{} is cut off", path_);
  ByteReader in(tail_bytes);
  const uint32_t size = in.U32();
  const uint64_t hash = in.U64();
  if (begin != kSeriesBlockMagic || in.Bytes(kSeriesBlockMagic.size()) != kSeriesBlockMagic) {
    return DataLoss("{} is no series block of version 1", path_);
  }
  if (size > kSeriesFooterMax || size > file_bytes_ - kSeriesBlockTail) {
    return DataLoss("{}: its footer has an impossible size", path_);
  }
  const uint64_t end = file_bytes_ - kSeriesBlockTail - size;
  KZ_ASSIGN_OR_RETURN(const std::string footer, ReadAt(end, size));
  if (Hash64(footer) != hash) return DataLoss("{}: its footer has a wrong checksum", path_);
  StatusOr<SeriesBlockFooter> decoded = SeriesBlockFooter::Decode(footer);
  if (!decoded.ok()) return Named(decoded.status());
  footer_ = *std::move(decoded);
  for (const BlockSection& section : footer_.sections) {
    if (section.offset > end || section.size > end - section.offset) {
      return DataLoss("{}: a section lies outside of the file", path_);
    }
  }
  return OkStatus();
}

StatusOr<std::string> SeriesBlock::ReadAt(uint64_t offset, uint64_t size) const {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(file_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Internal("{} cannot be read: {}", path_, std::strerror(errno));
    if (got == 0) return DataLoss("{} is cut off", path_);
    done += static_cast<size_t>(got);
  }
  return bytes;
}

StatusOr<std::string> SeriesBlock::ReadPart(SectionKind kind, uint64_t offset,
                                            uint64_t size) const {
  const BlockSection* const section = footer_.Find(kind);
  if (section == nullptr || offset > section->size || size > section->size - offset) {
    return DataLoss("{}: a part lies outside of its section", path_);
  }
  return ReadAt(section->offset + offset, size);
}

StatusOr<std::string> SeriesBlock::ReadPack(SectionKind kind, uint64_t offset,
                                            const StoredPack& pack) const {
  KZ_ASSIGN_OR_RETURN(const std::string stored, ReadPart(kind, offset, pack.stored));
  StatusOr<std::string> bytes = ReadStoredPack(pack, stored);
  if (!bytes.ok()) return Named(bytes.status());
  return bytes;
}

StatusOr<std::shared_ptr<const SeriesBlock::Contents>> SeriesBlock::Load() const {
  const std::lock_guard lock(mutex_);
  used_ = true;
  if (contents_) return contents_;
  auto contents = std::make_shared<Contents>();
  KZ_ASSIGN_OR_RETURN(const std::string directory,
                      ReadPack(SectionKind::kDirectory, 0, footer_.directory));
  StatusOr<ChunkDirectory> decoded = ChunkDirectory::Decode(directory);
  if (!decoded.ok()) return Named(decoded.status());
  contents->directory = *std::move(decoded);
  if (footer_.Find(SectionKind::kLooseIndex) != nullptr) {
    KZ_ASSIGN_OR_RETURN(const std::string index,
                        ReadPack(SectionKind::kLooseIndex, 0, footer_.loose_index));
    auto entries = DecodeLooseIndex(index);
    if (!entries.ok()) return Named(entries.status());
    contents->loose = *std::move(entries);
  }
  contents_ = std::move(contents);
  return contents_;
}

void SeriesBlock::DropUnused() const {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(used_, false)) contents_ = nullptr;
}

StatusOr<StoredShape> SeriesBlock::ReadShape(const ChunkEntry& chunk) const {
  KZ_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadPack(SectionKind::kShapes, chunk.shape_offset, chunk.shape));
  StatusOr<StoredShape> shape = DecodeShape(bytes, chunk.rows);
  if (!shape.ok()) return Named(shape.status());
  const auto& ends = shape->group_ends;
  if ((ends.empty() ? 0 : ends.back()) != chunk.values_size) {
    return DataLoss("{}: a chunk's groups do not fit its size", path_);
  }
  return shape;
}

StatusOr<ChunkJournal> SeriesBlock::ReadJournal(const ChunkEntry& chunk) const {
  KZ_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadPack(SectionKind::kJournals, chunk.journal_offset, chunk.journal));
  StatusOr<ChunkJournal> journal = DecodeJournal(bytes, chunk.rows);
  if (!journal.ok()) return Named(journal.status());
  return journal;
}

StatusOr<std::string> SeriesBlock::ReadGroups(const ChunkEntry& chunk, const StoredShape& shape,
                                              uint32_t first, uint32_t end) const {
  const uint32_t begin = first == 0 ? 0 : shape.group_ends[first - 1];
  KZ_ASSIGN_OR_RETURN(std::string bytes, ReadPart(SectionKind::kValues, chunk.values_offset + begin,
                                                  shape.group_ends[end - 1] - begin));
  const std::string_view all = bytes;
  uint32_t at = begin;
  for (uint32_t group = first; group < end; ++group) {
    const uint32_t next = shape.group_ends[group];
    if (static_cast<uint32_t>(Hash64(all.substr(at - begin, next - at))) !=
        shape.group_hashes[group]) {
      return DataLoss("{}: values have a wrong checksum", path_);
    }
    at = next;
  }
  return bytes;
}

Status SeriesBlock::ReadLoose(const LooseEntry& entry, SampleColumns* out) const {
  KZ_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadPart(SectionKind::kLooseValues, entry.offset, entry.size));
  if (static_cast<uint32_t>(Hash64(bytes)) != entry.hash ||
      !DecodeLoose(bytes, entry.samples, out)) {
    return DataLoss("{}: single samples have a wrong checksum", path_);
  }
  return OkStatus();
}

StatusOr<std::vector<LooseBatch>> SeriesBlock::ReadLooseJournal() const {
  if (footer_.Find(SectionKind::kLooseJournal) == nullptr) return std::vector<LooseBatch>();
  KZ_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadPack(SectionKind::kLooseJournal, 0, footer_.loose_journal));
  auto batches = DecodeLooseJournal(bytes);
  if (!batches.ok()) return Named(batches.status());
  return batches;
}

}  // namespace kizashi
