#include "query/log_matcher.h"

#include <re2/re2.h>

#include <algorithm>

#include "query/regex_literals.h"

namespace kizashi {
namespace {

constexpr int64_t kRegexMemory = 8 << 20;

}  // namespace

LogMatcher::LogMatcher(const LogQuery& query) : query_(&query), finder_(query.text) {}
LogMatcher::LogMatcher(LogMatcher&&) noexcept = default;
LogMatcher::~LogMatcher() = default;

StatusOr<LogMatcher> LogMatcher::Make(const LogQuery& query) {
  LogMatcher matcher(query);
  if (!query.text.empty()) matcher.texts_.push_back(query.text);
  if (query.regex.empty()) return matcher;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(kRegexMemory);
  matcher.regex_ = std::make_unique<const re2::RE2>(query.regex, options);
  if (!matcher.regex_->ok()) {
    return InvalidArgument("regular expression: {}", matcher.regex_->error());
  }
  for (std::string& literal : RequiredLiterals(query.regex)) {
    matcher.texts_.push_back(std::move(literal));
  }
  return matcher;
}

bool LogMatcher::InRange(Time first, Time last) const {
  return (!query_->from || last >= *query_->from) && (!query_->to || first <= *query_->to);
}

bool LogMatcher::AllInRange(Time first, Time last) const {
  return (!query_->from || first >= *query_->from) && (!query_->to || last <= *query_->to);
}

bool LogMatcher::PatternFits(uint64_t pattern) const {
  return !query_->patterns ||
         std::binary_search(query_->patterns->begin(), query_->patterns->end(), pattern);
}

bool LogMatcher::TextFits(const std::string& text) const {
  return regex_ == nullptr || RE2::PartialMatch(text, *regex_);
}

StatusOr<BlockRowSets> LogMatcher::Candidates(LogBlock* block) const {
  const auto& streams = block->footer().streams;
  std::vector<bool> wanted(streams.size(), true);
  if (query_->streams) {
    for (size_t i = 0; i < streams.size(); ++i) {
      wanted[i] =
          std::binary_search(query_->streams->begin(), query_->streams->end(), streams[i].id);
    }
    if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return BlockRowSets();
  }
  const auto& patterns = block->footer().patterns;
  if (query_->patterns && std::none_of(patterns.begin(), patterns.end(),
                                       [&](uint64_t pattern) { return PatternFits(pattern); })) {
    return BlockRowSets();
  }
  KZ_RETURN_IF_ERROR(block->Load());
  BlockRowSets found;
  bool any = false;
  for (uint32_t i = 0; i < block->schema().skeletons.size(); ++i) {
    KZ_ASSIGN_OR_RETURN(RowSet rows, RowsOf(block, i, wanted));
    any = any || !rows.none();
    found.push_back(std::move(rows));
  }
  for (const std::string& text : texts_) {
    if (!any) break;
    KZ_ASSIGN_OR_RETURN(const BlockRowSets holding, FindText(block, text));
    any = false;
    for (size_t i = 0; i < found.size(); ++i) {
      found[i] = found[i].And(holding[i]);
      any = any || !found[i].none();
    }
  }
  return any ? std::move(found) : BlockRowSets();
}

StatusOr<RowSet> LogMatcher::RowsOf(LogBlock* block, uint32_t skeleton,
                                    const std::vector<bool>& streams) const {
  const SkeletonEntry& entry = block->schema().skeletons[skeleton];
  if (!PatternFits(block->footer().patterns[entry.pattern])) return RowSet::None();
  RowSet rows = RowSet::All();
  if (!query_->trace_id.empty()) {
    KZ_ASSIGN_OR_RETURN(rows,
                        FindValue(block, skeleton, entry.slots() + kTraceColumn, query_->trace_id));
  }
  if (!rows.none() && query_->streams) {
    KZ_ASSIGN_OR_RETURN(const RowSet of, StreamRows(block, skeleton, streams));
    rows = rows.And(of);
  }
  if (!rows.none() && query_->severity_min > LogSeverity::kNone) {
    KZ_ASSIGN_OR_RETURN(const RowSet of, SeverityRows(block, skeleton));
    rows = rows.And(of);
  }
  if (!rows.none() && query_->parameter) {
    KZ_ASSIGN_OR_RETURN(const RowSet of, ParameterRows(block, skeleton));
    rows = rows.And(of);
  }
  return rows;
}

StatusOr<RowSet> LogMatcher::StreamRows(LogBlock* block, uint32_t skeleton,
                                        const std::vector<bool>& wanted) const {
  const ColumnEntry& entry = block->schema().skeletons[skeleton].streams;
  if (entry.kind == ColumnKind::kConst) return wanted[entry.value] ? RowSet::All() : RowSet::None();
  KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* streams, block->StreamsOf(skeleton));
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < streams->size(); ++row) {
    if (wanted[(*streams)[row]]) rows.push_back(row);
  }
  return RowSet::Of(std::move(rows));
}

