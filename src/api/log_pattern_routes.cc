// The routes of log_routes.h that count by pattern: the list, one pattern, what changed.
#include <algorithm>

#include "api/log_routes.h"
#include "api/request.h"
#include "base/hash.h"
#include "query/count_change.h"
#include "query/parameters.h"

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kRangeMax = std::chrono::days(366);

std::string_view KindName(SlotKind kind) {
  switch (kind) {
    case SlotKind::kNumber: return "number";
    case SlotKind::kMixed: return "mixed";
    case SlotKind::kPath: return "path";
    case SlotKind::kQuoted: return "quoted";
    case SlotKind::kWord: return "word";
    case SlotKind::kRest: return "rest";
    case SlotKind::kTime: break;
  }
  return "time";
}

// What an anomaly says of its pattern; empty when it is about no pattern.
std::string_view BadgeOf(std::string_view code) {
  for (const std::string_view badge : {"new", "up", "down", "gone"}) {
    if (code == fmt::format("pattern_{}", badge)) return badge;
  }
  return "";
}

StatusOr<std::string> ServiceQuery(const HttpRequest& request) {
  const auto service = request.Query("service");
  if (!service) return InvalidArgument("service is missing, expected a service's name");
  return *service;
}

}  // namespace

StatusOr<LogRoutes::Range> LogRoutes::ReadRange(const HttpRequest& request, std::string_view from,
                                                std::string_view to) const {
  KZ_ASSIGN_OR_RETURN(const std::optional<Time> begin, TimeQuery(request, from));
  KZ_ASSIGN_OR_RETURN(const std::optional<Time> end, TimeQuery(request, to));
  Range range;
  range.to = end.value_or(parts_.clock->Now());
  range.from = begin.value_or(range.to - kDefaultRange);
  if (range.from > range.to || range.to - range.from > kRangeMax) {
    return InvalidArgument("{} to {} is no range, expected one of at most {}", from, to,
                           FormatDuration(kRangeMax));
  }
  return range;
}

// Every pattern with lines in the range, or one. `lines` of the service in the range; those of no
// listed pattern are among them.
StatusOr<std::vector<LogRoutes::PatternView>> LogRoutes::ViewsOf(const std::string& service,
                                                                 Range range,
                                                                 std::optional<uint64_t> id,
                                                                 uint64_t* lines) {
  PatternCountQuery query;
  query.from = range.from;
  query.to = range.to;
  query.streams = parts_.patterns->StreamsOf(service);
  query.time = kSearchTime;
  query.cancelled = &stopping_;
  if (query.streams->empty()) return NotFound("no lines of service '{}' are stored", service);
  std::vector<PatternView> views;
  std::unordered_map<uint64_t, size_t> by_skeleton;
  std::unordered_map<uint64_t, size_t> by_id;
  for (LogPattern& pattern : parts_.patterns->PatternsOf(service)) {
    if (id && pattern.id != *id) continue;
    for (const uint64_t skeleton : pattern.skeletons) by_skeleton[skeleton] = views.size();
    by_id[pattern.id] = views.size();
    if (id) query.patterns = pattern.skeletons;
    views.emplace_back().pattern = std::move(pattern);
  }
  if (id && views.empty()) return NotFound("service '{}' has no such pattern", service);
  query.templates = parts_.patterns->TemplatesOf(service);
  if (id && query.templates != nullptr && query.templates->ById(*id) != nullptr) {
    query.template_id = id;
  }
  KZ_ASSIGN_OR_RETURN(const PatternCounts counts, CountPatterns(*parts_.store, query));
  const auto add = [&](const PatternCount& count, const auto& view_of) {
    *lines += count.lines;
    const auto found = view_of.find(count.pattern);
    if (found == view_of.end()) return;
    PatternView& view = views[found->second];
    view.first = view.lines == 0 ? count.minute : std::min(view.first, count.minute);
    view.last = view.lines == 0 ? count.minute : std::max(view.last, count.minute);
    view.lines += count.lines;
    view.severity = std::max(view.severity, count.severity);
    view.minutes[count.minute] += count.lines;
  };
  for (const PatternCount& count : counts.skeletons) add(count, by_skeleton);
  for (const PatternCount& count : counts.templates) add(count, by_id);
  KZ_RETURN_IF_ERROR(AddBadges(service, &views));
  std::sort(views.begin(), views.end(), [](const PatternView& a, const PatternView& b) {
    return a.lines != b.lines ? a.lines > b.lines : a.pattern.text < b.pattern.text;
  });
  return views;
}

