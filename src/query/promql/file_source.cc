#include "query/promql/file_source.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <unordered_map>

#include "base/hash.h"
#include "wire/exposition.h"

namespace kizashi::promql {
namespace {

bool IsOpenMetrics(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  return end != std::string_view::npos && text.substr(0, end + 1).ends_with("# EOF");
}

}  // namespace

StatusOr<std::string> ReadText(const std::string& file) {
  const auto close = [](std::FILE* f) {
    if (f != stdin) std::fclose(f);
  };
  const std::unique_ptr<std::FILE, decltype(close)> in(
      file == "-" ? stdin : std::fopen(file.c_str(), "rb"), close);
  if (!in) return NotFound("cannot read {}", file);
  std::string text;
  std::array<char, 65536> buffer;
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), in.get())) {
    text.append(buffer.data(), got);
  }
  if (std::ferror(in.get()) != 0) return Internal("cannot read {}", file);
  return text;
}

Status LoadSamples(const std::string& file, MemorySource* source, int64_t* last_ms) {
  KZ_ASSIGN_OR_RETURN(const std::string text, ReadText(file));
  ExpositionReader reader(
      text, IsOpenMetrics(text) ? ExpositionFormat::kOpenMetrics : ExpositionFormat::kText);
  ExpositionSample sample;
  // The same series comes again and again.
  std::unordered_map<std::string, SampleColumns*, StringHash, std::equal_to<>> known;
  while (reader.Next(&sample)) {
    if (!sample.timestamp) {
      return InvalidArgument("{}:{}: a sample without a timestamp", file, reader.Line());
    }
    auto at = known.find(sample.series);
    if (at == known.end()) {
      auto labels = ParseSeriesText(sample.series);
      if (!labels.ok()) {
        return InvalidArgument("{}:{}: {}", file, reader.Line(), Message(labels.status()));
      }
      at = known.emplace(std::string(sample.series), source->Intern(*labels)).first;
    }
    const int64_t time_ms = ToMs(*sample.timestamp);
    MemorySource::Add(at->second, time_ms, sample.value);
    *last_ms = std::max(*last_ms, time_ms);
  }
  if (reader.status().ok()) return OkStatus();
  return InvalidArgument("{}: {}", file, Message(reader.status()));
}

}  // namespace kizashi::promql