StatusOr<RowSet> LogMatcher::SeverityRows(LogBlock* block, uint32_t skeleton) const {
  const ColumnEntry& entry = block->schema().skeletons[skeleton].flags;
  const auto fits = [&](uint32_t flags) {
    return static_cast<LogSeverity>(flags & kSeverityMask) >= query_->severity_min;
  };
  if (entry.kind == ColumnKind::kConst) return fits(entry.value) ? RowSet::All() : RowSet::None();
  KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* flags, block->FlagsOf(skeleton));
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < flags->size(); ++row) {
    if (fits((*flags)[row])) rows.push_back(row);
  }
  return RowSet::Of(std::move(rows));
}

StatusOr<RowSet> LogMatcher::ParameterRows(LogBlock* block, uint32_t skeleton) const {
  const size_t slots = block->schema().skeletons[skeleton].slots();
  RowSet rows = RowSet::None();
  for (size_t slot = 0; slot < slots; ++slot) {
    if (query_->parameter->slot && *query_->parameter->slot != slot) continue;
    KZ_ASSIGN_OR_RETURN(const RowSet of,
                        FindValue(block, skeleton, slot, query_->parameter->value));
    rows = rows.Or(of);
  }
  return rows;
}

bool LogMatcher::ParameterFits(const BlockRows& rows, uint32_t line) const {
  const SkeletonRows& skeleton = rows.skeletons[rows.order[line]];
  for (size_t slot = 0; slot < skeleton.slots(); ++slot) {
    if (query_->parameter->slot && *query_->parameter->slot != slot) continue;
    if (rows.values[skeleton.columns[slot][rows.row[line]]] == query_->parameter->value)
      return true;
  }
  return false;
}

bool LogMatcher::Fits(const BlockRows& rows, uint32_t line) const {
  const SkeletonRows& skeleton = rows.skeletons[rows.order[line]];
  const uint32_t row = rows.row[line];
  if (!TimeFits(TimeFromMs(rows.times_ms[line]))) return false;
  if (!PatternFits(skeleton.pattern)) return false;
  if (static_cast<LogSeverity>(skeleton.flags[row] & kSeverityMask) < query_->severity_min)
    return false;
  if (query_->streams) {
    const StreamId stream = rows.streams[skeleton.streams[row]].id;
    if (!std::binary_search(query_->streams->begin(), query_->streams->end(), stream)) return false;
  }
  if (!query_->trace_id.empty() &&
      rows.values[skeleton.columns[skeleton.slots() + kTraceColumn][row]] != query_->trace_id) {
    return false;
  }
  if (query_->parameter && !ParameterFits(rows, line)) return false;
  if (query_->text.empty() && regex_ == nullptr) return true;
  std::string text;
  rows.AppendText(line, &text);
  return finder_.In(text) && TextFits(text);
}

}  // namespace kizashi