Status LogRoutes::AddBadges(const std::string& service, std::vector<PatternView>* views) {
  RecordFilter filter;
  filter.service = service;
  filter.open = RecordFilter::Open::kOpen;
  filter.limit = 1000;
  KZ_ASSIGN_OR_RETURN(const auto anomalies, parts_.records->ListAnomalies(filter));
  for (const AnomalyRecord& anomaly : anomalies) {
    const std::string badge(BadgeOf(anomaly.code));
    if (badge.empty()) continue;
    const std::string id = FieldText(anomaly.fields, "pattern_id");
    const std::string text = FieldText(anomaly.fields, "pattern");
    for (PatternView& view : *views) {
      if (HexId(view.pattern.id) != id && view.pattern.text != text) continue;
      if (std::find(view.badges.begin(), view.badges.end(), badge) == view.badges.end()) {
        view.badges.push_back(badge);
      }
    }
  }
  return OkStatus();
}

void LogRoutes::WritePattern(const PatternView& view, Range range, JsonWriter* json) {
  json->Key("id").String(HexId(view.pattern.id));
  json->Key("text").String(view.pattern.text);
  json->Key("name").String(view.pattern.name);
  json->Key("severity").String(ToString(view.severity));
  json->Key("lines").Int(static_cast<int64_t>(view.lines));
  json->Key("first_seen").Int(ToMs(view.first));
  json->Key("last_seen").Int(ToMs(view.last));
  json->Key("example").String(view.pattern.example);
  json->Key("badges").BeginArray();
  for (const std::string& badge : view.badges) json->String(badge);
  json->EndArray();
  const Time begin = FloorTo(range.from, kMinute);
  const auto minutes = (range.to - begin) / kMinute + 1;
  const auto points = static_cast<int64_t>(kPointsMax);
  const Duration step = kMinute * ((minutes + points - 1) / points);
  std::map<Time, uint64_t> counts;
  for (const auto& [minute, lines] : view.minutes) {
    counts[begin + (minute - begin) / step * step] += lines;
  }
  json->Key("counts").BeginArray();
  for (const auto& [minute, lines] : counts) {
    json->BeginArray().Int(ToMs(minute)).Int(static_cast<int64_t>(lines)).EndArray();
  }
  json->EndArray();
  json->Key("skeletons").BeginArray();
  for (const uint64_t skeleton : view.pattern.skeletons) json->String(HexId(skeleton));
  json->EndArray();
}

StatusOr<std::string> LogRoutes::Patterns(const HttpRequest& request) {
  KZ_ASSIGN_OR_RETURN(const std::string service, ServiceQuery(request));
  KZ_ASSIGN_OR_RETURN(const Range range, ReadRange(request, "from", "to"));
  uint64_t lines = 0;
  KZ_ASSIGN_OR_RETURN(const auto views, ViewsOf(service, range, {}, &lines));
  uint64_t other = lines;
  JsonWriter json;
  json.BeginObject();
  json.Key("service").String(service);
  json.Key("lines").Int(static_cast<int64_t>(lines));
  json.Key("patterns").BeginArray();
  for (size_t i = 0; i < std::min(views.size(), kPatternsMax) && views[i].lines > 0; ++i) {
    json.BeginObject();
    WritePattern(views[i], range, &json);
    json.EndObject();
    other -= views[i].lines;
  }
  json.EndArray();
  json.Key("other_lines").Int(static_cast<int64_t>(other));
  json.EndObject();
  return json.Take();
}

StatusOr<std::string> LogRoutes::OnePattern(const HttpRequest& request, const std::string& id) {
  KZ_ASSIGN_OR_RETURN(const std::string service, ServiceQuery(request));
  KZ_ASSIGN_OR_RETURN(const Range range, ReadRange(request, "from", "to"));
  KZ_ASSIGN_OR_RETURN(const uint64_t pattern, ReadId("the pattern's id", id));
  uint64_t lines = 0;
  KZ_ASSIGN_OR_RETURN(const auto views, ViewsOf(service, range, pattern, &lines));
  JsonWriter json;
  json.BeginObject();
  json.Key("service").String(service);
  WritePattern(views[0], range, &json);
  KZ_RETURN_IF_ERROR(WriteSamples(views[0], service, range, &json));
  json.EndObject();
  return json.Take();
}

