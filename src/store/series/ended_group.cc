#include "store/series/ended_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kMagic = "KZSEND01";
constexpr size_t kHeadBytes = 8 + 8 + 8;  // magic, size and hash of the header
constexpr uint64_t kHeaderMax = 1ULL << 30;
constexpr size_t kPageEntries = 512;
constexpr size_t kEntryBytes = 8 + 4;
constexpr size_t kPageBytes = kPageEntries * kEntryBytes + 8;

bool ByHash(const EndedGroup::Entry& a, const EndedGroup::Entry& b) {
  return a.hash != b.hash ? a.hash < b.hash : a.id < b.id;
}

// Runs as in PostingList: gap and count.
void PutIds(std::span<const EndedGroup::Entry> by_id, ByteWriter* out) {
  PostingList ids;
  for (const EndedGroup::Entry& entry : by_id) ids.Add(entry.id);
  uint64_t runs = 0;
  ids.VisitRuns([&](SeriesId, uint32_t) { ++runs; });
  out->Varint(runs);
  SeriesId end = 0;
  ids.VisitRuns([&](SeriesId first, uint32_t count) {
    out->Varint(first - end);
    out->Varint(count);
    end = first + count;
  });
}

}  // namespace

uint64_t HashOfLabels(const Labels& labels) {
  std::string text;
  for (const Label& label : labels) {
    text += label.name;
    text += '\xff';  // in no text of UTF-8
    text += label.value;
    text += '\xff';
  }
  return Hash64(text);
}

std::string EndedGroup::Encode(std::vector<Entry> entries, int64_t max_ms) {
  KZ_CHECK(!entries.empty());
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.id < b.id; });
  ByteWriter header;
  header.SignedVarint(max_ms);
  header.Varint(entries.size());
  PutIds(entries, &header);
  std::sort(entries.begin(), entries.end(), ByHash);
  HashFilter filter(entries.size());
  for (const Entry& entry : entries) filter.Add(entry.hash);
  header.Varint(filter.words().size());
  for (const uint64_t word : filter.words()) header.U64(word);
  for (size_t at = 0; at < entries.size(); at += kPageEntries) header.U64(entries[at].hash);
  ByteWriter out;
  out.Raw(kMagic.data(), kMagic.size());
  out.U64(header.size());
  out.U64(Hash64(header.bytes()));
  out.Raw(header.bytes().data(), header.size());
  for (size_t at = 0; at < entries.size(); at += kPageEntries) {
    ByteWriter page;
    for (size_t i = at; i < std::min(at + kPageEntries, entries.size()); ++i) {
      page.U64(entries[i].hash);
      page.U32(entries[i].id);
    }
    out.Raw(page.bytes().data(), page.size());
    out.U64(Hash64(page.bytes()));
  }
  return out.Take();
}

EndedGroup::EndedGroup(std::string path, int file) : path_(std::move(path)), file_(file) {}

EndedGroup::~EndedGroup() { ::close(file_); }

StatusOr<EndedGroupPtr> EndedGroup::Open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Internal("{} cannot be opened: {}", path, std::strerror(errno));
  std::shared_ptr<EndedGroup> group(new EndedGroup(path, file));
  KZ_RETURN_IF_ERROR(group->Load());
  return EndedGroupPtr(std::move(group));
}

