#include "judge/logs/read_records.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/clock.h"
#include "catalog/log_patterns.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

constexpr Duration kProgressAfter{1000};
constexpr Duration kProgressEvery{500};

// Says how far a long read is, twice a second, on a terminal only.
class Progress {
 public:
  explicit Progress(std::string name)
      : name_(std::move(name)), shown_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (printed_) std::fputs("\r\033[K", stderr);
  }

  void Update(const LineFileProgress& at) {
    if (!shown_ || watch_.Elapsed() < next_) return;
    next_ = watch_.Elapsed() + kProgressEvery;
    printed_ = true;
    const std::string share =
        at.bytes_total > 0 ? fmt::format(" {}%", at.bytes * 100 / at.bytes_total) : "";
    fmt::print(stderr, "\r{}:{} {} MB, {} lines", name_, share, at.bytes >> 20, at.lines);
  }

 private:
  const std::string name_;
  const bool shown_;
  bool printed_ = false;
  const Stopwatch watch_;
  Duration next_ = kProgressAfter;
};

}  // namespace

Status ReadRecords(const std::string& file, const std::function<void(const Record&)>& add) {
  Progress progress(file);
  RecordReader reader({.fields = false});
  const auto drain = [&] {
    for (Record record; reader.Next(&record);) add(record);
  };
  const Status status =
      ReadLines(file,
                [&](std::string_view line, bool cut) {
                  reader.Add(line, cut, {});
                  drain();
                },
                {.progress = [&](const LineFileProgress& at) { progress.Update(at); }});
  reader.Close();
  drain();
  return status;
}

Status ReadLinesShown(const std::string& file, const std::function<void(std::string_view)>& add) {
  Progress progress(file);
  return ReadLines(file, [&](std::string_view line, bool) { add(line); },
                   {.progress = [&](const LineFileProgress& at) { progress.Update(at); }});
}

std::string Printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      out += ' ';
      ++i;
    } else {
      out += byte < 0x20 || byte == 0x7f ? ' ' : text[i];
    }
  }
  return out;
}

std::string NamedPattern(std::string_view name, std::string_view text) {
  return name.empty() ? Printable(text) : fmt::format("[{}] {}", Printable(name), Printable(text));
}

StatusOr<std::shared_ptr<const PatternTemplates>> ReadPatternsFile(const std::string& file,
                                                                   const std::string& service) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kYamlBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof()) {
    return Unavailable("{}: {}", file,
                       in.is_open() && in.good() ? "a file of more than 4 MiB" : "cannot be read");
  }
  text.resize(static_cast<size_t>(in.gcount()));
  return LoadLogPatterns({file, std::move(text)}, service);
}

int PatternsFileFault(const char* command, const Status& status) {
  fmt::print(stderr, "kizashi logs {}: --patterns: {}\n", command, Message(status));
  return status.code() == absl::StatusCode::kUnavailable ? 3 : 2;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

bool Flushed(const char* command, std::FILE* out) {
  if (std::fflush(out) == 0 && std::ferror(out) == 0) return true;
  fmt::print(stderr, "kizashi {}: cannot write: {}\n", command, std::strerror(errno));
  return false;
}

}  // namespace kizashi
