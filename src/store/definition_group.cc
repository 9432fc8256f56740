#include "store/definition_group.h"

#include <zstd.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/bytes.h"
#include "base/check.h"

namespace kizashi {
namespace {

constexpr int kLevel = 3;
constexpr uint64_t kBytesMax = 256 << 20;

class Texts {
 public:
  uint32_t Index(std::string_view text) {
    const auto [found, is_new] = index_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return found->second;
  }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string_view, uint32_t> index_;
  std::vector<std::string_view> texts_;
};

std::string Compress(const std::string& bytes) {
  ByteWriter out;
  out.Varint(bytes.size());
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  KZ_CHECK(ZSTD_isError(size) == 0);
  // As it is when that is shorter: a group of one series.
  if (size < bytes.size()) {
    out.Raw(packed.data(), size);
  } else {
    out.Raw(bytes.data(), bytes.size());
  }
  return out.Take();
}

Status Damaged() { return DataLoss("a stored group of series is damaged"); }

StatusOr<std::string> Decompress(std::string_view packed) {
  ByteReader in(packed);
  const uint64_t size = in.Varint();
  if (!in.ok() || size > kBytesMax) return Damaged();
  const std::string_view stored = in.Bytes(in.remaining());
  if (stored.size() == size) return std::string(stored);
  std::string bytes(size, '\0');
  const size_t got = ZSTD_decompress(bytes.data(), size, stored.data(), stored.size());
  if (ZSTD_isError(got) != 0 || got != size) return Damaged();
  return bytes;
}

}  // namespace

std::string EncodeDefinitionGroup(std::span<const Labels> series) {
  KZ_CHECK(series.size() <= kGroupSeriesMax);
  Texts texts;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> pair_index;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  ByteWriter rows;
  std::vector<uint32_t> before;
  for (const Labels& labels : series) {
    std::vector<uint32_t> row;
    for (const Label& label : labels) {
      const std::pair key(texts.Index(label.name), texts.Index(label.value));
      const auto [found, is_new] = pair_index.try_emplace(key, static_cast<uint32_t>(pairs.size()));
      if (is_new) pairs.push_back(key);
      row.push_back(found->second);
    }
    // How many labels, how many of them from the front are those of the series before, the others.
    const size_t same = static_cast<size_t>(
        std::mismatch(row.begin(), row.end(), before.begin(), before.end()).first - row.begin());
    rows.Varint(row.size());
    rows.Varint(same);
    for (size_t i = same; i < row.size(); ++i) {
      // A label that stood at the same place before costs one byte.
      const int64_t from = i < before.size() ? before[i] : 0;
      rows.SignedVarint(int64_t{row[i]} - from);
    }
    before = std::move(row);
  }
  ByteWriter out;
  out.Varint(texts.texts().size());
  for (const std::string_view text : texts.texts()) out.String(text);
  out.Varint(pairs.size());
  for (const auto& [name, value] : pairs) {
    out.Varint(name);
    out.Varint(value);
  }
  out.Varint(series.size());
  out.Raw(rows.bytes().data(), rows.size());
  return Compress(out.bytes());
}

StatusOr<DefinitionGroup> DecodeDefinitionGroup(std::string_view bytes) {
  DefinitionGroup group;
  KZ_ASSIGN_OR_RETURN(group.bytes, Decompress(bytes));
  ByteReader in(group.bytes);
  const auto count = [&] {
    const uint64_t value = in.Varint();
    if (value > in.remaining()) in.Fail();
    return in.ok() ? value : 0;
  };
  std::vector<std::string_view> texts;
  for (uint64_t left = count(); left > 0 && in.ok(); --left) texts.push_back(in.String());
  for (uint64_t left = count(); left > 0 && in.ok(); --left) {
    const uint64_t name = in.Varint();
    const uint64_t value = in.Varint();
    if (name >= texts.size() || value >= texts.size()) return Damaged();
    group.pairs.emplace_back(texts[name], texts[value]);
  }
  const uint64_t series = count();
  if (series > kGroupSeriesMax) return Damaged();
  group.series.reserve(series);
  for (uint64_t i = 0; i < series && in.ok(); ++i) {
    const uint64_t labels = count();
    const uint64_t same = in.Varint();
    static const std::vector<uint32_t> kNothing;
    const std::vector<uint32_t>& before = group.series.empty() ? kNothing : group.series.back();
    if (same > labels || same > before.size()) return Damaged();
    std::vector<uint32_t> row(before.begin(), before.begin() + static_cast<ptrdiff_t>(same));
    for (uint64_t j = same; j < labels && in.ok(); ++j) {
      const int64_t from = j < before.size() ? before[j] : 0;
      const int64_t index = static_cast<int64_t>(static_cast<uint64_t>(from) +
                                                 static_cast<uint64_t>(in.SignedVarint()));
      if (index < 0 || static_cast<uint64_t>(index) >= group.pairs.size()) return Damaged();
      row.push_back(static_cast<uint32_t>(index));
    }
    group.series.push_back(std::move(row));
  }
  if (!in.ok() || !in.AtEnd()) return Damaged();
  return group;
}

}  // namespace kizashi
