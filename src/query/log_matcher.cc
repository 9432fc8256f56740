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
  const std::string_view parameter = query.parameter ? query.parameter->value : std::string_view();
  for (const std::string_view text :
       {std::string_view(query.text), std::string_view(query.regex), parameter}) {
    if (text.size() > kLogQueryTextMax) {
      return InvalidArgument("a search is for at most {} bytes, not {}", kLogQueryTextMax,
                             text.size());
    }
  }
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

bool LogMatcher::IsWanted(uint64_t pattern) const {
  return !query_->patterns ||
         std::binary_search(query_->patterns->begin(), query_->patterns->end(), pattern);
}

const PatternTemplates* LogMatcher::TemplatesOf(StreamId stream) const {
  if (!query_->templates) return nullptr;
  const auto found = query_->templates->of.find(stream);
  return found == query_->templates->of.end() ? nullptr : found->second.get();
}

bool LogMatcher::PatternFits(std::string_view text, StreamId stream, uint64_t pattern) const {
  const PatternTemplates* const templates = TemplatesOf(stream);
  const PatternTemplate* const of = templates == nullptr ? nullptr : templates->Find(text);
  return of == nullptr ? IsWanted(pattern) : of->id == query_->templates->id;
}

// Whether all lines of a skeleton or none have the pattern; nothing when each has to be asked.
// `templates` of the wanted streams; null stands for none.
std::optional<bool> LogMatcher::AllFit(const SkeletonEntry& skeleton, uint64_t pattern,
                                       const std::set<const PatternTemplates*>& templates) const {
  std::vector<std::string_view> pieces;
  for (size_t i = 0; i <= skeleton.slots(); ++i) pieces.push_back(skeleton.Piece(i));
  std::optional<bool> all;
  for (const PatternTemplates* const one : templates) {
    const TemplateFit fit = one == nullptr ? TemplateFit{} : one->FitOf(pieces);
    if (fit.some) return std::nullopt;
    const bool fits = fit.all == nullptr ? IsWanted(pattern) : fit.all->id == query_->templates->id;
    if (all && *all != fits) return std::nullopt;
    all = fits;
  }
  return all;
}

bool LogMatcher::TextFits(const std::string& text) const {
  return regex_ == nullptr || RE2::PartialMatch(text, *regex_);
}

StatusOr<LogMatcher::Found> LogMatcher::Candidates(LogBlock* block) const {
  const auto& streams = block->footer().streams;
  std::vector<bool> wanted(streams.size(), true);
  if (query_->streams) {
    for (size_t i = 0; i < streams.size(); ++i) {
      wanted[i] =
          std::binary_search(query_->streams->begin(), query_->streams->end(), streams[i].id);
    }
    if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return Found();
  }
  const auto& patterns = block->footer().patterns;
  std::set<const PatternTemplates*> templates;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (wanted[i]) templates.insert(TemplatesOf(streams[i].id));
  }
  const bool mined = templates == std::set<const PatternTemplates*>{nullptr};
  if (mined && std::none_of(patterns.begin(), patterns.end(),
                            [&](uint64_t pattern) { return IsWanted(pattern); })) {
    return Found();
  }
  KZ_RETURN_IF_ERROR(block->Load());
  Found found;
  bool any = false;
  for (uint32_t i = 0; i < block->schema().skeletons.size(); ++i) {
    const SkeletonEntry& skeleton = block->schema().skeletons[i];
    const uint64_t pattern = patterns[skeleton.pattern];
    const std::optional<bool> all =
        mined ? IsWanted(pattern) : AllFit(skeleton, pattern, templates);
    RowSet rows = RowSet::None();
    if (all.value_or(true)) {
      KZ_ASSIGN_OR_RETURN(rows, RowsOf(block, i, wanted));
    }
    if (!mined) found.ask.push_back(!all);
    any = any || !rows.none();
    found.rows.push_back(std::move(rows));
  }
  for (const std::string& text : texts_) {
    if (!any) break;
    KZ_ASSIGN_OR_RETURN(const BlockRowSets holding, FindText(block, text));
    any = false;
    for (size_t i = 0; i < found.rows.size(); ++i) {
      found.rows[i] = found.rows[i].And(holding[i]);
      any = any || !found.rows[i].none();
    }
  }
  return any ? std::move(found) : Found();
}

StatusOr<RowSet> LogMatcher::RowsOf(LogBlock* block, uint32_t skeleton,
                                    const std::vector<bool>& streams) const {
  const SkeletonEntry& entry = block->schema().skeletons[skeleton];
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
  if (static_cast<LogSeverity>(skeleton.flags[row] & kSeverityMask) < query_->severity_min)
    return false;
  const StreamId stream = rows.streams[skeleton.streams[row]].id;
  const bool templates = TemplatesOf(stream) != nullptr;
  if (!templates && !IsWanted(skeleton.pattern)) return false;
  if (query_->streams) {
    if (!std::binary_search(query_->streams->begin(), query_->streams->end(), stream)) return false;
  }
  if (!query_->trace_id.empty() &&
      rows.values[skeleton.columns[skeleton.slots() + kTraceColumn][row]] != query_->trace_id) {
    return false;
  }
  if (query_->parameter && !ParameterFits(rows, line)) return false;
  if (query_->text.empty() && regex_ == nullptr && !templates) return true;
  std::string text;
  rows.AppendText(line, &text);
  return finder_.In(text) && TextFits(text) &&
         (!templates || PatternFits(text, stream, skeleton.pattern));
}

}  // namespace kizashi