// The newest lines of the pattern: some as examples, all for what stands at its parameters.
Status LogRoutes::WriteSamples(const PatternView& view, const std::string& service, Range range,
                               JsonWriter* json) {
  LogQuery query;
  query.from = range.from;
  query.to = range.to;
  query.streams = parts_.patterns->StreamsOf(service);
  query.patterns = view.pattern.skeletons;
  SetTemplates(view.pattern.id, service, &query);
  LogSearchLimits limits;
  limits.lines = kSampledLines;
  limits.time = kSearchTime;
  limits.cancelled = &stopping_;
  ParameterTable table(view.pattern.text);
  std::vector<Slot> slots;
  size_t examples = 0;
  json->Key("examples").BeginArray();
  const auto give = [&](const LogRow& row) {
    table.Add(row.line.text);
    if (examples++ >= kExamples) return true;
    SplitLine(row.line.text, &slots);
    json->BeginObject();
    json->Key("time").Int(ToMs(row.line.time));
    json->Key("text").String(row.line.text);
    json->Key("slots").BeginArray();
    for (const Slot& slot : slots) {
      json->BeginArray().Int(slot.begin).Int(slot.end).String(KindName(slot.kind)).EndArray();
    }
    json->EndArray().EndObject();
    return true;
  };
  KZ_RETURN_IF_ERROR(SearchLogs(*parts_.store, query, limits, give).status());
  json->EndArray();
  json->Key("sampled").Int(static_cast<int64_t>(table.lines()));
  WriteParameters(table, json);
  return OkStatus();
}

StatusOr<std::string> LogRoutes::Diff(const HttpRequest& request) {
  KZ_ASSIGN_OR_RETURN(const std::string service, ServiceQuery(request));
  KZ_ASSIGN_OR_RETURN(const Range a, ReadRange(request, "a_from", "a_to"));
  KZ_ASSIGN_OR_RETURN(const Range b, ReadRange(request, "b_from", "b_to"));
  uint64_t lines_a = 0;
  uint64_t lines_b = 0;
  KZ_ASSIGN_OR_RETURN(const auto before, ViewsOf(service, a, {}, &lines_a));
  KZ_ASSIGN_OR_RETURN(const auto after, ViewsOf(service, b, {}, &lines_b));
  struct Change {
    const PatternView* view = nullptr;  // where it is now, if it is
    uint64_t before = 0;
    uint64_t after = 0;
    CountChange change;
  };
  std::map<uint64_t, Change> by_id;
  for (const PatternView& view : before) {
    Change& change = by_id[view.pattern.id];
    change.view = &view;
    change.before = view.lines;
  }
  for (const PatternView& view : after) {
    Change& change = by_id[view.pattern.id];
    if (view.lines > 0 || change.view == nullptr) change.view = &view;
    change.after = view.lines;
  }
  std::vector<Change> added;
  std::vector<Change> gone;
  std::vector<Change> changed;
  for (auto& [id, change] : by_id) {
    if (change.before + change.after == 0) continue;
    change.change = CompareCounts(change.before, change.after, lines_a, lines_b);
    (change.before == 0 ? added : change.after == 0 ? gone : changed).push_back(change);
  }
  for (std::vector<Change>* list : {&added, &gone, &changed}) {
    std::sort(list->begin(), list->end(),
              [](const Change& x, const Change& y) { return x.change.g > y.change.g; });
  }
  std::vector<double> chances;
  chances.reserve(changed.size());
  for (const Change& change : changed) chances.push_back(change.change.p);
  changed.resize(CountFindings(chances));
  JsonWriter json;
  json.BeginObject();
  const auto write = [&](std::string_view key, const std::vector<Change>& list) {
    json.Key(key).BeginArray();
    for (size_t i = 0; i < std::min(list.size(), kPatternsMax); ++i) {
      json.BeginObject();
      const LogPattern& pattern = list[i].view->pattern;
      json.Key("id").String(HexId(pattern.id));
      json.Key("text").String(pattern.text);
      json.Key("name").String(pattern.name);
      json.Key("severity").String(ToString(list[i].view->severity));
      json.Key("example").String(pattern.example);
      json.Key("before").Int(static_cast<int64_t>(list[i].before));
      json.Key("after").Int(static_cast<int64_t>(list[i].after));
      json.Key("g").Number(list[i].change.g);
      json.Key("p").Number(list[i].change.p);
      json.EndObject();
    }
    json.EndArray();
  };
  write("new", added);
  write("gone", gone);
  write("changed", changed);
  json.Key("lines_before").Int(static_cast<int64_t>(lines_a));
  json.Key("lines_after").Int(static_cast<int64_t>(lines_b));
  json.EndObject();
  return json.Take();
}

}  // namespace kizashi
