#include "act/replay.h"

#include <fmt/core.h>
#include <unistd.h>

#include <map>

#include "base/json_writer.h"
#include "judge/judge.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {
namespace {

struct Replayed {
  std::vector<Verdict> verdicts;
  uint64_t entries = 0;
  uint64_t first_seq = 0;
  Time begin{};
  Time end{};
};

StatusOr<Replayed> Replay(const std::string& directory) {
  const SystemClock clock;
  StoreOptions options;
  options.directory = directory + "/telemetry";
  options.read_only = true;
  KZ_ASSIGN_OR_RETURN(const auto store, TelemetryStore::Open(options, clock, nullptr));
  Judge judge(*store);
  KZ_ASSIGN_OR_RETURN(const auto base, store->ReplayBase());
  if (base) KZ_RETURN_IF_ERROR(judge.Restore(base->state));
  Replayed replayed;
  replayed.begin = judge.now();
  replayed.first_seq = judge.last_seq() + 1;
  const bool progress = isatty(STDERR_FILENO) != 0;
  KZ_RETURN_IF_ERROR(store->Scan(judge.last_seq(), [&](const JournalEntry& entry) {
    if (replayed.entries == 0 && !base) replayed.begin = entry.time;
    const JudgeOutput& output = judge.Apply(entry);
    replayed.verdicts.insert(replayed.verdicts.end(), output.verdicts.verdicts.begin(),
                             output.verdicts.verdicts.end());
    if (++replayed.entries % 100'000 == 0 && progress) {
      fmt::print(stderr, "\r{} entries, at {}", replayed.entries, FormatTime(entry.time));
    }
    return true;
  }));
  if (progress && replayed.entries >= 100'000) fmt::print(stderr, "\r\033[K");
  replayed.end = judge.now();
  return replayed;
}

void PrintVerdict(std::string_view mark, const Verdict& verdict, std::FILE* out) {
  fmt::print(out, "{}{} {} {} {} {}\n", mark, FormatTime(verdict.time), verdict.type,
             verdict.service, verdict.subject, verdict.text);
}

using Key = std::pair<std::string, std::string>;
Key KeyOf(const Verdict& verdict) { return {verdict.type, verdict.subject}; }

struct Difference {
  size_t same = 0;
  std::vector<Verdict> only_kept;
  std::vector<Verdict> only_replayed;
};

Difference Compare(const std::vector<Verdict>& kept, const Replayed& replayed) {
  std::map<Key, Verdict> again;
  for (const Verdict& verdict : replayed.verdicts) again.emplace(KeyOf(verdict), verdict);
  Difference difference;
  for (const Verdict& verdict : kept) {
    // Older than what the journal still holds, or newer than what this run has read.
    if (verdict.time < replayed.begin || verdict.time > replayed.end) continue;
    const auto found = again.find(KeyOf(verdict));
    if (found != again.end() && found->second == verdict) {
      ++difference.same;
      again.erase(found);
    } else {
      difference.only_kept.push_back(verdict);
    }
  }
  for (auto& [key, verdict] : again) difference.only_replayed.push_back(std::move(verdict));
  return difference;
}

}  // namespace

int ReplayCommand(const ReplayOptions& options, std::FILE* out) {
  // The records first: whatever they hold by now, the journal holds the reasons of.
  const auto records = RecordStore::Open(options.data_directory + "/records.db");
  const auto kept = records.ok() ? (*records)->ListVerdicts() : records.status();
  const auto replayed = kept.ok() ? Replay(options.data_directory) : kept.status();
  if (!replayed.ok()) {
    fmt::print(stderr, "kizashi replay: {}\n", Message(replayed.status()));
    return 3;
  }
  const Difference difference = Compare(*kept, *replayed);
  const bool same = difference.only_kept.empty() && difference.only_replayed.empty();
  if (options.format == "json") {
    JsonWriter json;
    json.BeginObject();
    json.Key("entries").Int(static_cast<int64_t>(replayed->entries));
    json.Key("verdicts").Int(static_cast<int64_t>(replayed->verdicts.size()));
    json.Key("same").Int(static_cast<int64_t>(difference.same));
    json.Key("only_kept").Int(static_cast<int64_t>(difference.only_kept.size()));
    json.Key("only_replayed").Int(static_cast<int64_t>(difference.only_replayed.size()));
    json.EndObject();
    fmt::print(out, "{}\n", json.text());
    return same ? 0 : 1;
  }
  if (options.list) {
    for (const Verdict& verdict : replayed->verdicts) PrintVerdict("", verdict, out);
  }
  for (const Verdict& verdict : difference.only_kept) PrintVerdict("only kept:     ", verdict, out);
  for (const Verdict& verdict : difference.only_replayed) {
    PrintVerdict("only replayed: ", verdict, out);
  }
  fmt::print(out,
             "{} entries from {} on, {} verdicts: {} the same, {} only kept, {} only replayed\n",
             replayed->entries, replayed->first_seq, replayed->verdicts.size(), difference.same,
             difference.only_kept.size(), difference.only_replayed.size());
  return same ? 0 : 1;
}

}  // namespace kizashi
