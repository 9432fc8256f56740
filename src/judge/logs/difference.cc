#include "judge/logs/difference.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json_writer.h"
#include "judge/logs/read_records.h"

namespace kizashi {
namespace {

double Share(uint64_t lines, uint64_t total) {
  return total == 0 ? 0 : 100 * static_cast<double>(lines) / static_cast<double>(total);
}

void PrintText(const LogDifference& difference, size_t top, std::FILE* out) {
  Print(out, "{} lines before, {} after: {} patterns new, {} gone, {} changed\n",
        difference.lines_before, difference.lines_after, difference.added.size(),
        difference.gone.size(), difference.changed.size());
  const auto list = [&](const char* title, const std::vector<PatternChangeRow>& rows) {
    if (rows.empty()) return;
    Print(out, "\n{:8}  {:>10}  {:>10}  {:>8}  {:>8}  {:>9}  pattern\n", title, "before", "after",
          "share", "share", "G");
    const size_t shown = top == 0 ? rows.size() : std::min(top, rows.size());
    for (size_t i = 0; i < shown; ++i) {
      const PatternChangeRow& row = rows[i];
      Print(out, "{:8}  {:>10}  {:>10}  {:>7.3f}%  {:>7.3f}%  {:>9.1f}  {}\n", "", row.before,
            row.after, Share(row.before, difference.records_before),
            Share(row.after, difference.records_after), row.g, NamedPattern(row.name, row.text));
    }
    if (shown < rows.size()) Print(out, "{} more; --top 0 shows all\n", rows.size() - shown);
  };
  list("NEW", difference.added);
  list("GONE", difference.gone);
  list("CHANGED", difference.changed);
}

void PrintJson(const LogDifference& difference, size_t top, std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("lines_before").Int(static_cast<int64_t>(difference.lines_before));
  json.Key("lines_after").Int(static_cast<int64_t>(difference.lines_after));
  const auto list = [&](const char* key, const std::vector<PatternChangeRow>& rows) {
    json.Key(key).BeginArray();
    for (size_t i = 0; i < rows.size() && (top == 0 || i < top); ++i) {
      const PatternChangeRow& row = rows[i];
      json.BeginObject();
      json.Key("id").String(HexId(row.id));
      json.Key("pattern").String(row.text);
      json.Key("name").String(row.name);
      json.Key("level").String(row.level);
      json.Key("before").Int(static_cast<int64_t>(row.before));
      json.Key("after").Int(static_cast<int64_t>(row.after));
      json.Key("g").Number(row.g);
      json.Key("p").Number(row.p);
      json.Key("example").String(row.example);
      json.EndObject();
    }
    json.EndArray();
  };
  list("new", difference.added);
  list("gone", difference.gone);
  list("changed", difference.changed);
  json.EndObject();
  Print(out, "{}\n", json.text());
}

}  // namespace

void PrintDifference(const LogDifference& difference, size_t top, bool json, std::FILE* out) {
  if (json) {
    PrintJson(difference, top, out);
  } else {
    PrintText(difference, top, out);
  }
}

}  // namespace kizashi