Status EndedGroup::ReadAt(uint64_t offset, size_t size, std::string* bytes) const {
  bytes->resize(size);
  size_t got = 0;
  while (got < size) {
    const ssize_t more =
        ::pread(file_, bytes->data() + got, size - got, static_cast<off_t>(offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return Internal("{} cannot be read: {}", path_, std::strerror(errno));
    if (more == 0) return DataLoss("{} is cut off", path_);
    got += static_cast<size_t>(more);
  }
  return OkStatus();
}

Status EndedGroup::Load() {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return Internal("{} cannot be read", path_);
  const auto file_bytes = static_cast<uint64_t>(about.st_size);
  const auto damaged = [this] { return DataLoss("{} is damaged", path_); };
  std::string bytes;
  KZ_RETURN_IF_ERROR(ReadAt(0, kHeadBytes, &bytes));
  ByteReader head(bytes);
  if (head.Bytes(kMagic.size()) != kMagic) return DataLoss("{} is no group of series", path_);
  const uint64_t header_size = head.U64();
  const uint64_t header_hash = head.U64();
  if (header_size > kHeaderMax || header_size + kHeadBytes > file_bytes) return damaged();
  KZ_RETURN_IF_ERROR(ReadAt(kHeadBytes, header_size, &bytes));
  if (Hash64(bytes) != header_hash) return damaged();
  ByteReader in(bytes);
  max_ms_ = in.SignedVarint();
  size_ = in.Varint();
  uint64_t ids = 0;
  uint64_t end = 0;
  const uint64_t runs = in.Varint();
  for (uint64_t i = 0; i < runs && in.ok(); ++i) {
    const uint64_t first = end + in.Varint();
    const uint64_t count = in.Varint();
    end = first + count;
    if (count == 0 || first > UINT32_MAX || count > UINT32_MAX || end > UINT32_MAX) in.Fail();
    if (!in.ok()) break;
    ids_.AddRun(static_cast<SeriesId>(first), static_cast<uint32_t>(count));
    ids += count;
  }
  const uint64_t words = in.Varint();
  const uint64_t pages = size_ / kPageEntries + (size_ % kPageEntries == 0 ? 0 : 1);
  if (!in.ok() || ids != size_ || size_ == 0 || words == 0 || words % HashFilter::kLine != 0 ||
      words > in.remaining() / 8 || in.remaining() / 8 != words + pages ||
      in.remaining() % 8 != 0) {
    return damaged();
  }
  std::vector<uint64_t> filter(words);
  for (uint64_t& word : filter) word = in.U64();
  filter_ = HashFilter(std::move(filter));
  page_firsts_.resize(pages);
  for (uint64_t& first : page_firsts_) first = in.U64();
  pages_offset_ = kHeadBytes + header_size;
  if (file_bytes != pages_offset_ + size_ * kEntryBytes + pages * 8) return damaged();
  return OkStatus();
}

StatusOr<std::vector<EndedGroup::Entry>> EndedGroup::ReadPage(size_t page) const {
  const size_t begin = page * kPageEntries;
  const size_t count = std::min<size_t>(kPageEntries, size_ - begin);
  std::string bytes;
  KZ_RETURN_IF_ERROR(ReadAt(pages_offset_ + page * kPageBytes, count * kEntryBytes + 8, &bytes));
  ByteReader in(bytes);
  std::vector<Entry> entries(count);
  for (Entry& entry : entries) {
    entry.hash = in.U64();
    entry.id = in.U32();
  }
  if (Hash64(std::string_view(bytes).substr(0, count * kEntryBytes)) != in.U64()) {
    return DataLoss("{} is damaged", path_);
  }
  return entries;
}

Status EndedGroup::Find(uint64_t hash, std::vector<SeriesId>* ids) const {
  if (!filter_.MayHave(hash)) return OkStatus();
  // The page before the first that begins with it may end with it.
  auto page = static_cast<size_t>(std::lower_bound(page_firsts_.begin(), page_firsts_.end(), hash) -
                                  page_firsts_.begin());
  if (page > 0) --page;
  for (; page < page_firsts_.size() && page_firsts_[page] <= hash; ++page) {
    KZ_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadPage(page));
    auto entry = std::lower_bound(entries.begin(), entries.end(), Entry{hash, 0}, ByHash);
    for (; entry != entries.end() && entry->hash == hash; ++entry) ids->push_back(entry->id);
  }
  return OkStatus();
}

size_t EndedGroup::bytes() const {
  return ids_.heap_bytes() + (filter_.words().size() + page_firsts_.size()) * sizeof(uint64_t);
}

}  // namespace kizashi
