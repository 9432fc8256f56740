#include "judge/logs/pattern_table.h"

#include <algorithm>

#include "base/check.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

// Lines of templates are told to mining with this severity, all others without one: so their counts
// come apart.
constexpr LogSeverity kOfTemplate = LogSeverity::kTrace;

}  // namespace

void PatternTable::Add(std::string_view text, size_t log, uint64_t lines) {
  KZ_CHECK(log < lines_.size() && log >= log_, "log {} after log {}", log, log_);
  if (log != log_) Drain();
  log_ = log;
  const uint64_t first_line = lines_[log] + 1;
  lines_[log] += lines;
  ++records_[log];
  const PatternTemplate* const of = templates_ == nullptr ? nullptr : templates_->Find(text);
  const uint32_t bucket = patterns_.Add(text, of == nullptr ? LogSeverity::kNone : kOfTemplate);
  if (of != nullptr) {
    AddTo(*of, text, first_line);
  } else if (const auto [found, added] = seen_.try_emplace(bucket); added) {
    found->second = {std::string(text.substr(0, kExampleBytesMax)), first_line};
  }
  if (patterns_.lines() % kDrainEvery == 0) Drain();
}

void PatternTable::AddTo(const PatternTemplate& one, std::string_view text, uint64_t line) {
  Row& row = template_rows_[one.id];
  if (row.lines[log_]++ > 0) return;
  row.text = one.text;
  row.name = one.name;
  row.first_line = line;
  row.example = text.substr(0, kExampleBytesMax);
}

uint64_t PatternTable::IdOf(std::string_view text) {
  const PatternTemplate* const of = templates_ == nullptr ? nullptr : templates_->Find(text);
  return of != nullptr ? of->id : patterns_.pattern(patterns_.Lookup(text)).id;
}

void PatternTable::Drain() {
  const auto renamed = [this](uint64_t old_id, uint64_t new_id) {
    auto old = rows_.extract(old_id);
    if (old.empty()) return;
    const auto [found, added] = rows_.try_emplace(new_id, old.mapped());
    if (added) return;
    for (size_t i = 0; i < lines_.size(); ++i) found->second.lines[i] += old.mapped().lines[i];
    found->second.first_line = std::min(found->second.first_line, old.mapped().first_line);
  };
  patterns_.Drain(
      [this](const PatternSet::Count& count) {
        if (count.severity == kOfTemplate) return;
        const PatternSet::Pattern& pattern = patterns_.pattern(count.pattern);
        Row& row = rows_[pattern.id];
        const auto seen = seen_.find(count.bucket);
        const bool first = row.lines[log_] == 0;
        if (seen != seen_.end() && (first || seen->second.line < row.first_line)) {
          row.first_line = seen->second.line;
          row.example = seen->second.example;
        }
        row.id = pattern.id;
        row.text = pattern.text;
        row.lines[log_] += count.lines;
      },
      renamed);
  seen_.clear();
}

std::vector<PatternTable::Row> PatternTable::Rows() {
  Drain();
  std::unordered_map<uint64_t, std::string> texts;
  patterns_.ForEach(
      [&](uint32_t index) { texts[patterns_.pattern(index).id] = patterns_.pattern(index).text; });
  std::unordered_map<uint64_t, Row> all = template_rows_;
  for (auto& [id, row] : rows_) {
    if (const auto text = texts.find(id); text != texts.end()) row.text = text->second;
    const auto [found, added] = all.try_emplace(id, row);
    if (added) continue;  // else lines that were found to be so, though the template has others
    for (size_t log = 0; log < lines_.size(); ++log) found->second.lines[log] += row.lines[log];
  }
  std::vector<Row> rows;
  for (auto& [id, row] : all) {
    row.id = id;
    row.severity = SeverityOfLine(row.example);
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    const uint64_t lines_a = a.lines[0] + a.lines[1];
    const uint64_t lines_b = b.lines[0] + b.lines[1];
    return lines_a != lines_b ? lines_a > lines_b : a.text < b.text;
  });
  return rows;
}

}  // namespace kizashi
