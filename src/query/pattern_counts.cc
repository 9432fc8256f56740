// CountPatterns of log_search.h.
#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
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
    std::string text;
    for (uint32_t below = tail.lines; below > 0; below -= std::min(below, kTailChunk)) {
      tail.tail->Visit(below, kTailChunk, [&](const BlockRows& rows, uint32_t line) {
        const SkeletonRows& skeleton = rows.skeletons[rows.order[line]];
        const uint32_t row = rows.row[line];
        if (!Wanted(query_.streams, StreamId{rows.streams[skeleton.streams[row]].id})) return true;
        const TemplateFit fit = FitOf(skeleton, skeleton.pattern);
        text.clear();
        if (fit.some) rows.AppendText(line, &text);
        AddLine(fit, text, skeleton.pattern, rows.times_ms[line], skeleton.flags[row]);
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

  PatternCounts Take() const { return {ListOf(skeletons_), ListOf(templates_)}; }

 private:
  enum class Part { kNone, kAll, kSome };
  // How many of a pattern's lines are of wanted streams, and what they can be.
  struct Whole {
    Part part = Part::kNone;
    TemplateFit fit;
    bool operator==(const Whole&) const = default;
  };
  using Counts = std::map<std::tuple<uint64_t, LogSeverity, Time>, uint32_t>;

  static std::vector<PatternCount> ListOf(const Counts& counts) {
    std::vector<PatternCount> found;
    for (const auto& [key, lines] : counts) {
      const auto& [pattern, severity, minute] = key;
      found.push_back({pattern, minute, severity, lines});
    }
    return found;
  }

  // What lines of a skeleton may be; once for each.
  template <typename Skeleton>  // SkeletonEntry or SkeletonRows
  TemplateFit FitOf(const Skeleton& skeleton, uint64_t pattern) {
    if (query_.templates == nullptr) return {};
    const auto [found, added] = fits_.try_emplace(Hash64(skeleton.constants, pattern));
    if (!added) return found->second;
    std::vector<std::string_view> pieces;
    uint32_t begin = 0;
    for (const uint32_t end : skeleton.piece_ends) {
      pieces.push_back(std::string_view(skeleton.constants).substr(begin, end - begin));
      begin = end;
    }
    return found->second = query_.templates->FitOf(pieces);
  }

  bool IsWanted(uint64_t pattern) const { return Wanted(query_.patterns, pattern); }
  // Whether lines of a skeleton may count: by their template or for themselves.
  bool IsWanted(const TemplateFit& fit, uint64_t pattern) const {
    if (fit.all != nullptr) return IsWanted(*fit.all);
    return IsWanted(pattern) || (fit.some && query_.template_id);
  }
  bool IsWanted(const PatternTemplate& one) const {
    return !query_.patterns || one.id == query_.template_id;
  }

  bool InRange(Time minute) const { return minute >= first_ && minute <= query_.to; }
  // `of`: the template of the lines, null: none.
  void Add(const PatternTemplate* of, uint64_t pattern, LogSeverity severity, Time minute,
           uint32_t lines) {
    if (!InRange(minute)) return;
    if (of != nullptr && IsWanted(*of)) templates_[{of->id, severity, minute}] += lines;
    if (of == nullptr && IsWanted(pattern)) skeletons_[{pattern, severity, minute}] += lines;
  }
  // `text` is the line's where the fit says that it has to be asked.
  void AddLine(const TemplateFit& fit, std::string_view text, uint64_t pattern, int64_t time_ms,
               uint32_t flags) {
    Add(fit.some ? query_.templates->Find(text) : fit.all, pattern,
        static_cast<LogSeverity>(flags & kSeverityMask), FloorTo(TimeFromMs(time_ms), kMinute), 1);
  }

  Status AddOpened(LogBlock* block) {
    const BlockFooter& footer = block->footer();
    std::vector<bool> wanted;
    for (const BlockStream& stream : footer.streams) {
      wanted.push_back(Wanted(query_.streams, StreamId{stream.id}));
    }
    if (std::none_of(wanted.begin(), wanted.end(), [](bool b) { return b; })) return OkStatus();
    if (!query_.template_id && std::none_of(footer.patterns.begin(), footer.patterns.end(),
                                            [&](uint64_t pattern) { return IsWanted(pattern); })) {
      return OkStatus();
    }
    std::map<uint64_t, Whole> wholes;  // how much of a pattern is wanted; empty: all of each
    if (query_.templates != nullptr ||
        std::find(wanted.begin(), wanted.end(), false) != wanted.end()) {
      KZ_RETURN_IF_ERROR(block->Load());
      wholes = WholesOf(*block, wanted);
    }
    KZ_ASSIGN_OR_RETURN(const std::vector<PatternCount> in_block, block->Counts());
    for (const PatternCount& count : in_block) {
      const Whole whole = wholes.empty() ? Whole{Part::kAll, {}} : wholes[count.pattern];
      if (whole.part != Part::kAll) continue;
      Add(whole.fit.all, count.pattern, count.severity, count.minute, count.lines);
    }
    const bool some = std::any_of(wholes.begin(), wholes.end(), [&](const auto& whole) {
      return whole.second.part == Part::kSome && IsWanted(whole.second.fit, whole.first);
    });
    return some ? AddRows(block, wanted, wholes) : OkStatus();
  }

  // By the streams that each skeleton's column can hold, and by what templates its lines can be of.
  std::map<uint64_t, Whole> WholesOf(const LogBlock& block, const std::vector<bool>& wanted) {
    std::map<uint64_t, Whole> wholes;
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
      const uint64_t pattern = block.footer().patterns[entry.pattern];
      Whole whole{all ? Part::kAll : any ? Part::kSome : Part::kNone, FitOf(entry, pattern)};
      if (whole.fit.some && any) whole.part = Part::kSome;
      const auto [found, added] = wholes.try_emplace(pattern, whole);
      if (added || found->second == whole) continue;
      // Skeletons of one hash that differ: each line is looked at.
      found->second.part = Part::kSome;
      if (found->second.fit != whole.fit) found->second.fit = {nullptr, true};
    }
    return wholes;
  }

  // The lines, one by one, of patterns of which some are wanted.
  Status AddRows(LogBlock* block, const std::vector<bool>& wanted,
                 const std::map<uint64_t, Whole>& wholes) {
    KZ_RETURN_IF_ERROR(block->LoadLines());
    const auto& skeletons = block->schema().skeletons;
    std::vector<const std::vector<uint32_t>*> streams(skeletons.size());
    std::vector<const std::vector<uint32_t>*> flags(skeletons.size());
    std::vector<TemplateFit> fits(skeletons.size());
    for (uint32_t i = 0; i < skeletons.size(); ++i) {
      const uint64_t pattern = block->footer().patterns[skeletons[i].pattern];
      const Whole& whole = wholes.at(pattern);
      if (whole.part != Part::kSome || !IsWanted(whole.fit, pattern)) continue;
      fits[i] = whole.fit;
      KZ_ASSIGN_OR_RETURN(streams[i], block->StreamsOf(i));
      KZ_ASSIGN_OR_RETURN(flags[i], block->FlagsOf(i));
    }
    std::string text;
    for (uint32_t line = 0; line < block->footer().lines; ++line) {
      const uint32_t skeleton = block->order()[line];
      const uint32_t row = block->rows()[line];
      if (streams[skeleton] == nullptr || !wanted[(*streams[skeleton])[row]]) continue;
      const int64_t time_ms = block->times_ms()[line];
      if (!InRange(FloorTo(TimeFromMs(time_ms), kMinute))) continue;
      text.clear();
      if (fits[skeleton].some) KZ_RETURN_IF_ERROR(block->AppendText(skeleton, row, &text));
      AddLine(fits[skeleton], text, block->footer().patterns[skeletons[skeleton].pattern], time_ms,
              (*flags[skeleton])[row]);
    }
    return OkStatus();
  }

  const PatternCountQuery& query_;
  const Time first_;
  std::unordered_map<uint64_t, TemplateFit> fits_;  // by the skeleton's hash and constant text
  Counts skeletons_;
  Counts templates_;
};

}  // namespace

StatusOr<PatternCounts> CountPatterns(const LogStore& store, const PatternCountQuery& query) {
  const LogStoreView view = store.View();
  PatternCounter counter(query);
  const Stopwatch watch;
  for (const auto& info : view.blocks) {
    KZ_RETURN_IF_ERROR(counter.AddBlock(*info));
    if (query.cancelled != nullptr && *query.cancelled) return Unavailable("stopped");
    if (watch.Elapsed() >= query.time) {
      return Unavailable("counting takes longer than {}: ask for a shorter range",
                         FormatDuration(query.time));
    }
  }
  for (const LogStoreView::Tail& tail : view.tails) counter.AddTail(tail);
  return counter.Take();
}

}  // namespace kizashi
