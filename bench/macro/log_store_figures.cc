// What the log store costs, as lines of name<TAB>figure<TAB>unit<TAB>spread; log_store_bench.py
// runs it. Arguments: a file of messages, one a line, and one with "unix_nanos<TAB>stream" for each
// (may be missing); or nothing: a corpus made here.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <unordered_map>

#include "base/check.h"
#include "base/hash.h"
#include "store/logs/block_search.h"
#include "store/logs/log_block.h"
#include "store/logs/log_block_writer.h"

namespace kizashi {
namespace {

constexpr int kRounds = 7;

struct Corpus {
  std::vector<LogLine> lines;
  std::vector<uint32_t> streams;
  uint64_t bytes = 0;
};

// Seconds of this thread on a core: what other processes do meanwhile does not count.
double Now() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Seconds(const std::function<void()>& work) {
  const double begin = Now();
  work();
  return Now() - begin;
}

// The best of some rounds, and how far the worst is from it.
struct Measured {
  double best = 0;
  double worst = 0;
};

Measured Measure(const std::function<void()>& work) {
  Measured measured;
  for (int i = 0; i < kRounds; ++i) {
    const double seconds = Seconds(work);
    measured.best = i == 0 ? seconds : std::min(measured.best, seconds);
    measured.worst = std::max(measured.worst, seconds);
  }
  return measured;
}

void Print(const std::string& name, double figure, const char* unit, const Measured& measured) {
  const double spread = measured.best > 0 ? (measured.worst / measured.best - 1) * 100 : 0;
  std::printf("%s\t%.4g\t%s\t+%.0f %%\n", name.c_str(), figure, unit, spread);
}

LogSeverity SeverityOf(const std::string& text) {
  const std::string head = text.substr(0, 64);
  if (head.find("ERROR") != std::string::npos) return LogSeverity::kError;
  if (head.find("WARN") != std::string::npos) return LogSeverity::kWarn;
  return head.find("INFO") != std::string::npos ? LogSeverity::kInfo : LogSeverity::kNone;
}

Corpus ReadCorpus(const char* messages, const char* meta) {
  Corpus corpus;
  std::ifstream texts(messages, std::ios::binary);
  std::ifstream metas;
  if (meta != nullptr) metas.open(meta);
  std::unordered_map<std::string, uint32_t> streams;
  std::string text;
  std::string about;
  for (int64_t number = 0; std::getline(texts, text); ++number) {
    LogLine line;
    uint32_t stream = 0;
    line.time = TimeFromMs(1'700'000'000'000 + number);
    if (meta != nullptr && std::getline(metas, about)) {
      const size_t tab = about.find('\t');
      line.time = TimeFromMs(std::stoll(about.substr(0, tab)) / 1'000'000);
      stream = streams.try_emplace(about.substr(tab + 1), streams.size()).first->second;
    }
    line.severity = SeverityOf(text);
    line.text = text;
    corpus.bytes += text.size() + 1;
    corpus.lines.push_back(std::move(line));
    corpus.streams.push_back(stream);
  }
  return corpus;
}

// Requests through eight services: ids, times, sizes, and now and then a long list.
Corpus MakeCorpus() {
  Corpus corpus;
  uint64_t state = 7;
  const auto random = [&] { return state = Hash64(std::to_string(state)); };
  int64_t time = 1'700'000'000'000;
  for (uint32_t request = 0; request < 12'000; ++request) {
    const std::string trace = HexId(random()) + HexId(random());
    for (uint32_t step = 0; step < 8; ++step) {
      time += static_cast<int64_t>(random() % 20);
      LogLine line;
      line.time = TimeFromMs(time);
      line.severity = random() % 50 == 0 ? LogSeverity::kWarn : LogSeverity::kInfo;
      line.text = fmt::format(
          "{} {} shop.Service{}#handle TraceID: {} SpanID: {} [order][user={}, took={} ms",
          FormatTime(line.time), line.severity == LogSeverity::kInfo ? "INFO" : "WARN", step, trace,
          HexId(random()), random() % 5'000, random() % 900);
      for (uint64_t i = 0; step == 7 && i < request % 90; ++i) {
        line.text += fmt::format(", Ticket(seat={}, from=Kyoto, to=Osaka)",
                                 Hash64(std::to_string(i)) % 100'000);
      }
      line.text += "]";
      corpus.bytes += line.text.size() + 1;
      corpus.lines.push_back(std::move(line));
      corpus.streams.push_back(step);
    }
  }
  return corpus;
}

std::vector<std::string> WriteBlocks(const Corpus& corpus) {
  std::vector<std::string> blocks;
  LogBlockWriter writer;
  std::vector<Slot> slots;
  for (size_t i = 0; i < corpus.lines.size(); ++i) {
    const LogLine& line = corpus.lines[i];
    if (!writer.Fits(line.text.size())) blocks.push_back(writer.Finish());
    const uint64_t hash = SplitLine(line.text, &slots);
    writer.Add(line, corpus.streams[i], {hash, hash, &slots}, i);
  }
  blocks.push_back(writer.Finish());
  return blocks;
}

void PrintParts(const std::vector<std::string>& blocks) {
  constexpr const char* kNames[] = {"schema", "counts",      "value sizes", "values",
                                    "order",  "times",       "tracks",      "ids",
                                    "text",   "text filter", "rows"};
  uint64_t stored[kRowPacks + 1] = {};
  uint64_t raw[kRowPacks + 1] = {};
  for (const std::string& bytes : blocks) {
    const auto block = LogBlock::OpenBytes(bytes);
    KZ_CHECK(block.ok());
    const auto& packs = (*block)->footer().packs;
    for (size_t i = 0; i < packs.size(); ++i) {
      stored[std::min<size_t>(i, kRowPacks)] += packs[i].stored;
      raw[std::min<size_t>(i, kRowPacks)] += packs[i].raw;
    }
  }
  for (size_t i = 0; i <= kRowPacks; ++i) {
    Print(std::string("log store, bytes of ") + kNames[i], static_cast<double>(stored[i]), "bytes",
          {});
    Print(std::string("log store, unpacked bytes of ") + kNames[i], static_cast<double>(raw[i]),
          "bytes", {});
  }
}

void CheckRoundTrip(const Corpus& corpus, const std::vector<std::string>& blocks) {
  size_t at = 0;
  for (const std::string& bytes : blocks) {
    auto block = LogBlock::OpenBytes(bytes);
    KZ_CHECK(block.ok());
    for (uint32_t i = 0; i < (*block)->footer().lines; ++i, ++at) {
      const auto row = (*block)->Read(i);
      KZ_CHECK(row.ok(), "{}", row.status().ToString());
      KZ_CHECK(row->line == corpus.lines[at] && row->stream == corpus.streams[at], "line {}: {}",
               at, row->line.text);
    }
  }
  KZ_CHECK(at == corpus.lines.size());
}

// Counts the lines that hold `needle` in blocks opened for it; `with_numbers` also finds which
// lines these are, and reads the newest hundred.
uint64_t CountLines(const std::vector<std::string>& paths, const std::string& needle,
                    bool with_numbers) {
  uint64_t count = 0;
  size_t shown = 0;
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    auto block = LogBlock::OpenFile(*path);
    KZ_CHECK(block.ok(), "{}", block.status().ToString());
    const auto found = FindText(block->get(), needle);
    KZ_CHECK(found.ok(), "{}", found.status().ToString());
    uint64_t here = 0;
    for (size_t i = 0; i < found->size(); ++i) {
      here += (*found)[i].Count((*block)->schema().skeletons[i].lines);
    }
    count += here;
    if (!with_numbers || here == 0) continue;
    KZ_CHECK((*block)->LoadLines().ok());
    for (uint32_t line = (*block)->footer().lines; line-- > 0 && shown < 100;) {
      if (!(*found)[(*block)->order()[line]].Has((*block)->rows()[line])) continue;
      KZ_CHECK((*block)->Read(line).ok());
      ++shown;
    }
  }
  return count;
}

void RunSearches(const Corpus& corpus, const std::vector<std::string>& paths) {
  std::vector<std::string> needles = {"SeatServiceImpl",
                                      "INFO",
                                      "0123456789abcdef0123",
                                      "no such words",
                                      "OutOfMemoryError",
                                      "e",
                                      " SpanID: ",
                                      "Ticket(seat"};
  const std::string& middle = corpus.lines[corpus.lines.size() / 2].text;
  for (const size_t at : {13, 60, 90}) {
    if (middle.size() > at + 24) needles.push_back(middle.substr(at, 24));
  }
  const size_t trace = middle.find("TraceID: ");
  if (trace != std::string::npos) {
    needles.push_back(middle.substr(trace + 9, 32));
    needles.push_back(middle.substr(trace + 15, 10));
  }
  for (const std::string& needle : needles) {
    const TextFinder finder(needle);
    uint64_t expected = 0;
    for (const LogLine& line : corpus.lines) expected += finder.In(line.text) ? 1 : 0;
    uint64_t count = 0;
    for (const bool with_numbers : {false, true}) {
      const Measured took = Measure([&] { count = CountLines(paths, needle, with_numbers); });
      KZ_CHECK(count == expected, "{}: {} lines, not {}", needle, count, expected);
      Print(fmt::format("log store, {} '{}' ({} lines)", with_numbers ? "newest 100 of" : "count",
                        needle, count),
            static_cast<double>(corpus.bytes) / 1e9 / took.best, "GB/s", took);
    }
  }
}

void RunCounts(const std::vector<std::string>& paths) {
  uint64_t lines = 0;
  const Measured took = Measure([&] {
    lines = 0;
    for (const std::string& path : paths) {
      auto block = LogBlock::OpenFile(path);
      KZ_CHECK(block.ok());
      const auto counts = (*block)->Counts();
      KZ_CHECK(counts.ok());
      for (const PatternCount& count : *counts) {
        if (count.pattern == counts->front().pattern) lines += count.lines;
      }
    }
  });
  Print(fmt::format("log store, count of a pattern ({} lines)", lines), took.best * 1e3, "ms",
        took);
}

void Run(const Corpus& corpus) {
  std::vector<std::string> blocks;
  const Measured wrote = Measure([&] { blocks = WriteBlocks(corpus); });
  uint64_t stored = 0;
  for (const std::string& block : blocks) stored += block.size();
  const auto raw = static_cast<double>(corpus.bytes);
  Print("log store, lines", static_cast<double>(corpus.lines.size()), "lines", {});
  Print("log store, text", raw, "bytes", {});
  Print("log store, stored", static_cast<double>(stored), "bytes", {});
  Print("log store, ratio", raw / static_cast<double>(stored), "x", {});
  Print("log store, write", raw / 1e6 / wrote.best, "MB/s", wrote);
  PrintParts(blocks);
  CheckRoundTrip(corpus, blocks);
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("kizashi-logs-{}", ::getpid());
  std::filesystem::create_directories(folder);
  std::vector<std::string> paths;
  for (const std::string& block : blocks) {
    paths.push_back((folder / std::to_string(paths.size())).string());
    std::ofstream(paths.back(), std::ios::binary) << block;
  }
  RunCounts(paths);
  RunSearches(corpus, paths);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  using namespace kizashi;
  Run(argc > 1 ? ReadCorpus(argv[1], argc > 2 ? argv[2] : nullptr) : MakeCorpus());
  return 0;
}
