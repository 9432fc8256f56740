// Any bytes as what the journal stores: a value or a refusal, and a value is encoded to bytes that
// say the same.
//
// The first byte tells what the rest is: an entry without its checksum, which is put right here (a
// fuzzer does not guess one), an entry as it is, a label set, or a layout.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "store/journal.h"
#include "store/journal_test_support.h"

namespace kizashi {
namespace {

constexpr uint64_t kSeq = 7;

// Source 12 is called "12"; layout 12 has twelve series.
class AnyNames final : public RowResolver {
 public:
  StatusOr<std::string> Source(uint32_t id) const override { return std::to_string(id); }
  StatusOr<SeriesLayout> Layout(uint32_t id) const override {
    if (id > 1'000) return DataLoss("no layout {}", id);
    return std::make_shared<const std::vector<SeriesId>>(id, SeriesId{1});
  }
  static RowIds IdsOf(const JournalEntry& entry) {
    const auto* scrape = std::get_if<ScrapeBatch>(&entry.body);
    if (scrape == nullptr) return {};
    return {static_cast<uint32_t>(std::stoul(scrape->source)),
            static_cast<uint32_t>(scrape->layout->size())};
  }
};

void FuzzEntry(std::string_view bytes) {
  const AnyNames names;
  const auto entry = DecodeEntry(kSeq, bytes, names);
  if (!entry.ok()) {
    KZ_CHECK(entry.status().code() == absl::StatusCode::kDataLoss);
    return;
  }
  const auto again = DecodeEntry(kSeq, EncodeEntry(*entry, AnyNames::IdsOf(*entry)), names);
  KZ_CHECK(again.ok() && Same(*entry, *again));
}

void FuzzLabels(std::string_view bytes) {
  const auto labels = DecodeLabels(bytes);
  if (!labels.ok()) return;
  const auto again = DecodeLabels(EncodeLabels(*labels));
  KZ_CHECK(again.ok() && *again == *labels);
}

void FuzzLayout(std::string_view bytes) {
  const auto layout = DecodeLayout(bytes);
  if (!layout.ok()) return;
  const auto again = DecodeLayout(EncodeLayout(**layout));
  KZ_CHECK(again.ok() && **again == **layout);
}

}  // namespace
}  // namespace kizashi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      ByteWriter entry;
      entry.Raw(bytes.data(), bytes.size());
      entry.U32(static_cast<uint32_t>(Hash64(bytes, kSeq)));
      FuzzEntry(entry.bytes());
      break;
    }
    case 1: FuzzEntry(bytes); break;
    case 2: FuzzLabels(bytes); break;
    default: FuzzLayout(bytes); break;
  }
  return 0;
}
