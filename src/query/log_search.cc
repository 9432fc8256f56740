#include "query/log_search.h"

#include <algorithm>

#include "query/log_matcher.h"

namespace kizashi {
namespace {

constexpr uint32_t kTailChunk = 1024;         // lines of a tail that are looked at under its lock
constexpr uint32_t kLinesBetweenLooks = 256;  // at the clock and the flag

using Visit = std::function<bool(const LogRow&)>;

class Search {
 public:
  Search(const LogMatcher& matcher, const LogSearchLimits& limits, const Visit* visit)
      : matcher_(matcher), limits_(limits), visit_(visit) {}

  LogSearchResult Run(const LogStoreView& view) {
    result_.blocks_left = view.blocks.size();
    for (auto tail = view.tails.rbegin(); tail != view.tails.rend() && GoOn(); ++tail) {
      VisitTail(*tail);
    }
    for (auto info = view.blocks.rbegin(); info != view.blocks.rend() && GoOn(); ++info) {
      if (!matcher_.InRange((*info)->first_time, (*info)->last_time)) {
        ++result_.blocks_passed;
      } else if (!SearchBlock(**info)) {
        break;
      }
      --result_.blocks_left;
    }
    return std::move(result_);
  }

 private:
  // Whether nothing ended the search; looks at everything that may.
  bool GoOn() {
    if (result_.end != LogSearchEnd::kAll) return false;
    if (visit_ != nullptr && result_.lines >= limits_.lines) return End(LogSearchEnd::kLines);
    if (result_.text_bytes >= limits_.text_bytes) return End(LogSearchEnd::kBytes);
    return GoOnInBlock();
  }
  bool GoOnInBlock() {
    if (limits_.cancelled != nullptr && *limits_.cancelled) return End(LogSearchEnd::kCancelled);
    if (watch_.Elapsed() >= limits_.time) return End(LogSearchEnd::kTime);
    return true;
  }
  bool End(LogSearchEnd end) {
    result_.end = end;
    return false;
  }

  // Hands a line over, or counts it; false when it was the last.
  bool Give(const LogRow& row) {
    ++result_.lines;
    if (visit_ == nullptr) return true;
    if (!(*visit_)(row)) return End(LogSearchEnd::kVisitor);
    return result_.lines < limits_.lines || End(LogSearchEnd::kLines);
  }

  void VisitTail(const LogStoreView::Tail& tail) {
    for (uint32_t below = tail.lines; below > 0 && GoOn();) {
      // The lines are handed over after the tail's lock was let go.
      std::vector<LogRow> rows;
      tail.tail->Visit(below, kTailChunk, [&](const BlockRows& lines, uint32_t line) {
        if (matcher_.Fits(lines, line)) {
          if (visit_ != nullptr) {
            rows.push_back(lines.Read(line));
          } else {
            ++result_.lines;
          }
        }
        result_.text_bytes += lines.TextBytes(line);
        return true;
      });
      for (const LogRow& row : rows) {
        if (!Give(row)) return;
      }
      below -= std::min(below, kTailChunk);
    }
  }

  // False when the search ended inside of the block.
  bool SearchBlock(const LogBlockInfo& info) {
    const Status searched = SearchFile(info);
    // Deleted by retention since the view was taken.
    if (searched.code() == absl::StatusCode::kNotFound) {
      ++result_.blocks_passed;
      return true;
    }
    if (!searched.ok()) result_.damaged.emplace_back(Message(searched));
    ++result_.blocks_searched;
    return result_.end == LogSearchEnd::kAll;
  }

  Status SearchFile(const LogBlockInfo& info) {
    KZ_ASSIGN_OR_RETURN(const auto block, LogBlock::OpenFile(info.path));
    const Status searched = SearchOpened(block.get());
    if (!searched.ok()) return DataLoss("{}: {}", info.path, Message(searched));
    return OkStatus();
  }

