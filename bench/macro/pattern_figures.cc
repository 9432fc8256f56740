// What patterns cost in memory: for each pattern kept, and under a flood of lines that are all
// unique.
//
// pattern_figures [MILLIONS]: prints name, figure, unit and spread, parted by tabs. The flood has
// so many million lines, 30 by default: ten minutes of 50,000 a second, with an Update a minute.
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "judge/logs/line_patterns.h"

namespace kizashi {
namespace {

constexpr uint64_t kLinesPerMinute = 50'000 * 60;

// Resident bytes of this process.
double Resident() {
  malloc_trim(0);
  std::ifstream in("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  in >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void Row(const char* name, double figure, const char* unit, const std::string& spread) {
  fmt::print("{}\t{:.3f}\t{}\t{}\n", name, figure, unit, spread);
  std::fflush(stdout);
}

// Letters alone, no two alike.
std::string Word(uint64_t number) {
  std::string word;
  for (int i = 0; i < 10; ++i) word += static_cast<char>('g' + (number >> (4 * i) & 15));
  return word;
}

uint64_t DrainAll(PatternSet* set) {
  uint64_t lines = 0;
  set->Drain([&](const PatternSet::Count& count) { lines += count.lines; });
  return lines;
}

// Messages of services: words in places of their own, two parameters.
void MeasurePatterns() {
  const double before = Resident();
  PatternSet set;
  uint64_t lines = 0;
  constexpr int kPatterns = 4000;
  for (int i = 0; i < kPatterns; ++i) {
    std::string line(static_cast<size_t>(i % 40) + 1, '!');
    line += fmt::format(" {} of {} by {}({}): took 12 ms", Word(i * 7919ULL), Word(i * 104729ULL),
                        Word(i * 31ULL), std::string(static_cast<size_t>(i / 40), '.'));
    set.Add(line);
    ++lines;
  }
  const uint64_t counted = DrainAll(&set);
  size_t patterns = 0;
  set.ForEach([&](uint32_t) { ++patterns; });
  Row("patterns/memory", (Resident() - before) / static_cast<double>(patterns), "B/pattern",
      fmt::format("{} patterns, {} of {} lines counted", patterns, counted, lines));
}

void MeasureFlood(uint64_t lines) {
  PatternSet set;
  for (int i = 0; i < 20'000; ++i) set.Add(fmt::format("request {} of user {} done", i, i % 90));
  uint64_t counted = DrainAll(&set);
  const double before = Resident();
  double most = before;
  std::mt19937_64 random(1);
  for (uint64_t i = 0; i < lines; ++i) {
    std::string line = fmt::format("session {} ", i);
    for (uint64_t words = random() % 6 + 1; words > 0; --words) line += Word(random()) + ' ';
    set.Add(line);
    if (i % kLinesPerMinute == kLinesPerMinute - 1) {
      counted += DrainAll(&set);
      most = std::max(most, Resident());
    }
  }
  counted += DrainAll(&set);
  most = std::max(most, Resident());
  const uint64_t added = lines + 20'000;
  Row("patterns/flood-memory", (most - before) / (1 << 20), "MiB",
      fmt::format("{} unique lines, {} of {} counted", lines, counted, added));
  if (counted != added) std::exit(1);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const uint64_t millions = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30;
  kizashi::MeasurePatterns();
  kizashi::MeasureFlood(millions * 1'000'000);
  return 0;
}
