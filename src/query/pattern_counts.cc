// CountPatterns of log_search.h.
#include <algorithm>
#include <map>
#include <tuple>

#include "query/log_search.h"

namespace kizashi {
namespace {

constexpr uint32_t kTailChunk = 1024;  // lines of a tail that are looked at under its lock
constexpr Duration kMinute = std::chrono::minutes(1);

template <typename T>
bool Wanted(const std::optional<std::vector<T>>& set, T value) {
  return !set || std::binary_search(set->begin(), set->end(), value);
}

class PatternCounter {
 public:
  explicit PatternCounter(const PatternCountQuery& query)
      : query_(query), first_(FloorTo(query.from, kMinute)) {}

  void AddTail(const LogStoreView::Tail& tail) {
    for (uint32_t below = tail.lines; below > 0; below -= std::min(below, kTailChunk)) {
      tail.tail->Visit(below, kTailChunk, [&](const BlockRows& rows, uint32_t line) {
        const SkeletonRows& skeleton = rows.skeletons[rows.order[line]];
        const uint32_t row = rows.row[line];
        if (Wanted(query_.streams, StreamId{rows.streams[skeleton.streams[row]].id})) {
          AddLine(skeleton.pattern, rows.times_ms[line], skeleton.flags[row]);
        }
        return true;
      });
    }
  }

  Status AddBlock(const LogBlockInfo& info) {
    if (info.last_time < first_ || info.first_time > query_.to) return OkStatus();
    const auto block = LogBlock::OpenFile(info.path);
    if (block.status().code() == absl::StatusCode::kNotFound) return OkStatus();  // retired since
    KZ_RETURN_IF_ERROR(block.status());
    const Status added = AddOpened(block->get());
    return added.ok() ? added : DataLoss("{}: {}", info.path, Message(added));
  }

  std::vector<PatternCount> Take() const {
    std::vector<PatternCount> found;
    for (const auto& [key, lines] : counts_) {
      const auto& [pattern, severity, minute] = key;
      found.push_back({pattern, minute, severity, lines});
    }
    return found;
  }

 private:
  enum class Part { kNone, kAll, kSome };

  void Add(uint64_t pattern, LogSeverity severity, Time minute, uint32_t lines) {
    if (minute < first_ || minute > query_.to || !Wanted(query_.patterns, pattern)) return;
    counts_[{pattern, severity, minute}] += lines;
  }
  void AddLine(uint64_t pattern, int64_t time_ms, uint32_t flags) {
    Add(pattern, static_cast<LogSeverity>(flags & kSeverityMask),
        FloorTo(TimeFromMs(time_ms), kMinute), 1);
  }

  Status AddOpened(LogBlock* block) {
    const BlockFooter& footer = block->footer();
    std::vector<bool> wanted;
    for (const BlockStream& stream : footer.streams) {
      wanted.push_back(Wanted(query_.streams, StreamId{stream.id}));
    }
    if (std::none_of(wanted.begin(), wanted.end(), [](bool b) { return b; })) return OkStatus();
    if (std::none_of(footer.patterns.begin(), footer.patterns.end(),
                     [&](uint64_t pattern) { return Wanted(query_.patterns, pattern); })) {
      return OkStatus();
    }
    std::map<uint64_t, Part> parts;  // how much of a pattern is wanted; empty: all of each
    if (std::find(wanted.begin(), wanted.end(), false) != wanted.end()) {
      KZ_RETURN_IF_ERROR(block->Load());
      parts = PartsOf(*block, wanted);
    }
    KZ_ASSIGN_OR_RETURN(const std::vector<PatternCount> in_block, block->Counts());
    for (const PatternCount& count : in_block) {
      if (parts.empty() || parts[count.pattern] == Part::kAll) {
        Add(count.pattern, count.severity, count.minute, count.lines);
      }
    }
    const bool some = std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
      return part.second == Part::kSome && Wanted(query_.patterns, part.first);
    });
    return some ? AddRows(block, wanted, parts) : OkStatus();
  }

  // By the streams that each skeleton's column can hold.
  static std::map<uint64_t, Part> PartsOf(const LogBlock& block, const std::vector<bool>& wanted) {
    std::map<uint64_t, Part> parts;
    for (const SkeletonEntry& entry : block.schema().skeletons) {
      bool any = false;
      bool all = true;
      const auto see = [&](uint32_t stream) {
        any = any || wanted[stream];
        all = all && wanted[stream];
      };
      if (entry.streams.kind == ColumnKind::kConst) {
        see(entry.streams.value);
      } else {
        for (const uint32_t stream : entry.streams.values) see(stream);
      }
      const Part part = all ? Part::kAll : any ? Part::kSome : Part::kNone;
      const auto [found, added] = parts.try_emplace(block.footer().patterns[entry.pattern], part);
      if (!added && found->second != part) found->second = Part::kSome;
    }
    return parts;
  }

  // The lines, one by one, of patterns of which some are wanted.
  Status AddRows(LogBlock* block, const std::vector<bool>& wanted,
                 const std::map<uint64_t, Part>& parts) {
    KZ_RETURN_IF_ERROR(block->LoadLines());
    const auto& skeletons = block->schema().skeletons;
    std::vector<const std::vector<uint32_t>*> streams(skeletons.size());
    std::vector<const std::vector<uint32_t>*> flags(skeletons.size());
    for (uint32_t i = 0; i < skeletons.size(); ++i) {
      const uint64_t pattern = block->footer().patterns[skeletons[i].pattern];
      if (parts.at(pattern) != Part::kSome || !Wanted(query_.patterns, pattern)) continue;
      KZ_ASSIGN_OR_RETURN(streams[i], block->StreamsOf(i));
      KZ_ASSIGN_OR_RETURN(flags[i], block->FlagsOf(i));
    }
    for (uint32_t line = 0; line < block->footer().lines; ++line) {
      const uint32_t skeleton = block->order()[line];
      const uint32_t row = block->rows()[line];
      if (streams[skeleton] == nullptr || !wanted[(*streams[skeleton])[row]]) continue;
      AddLine(block->footer().patterns[skeletons[skeleton].pattern], block->times_ms()[line],
              (*flags[skeleton])[row]);
    }
    return OkStatus();
  }

  const PatternCountQuery& query_;
  const Time first_;
  std::map<std::tuple<uint64_t, LogSeverity, Time>, uint32_t> counts_;
};

}  // namespace

StatusOr<std::vector<PatternCount>> CountPatterns(const LogStore& store,
                                                  const PatternCountQuery& query) {
  const LogStoreView view = store.View();
  PatternCounter counter(query);
  for (const auto& info : view.blocks) KZ_RETURN_IF_ERROR(counter.AddBlock(*info));
  for (const LogStoreView::Tail& tail : view.tails) counter.AddTail(tail);
  return counter.Take();
}

}  // namespace kizashi
