// Any bytes as what a series block is made of: a value or a refusal, in bounded time and memory.
//
// The first byte tells what the rest is: a column of values, a shape, a journal, a directory, a
// footer, single samples, deleted samples, a group of series; or a whole block whose footer's
// checksum is put right here, since a fuzzer does not guess one.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "store/definition_group.h"
#include "store/series/block_replay.h"
#include "store/series/series_block.h"
#include "store/series/series_format.h"
#include "store/series/tombstones.h"
#include "store/series/value_codec.h"

namespace kizashi {
namespace {

void FuzzColumn(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t count = 1 + static_cast<uint8_t>(bytes[0]);
  std::vector<double> whole(count);
  std::vector<double> part(count);
  if (!DecodeValues(bytes.substr(1), count, 0, count, whole.data())) return;
  const size_t from = count / 3;
  KZ_CHECK(DecodeValues(bytes.substr(1), count, from, count, part.data()));
  for (size_t i = from; i < count; ++i) {
    KZ_CHECK(std::bit_cast<uint64_t>(whole[i]) == std::bit_cast<uint64_t>(part[i - from]));
  }
  std::string again;
  ValueEncoder().Encode(whole, &again);
  KZ_CHECK(DecodeValues(again, count, 0, count, part.data()));
  KZ_CHECK(std::memcmp(whole.data(), part.data(), count * sizeof(double)) == 0);
}

void FuzzBlock(std::string_view bytes) {
  static const std::string kPath = [] {
    std::string path = "/tmp/series-block-fuzz-XXXXXX";
    KZ_CHECK(mkstemp(path.data()) >= 0);
    return path;
  }();
  const size_t footer_size = bytes.size() / 2;
  ByteWriter file;
  file.Raw(kSeriesBlockMagic.data(), kSeriesBlockMagic.size());
  file.Raw(bytes.data(), bytes.size());
  file.U32(static_cast<uint32_t>(footer_size));
  file.U64(Hash64(bytes.substr(bytes.size() - footer_size)));
  file.Raw(kSeriesBlockMagic.data(), kSeriesBlockMagic.size());
  std::FILE* const out = std::fopen(kPath.c_str(), "wb");
  KZ_CHECK(out != nullptr);
  std::fwrite(file.bytes().data(), 1, file.size(), out);
  std::fclose(out);
  const auto block = SeriesBlock::Open(kPath);
  if (!block.ok()) return;
  ReplayBlock(*block, 0, UINT64_MAX, [](const JournalEntry&) { return true; }).IgnoreError();
}

}  // namespace
}  // namespace kizashi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  SampleColumns columns;
  switch (data[0] % 10) {
    case 0: FuzzColumn(bytes); break;
    case 1: DecodeShape(bytes, 7).status().IgnoreError(); break;
    case 2: DecodeJournal(bytes, 7).status().IgnoreError(); break;
    case 3: ChunkDirectory::Decode(bytes).status().IgnoreError(); break;
    case 4: SeriesBlockFooter::Decode(bytes).status().IgnoreError(); break;
    case 5: DecodeLooseIndex(bytes).status().IgnoreError(); break;
    case 6: DecodeLoose(bytes, 9, &columns); break;
    case 7: DecodeLooseJournal(bytes).status().IgnoreError(); break;
    case 8: DecodeDefinitionGroup(bytes).status().IgnoreError(); break;
    default: FuzzBlock(bytes); break;
  }
  Tombstones::Decode(bytes).status().IgnoreError();
  return 0;
}
