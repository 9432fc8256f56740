// Any bytes as a log block: the first byte says how much of the rest is believed.
//
// A fuzzer does not guess checksums, so an input may be the parts of a block, which are put
// together with right checksums here: what is in a pack is then any bytes too. What can be read is
// read in every way, and a block of good lines made from the input gives them back.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "store/logs/block_pack.h"
#include "store/logs/block_search.h"
#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

constexpr uint32_t kLinesRead = 64;

void ReadEverything(std::string bytes) {
  auto block = LogBlock::OpenBytes(std::move(bytes));
  if (!block.ok()) {
    KZ_CHECK(block.status().code() == absl::StatusCode::kDataLoss);
    return;
  }
  (void)(*block)->Counts().ok();
  for (const std::string needle :
       {"a", "12", "e=1", "TraceID: 8e71", "0123456789abcdef0123456789abcdef"}) {
    const auto found = FindText(block->get(), needle);
    KZ_CHECK(found.ok() || found.status().code() == absl::StatusCode::kDataLoss);
  }
  for (uint32_t i = 0; i < std::min((*block)->footer().lines, kLinesRead); ++i) {
    const auto row = (*block)->Read(i);
    KZ_CHECK(row.ok() || row.status().code() == absl::StatusCode::kDataLoss);
  }
}

// A block of the writer, unpacked, with parts of the input in place of some packs.
void FuzzPacks(std::string_view input) {
  LineMaker maker(1);
  static const std::string good = BlockOf(maker.Lines(50));
  auto block = LogBlock::OpenBytes(good);
  KZ_CHECK(block.ok());
  BlockFooter footer = (*block)->footer();
  ByteReader in(input);
  const uint8_t changed = in.U8();
  if ((changed & 1) != 0) footer.lines = in.U8() % 64 + 1U;
  if ((changed & 2) != 0) footer.values = in.U8();
  std::string bytes(kBlockMagic);
  for (uint32_t i = 0; i < footer.packs.size(); ++i) {
    const auto whole = (*block)->GetPack(i);
    KZ_CHECK(whole.ok());
    std::string pack(*whole);
    const uint8_t what = in.U8();
    if (what % 4 == 1) pack = in.String();
    if (what % 4 == 2 && !pack.empty()) pack[in.U8() % pack.size()] = static_cast<char>(in.U8());
    footer.packs[i] = {0, static_cast<uint32_t>(pack.size()), static_cast<uint32_t>(pack.size()),
                       PackChecksum(pack, i)};
    bytes += pack;
  }
  ReadEverything(bytes + EncodeEnd(footer));
}

void FuzzLines(std::string_view input) {
  std::vector<TestLine> lines;
  int64_t time_ms = 0;
  while (!input.empty() && lines.size() < 500) {
    const std::string text(input.substr(0, input.find('\n')));
    input.remove_prefix(std::min(input.size(), text.size() + 1));
    TestLine line{MakeLine(time_ms += static_cast<int64_t>(text.size()), text),
                  static_cast<uint32_t>(text.size() % 5)};
    line.line.severity = static_cast<LogSeverity>(text.size() % 7);
    lines.push_back(line);
  }
  if (lines.empty()) return;
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  KZ_CHECK(block.ok());
  for (uint32_t i = 0; i < lines.size(); ++i) {
    const auto row = (*block)->Read(i);
    KZ_CHECK(row.ok() && row->line == lines[i].line && row->stream == lines[i].stream);
  }
  const std::string& last = lines.back().line.text;
  const std::string needle = last.substr(last.size() / 3, last.size() / 3);
  const auto found = FindText(block->get(), needle);
  KZ_CHECK(found.ok());
  for (uint32_t i = 0; i < lines.size(); ++i) {
    const bool holds = lines[i].line.text.find(needle) != std::string::npos;
    KZ_CHECK((*found)[(*block)->order()[i]].Has((*block)->rows()[i]) == holds);
  }
}

}  // namespace
}  // namespace kizashi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: FuzzLines(bytes); break;
    case 1: FuzzPacks(bytes); break;
    default: ReadEverything(std::string(bytes)); break;
  }
  return 0;
}