  Status SearchOpened(LogBlock* block) {
    const BlockFooter& footer = block->footer();
    result_.text_bytes += footer.text_bytes;
    KZ_ASSIGN_OR_RETURN(const LogMatcher::Found found, matcher_.Candidates(block));
    if (found.rows.empty()) return OkStatus();
    const bool timed = !matcher_.AllInRange(footer.first_time, footer.last_time);
    const bool ask = std::find(found.ask.begin(), found.ask.end(), true) != found.ask.end();
    if (visit_ == nullptr && !timed && !matcher_.has_regex() && !ask) {
      for (size_t i = 0; i < found.rows.size(); ++i) {
        result_.lines += found.rows[i].Count(block->schema().skeletons[i].lines);
      }
      return OkStatus();
    }
    KZ_RETURN_IF_ERROR(block->LoadLines());
    return VisitLines(block, LinesOf(*block, found.rows), found.ask);
  }

  // The lines that are in the sets and in the time range, the newest first.
  std::vector<uint32_t> LinesOf(const LogBlock& block, const BlockRowSets& found) const {
    std::vector<uint32_t> lines;
    std::vector<size_t> left;
    for (const RowSet& rows : found) left.push_back(rows.rows().size());
    for (uint32_t line = block.footer().lines; line-- > 0;) {
      const uint32_t skeleton = block.order()[line];
      const RowSet& rows = found[skeleton];
      if (!rows.all()) {
        // Rows of a skeleton come in the order of its lines.
        size_t& at = left[skeleton];
        if (at == 0 || rows.rows()[at - 1] != block.rows()[line]) continue;
        --at;
      }
      if (matcher_.TimeFits(TimeFromMs(block.times_ms()[line]))) lines.push_back(line);
    }
    const auto& times = block.times_ms();
    std::stable_sort(lines.begin(), lines.end(),
                     [&](uint32_t a, uint32_t b) { return times[a] > times[b]; });
    return lines;
  }

  // Whether a candidate fits by its text.
  StatusOr<bool> TextFits(LogBlock* block, uint32_t line, const std::vector<bool>& asks) {
    const uint32_t skeleton = block->order()[line];
    const bool ask = !asks.empty() && asks[skeleton];
    if (!matcher_.has_regex() && !ask) return true;
    text_.clear();
    KZ_RETURN_IF_ERROR(block->AppendText(skeleton, block->rows()[line], &text_));
    if (!matcher_.TextFits(text_)) return false;
    if (!ask) return true;
    KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* streams, block->StreamsOf(skeleton));
    const BlockFooter& footer = block->footer();
    return matcher_.PatternFits(text_, footer.streams[(*streams)[block->rows()[line]]].id,
                                footer.patterns[block->schema().skeletons[skeleton].pattern]);
  }

  Status VisitLines(LogBlock* block, const std::vector<uint32_t>& lines,
                    const std::vector<bool>& asks) {
    uint32_t looked = 0;
    for (const uint32_t line : lines) {
      if (looked++ % kLinesBetweenLooks == 0 && !GoOnInBlock()) return OkStatus();
      KZ_ASSIGN_OR_RETURN(const bool fits, TextFits(block, line, asks));
      if (!fits) continue;
      if (visit_ == nullptr) {
        ++result_.lines;
        continue;
      }
      KZ_ASSIGN_OR_RETURN(const LogRow row, block->Read(line));
      if (!Give(row)) return OkStatus();
    }
    return OkStatus();
  }

  const LogMatcher& matcher_;
  const LogSearchLimits& limits_;
  const Visit* visit_;  // nothing: lines are counted only
  const Stopwatch watch_;
  std::string text_;
  LogSearchResult result_;
};

}  // namespace

StatusOr<LogSearchResult> SearchLogs(const LogStore& store, const LogQuery& query,
                                     const LogSearchLimits& limits,
                                     const std::function<bool(const LogRow&)>& visit) {
  KZ_ASSIGN_OR_RETURN(const LogMatcher matcher, LogMatcher::Make(query));
  return Search(matcher, limits, &visit).Run(store.View());
}

StatusOr<LogSearchResult> CountLogs(const LogStore& store, const LogQuery& query,
                                    const LogSearchLimits& limits) {
  KZ_ASSIGN_OR_RETURN(const LogMatcher matcher, LogMatcher::Make(query));
  return Search(matcher, limits, nullptr).Run(store.View());
}

}  // namespace kizashi
