#include "scenario/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "base/check.h"
#include "catalog/catalog.h"
#include "judge/judge.h"

namespace kizashi::scenario {
namespace {

constexpr Time kFirstDay = TimeFromMs(1'767'225'600'000);  // 2026-01-01T00:00:00Z

// Words of a line; quotes and braces keep spaces together.
std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  int depth = 0;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '{') ++depth;
    if (!quoted && c == '}') --depth;
    if (c == ' ' && !quoted && depth == 0) {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

// "10:00", "10:00:05", or with a day in front: "2d", "10:00". Moves `at` behind what it read.
StatusOr<Time> ReadTime(const std::vector<std::string>& words, size_t* at) {
  if (*at >= words.size()) return InvalidArgument("a time is missing");
  int day = 1;
  if (words[*at].ends_with('d')) day = std::atoi(words[(*at)++].c_str());
  int hours = 0, minutes = 0, seconds = 0;
  if (*at >= words.size() ||
      std::sscanf(words[*at].c_str(), "%d:%d:%d", &hours, &minutes, &seconds) < 2) {
    return InvalidArgument("no time where one is expected");
  }
  ++*at;
  return kFirstDay + std::chrono::days(day - 1) + std::chrono::hours(hours) +
         std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

// name{a="b",c="d".."f"}: every combination of the ranges.
StatusOr<std::vector<Labels>> ReadSeries(const std::string& text) {
  const size_t brace = text.find('{');
  std::vector<std::vector<Label>> all = {{}};
  if (brace == text.npos) return std::vector<Labels>{Labels({{std::string(kMetricName), text}})};
  all[0].push_back({std::string(kMetricName), text.substr(0, brace)});
  size_t at = brace + 1;
  while (at < text.size() && text[at] != '}') {
    const size_t equals = text.find("=\"", at);
    if (equals == text.npos) return InvalidArgument("labels of {}", text);
    const std::string name = text.substr(at, equals - at);
    const size_t close = text.find('"', equals + 2);
    if (close == text.npos) return InvalidArgument("labels of {}", text);
    std::vector<std::string> values = {text.substr(equals + 2, close - equals - 2)};
    at = close + 1;
    if (text.compare(at, 3, "..\"") == 0) {
      const size_t last = text.find('"', at + 3);
      const std::string to = text.substr(at + 3, last - at - 3);
      if (last == text.npos || to.size() != 1 || values[0].size() != 1 || to < values[0]) {
        return InvalidArgument("a range goes from one letter to a later one: {}", text);
      }
      for (char c = static_cast<char>(values[0][0] + 1); c <= to[0]; ++c) values.emplace_back(1, c);
      at = last + 1;
    }
    std::vector<std::vector<Label>> more;
    for (const auto& labels : all) {
      for (const std::string& value : values) {
        more.push_back(labels);
        more.back().push_back({name, value});
      }
    }
    all = std::move(more);
    if (at < text.size() && text[at] == ',') ++at;
  }
  std::vector<Labels> series;
  for (auto& labels : all) series.emplace_back(std::move(labels));
  return series;
}

std::string Unquote(const std::string& text) {
  return text.size() >= 2 && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

Status ReadAt(const std::vector<std::string>& words, Scenario* scenario) {
  size_t at = 1;
  KZ_ASSIGN_OR_RETURN(const Time time, ReadTime(words, &at));
  if (at + 1 >= words.size()) return InvalidArgument("a series and a value are missing");
  KZ_ASSIGN_OR_RETURN(std::vector<Labels> series, ReadSeries(words[at]));
  const std::string value = words[at + 1];
  Duration every{0};
  int times = -1;
  for (size_t i = at + 2; i + 1 < words.size(); i += 2) {
    if (words[i] == "every") {
      KZ_ASSIGN_OR_RETURN(every, ParseDuration(words[i + 1]));
    } else if (words[i] == "times") {
      times = std::atoi(words[i + 1].c_str());
    } else {
      return InvalidArgument("'{}' is not known here", words[i]);
    }
  }
  if (words[at].starts_with("log{")) {
    Labels stream = series[0];
    stream.Set(kMetricName, "");
    scenario->logs.push_back({time, stream, Unquote(value), every, every.count() ? times : 1});
    return OkStatus();
  }
  SeriesAction action;
  action.at = time;
  action.every = every;
  action.series = std::move(series);
  action.match.assign(action.series[0].begin(), action.series[0].end());
  if (value == "stop") {
    action.kind = SeriesAction::Kind::kStop;
  } else {
    action.kind = value[0] == '+' ? SeriesAction::Kind::kAdd : SeriesAction::Kind::kSet;
    action.value = std::strtod(value.c_str(), nullptr);
  }
  scenario->series.push_back(std::move(action));
  return OkStatus();
}

Status ReadFill(const std::vector<std::string>& words, Scenario* scenario) {
  FillAction fill;
  size_t at = 2;
  KZ_ASSIGN_OR_RETURN(fill.at, ReadTime(words, &at));
  if (at + 2 >= words.size()) return InvalidArgument("a service and an SLO are missing");
  fill.service = words[at++];
  fill.slo = words[at++];
  KZ_ASSIGN_OR_RETURN(fill.since, ReadTime(words, &at));
  KZ_ASSIGN_OR_RETURN(fill.until, ReadTime(words, &at));
  if (at + 2 >= words.size() || words[at + 1] != "of") {
    return InvalidArgument("what a slice holds is missing: GOOD of TOTAL");
  }
  fill.good = std::strtod(words[at].c_str(), nullptr);
  fill.total = std::strtod(words[at + 2].c_str(), nullptr);
  scenario->fills.push_back(std::move(fill));
  return OkStatus();
}

Status ReadExpect(const std::vector<std::string>& words, int line, Scenario* scenario) {
  Expectation expectation;
  expectation.line = line;
  size_t at = 1;
  while (at < words.size()) {
    const std::string& word = words[at];
    if (word == "never") {
      expectation.kind = Expectation::Kind::kNever;
      ++at;
    } else if (word == "count") {
      expectation.kind = Expectation::Kind::kCount;
      expectation.count = std::atoi(words.at(at + 1).c_str());
      at += 2;
    } else if (word == "by" || word == "before") {
      ++at;
      KZ_ASSIGN_OR_RETURN(expectation.by, ReadTime(words, &at));
    } else if (word == "after") {
      ++at;
      KZ_ASSIGN_OR_RETURN(expectation.after, ReadTime(words, &at));
    } else {
      break;
    }
  }
  if (at >= words.size()) return InvalidArgument("what is expected is missing");
  expectation.what = words[at++];
  for (; at < words.size(); ++at) {
    if (words[at] == "price") {
      expectation.price_above_zero = true;
      at += 2;
    } else {
      expectation.words.push_back(words[at]);
    }
  }
  scenario->expectations.push_back(std::move(expectation));
  return OkStatus();
}

// The running series of one story, and the entries they make.
class Player : public SeriesDirectory {
 public:
  explicit Player(const Scenario& scenario) : scenario_(scenario) {}

  Labels SeriesLabels(SeriesId id) const override { return series_labels_[id]; }
  const Labels& StreamLabels(StreamId id) const override { return stream_labels_[id]; }

  std::vector<JournalEntry> Entries() {
    Push(scenario_.begin, CatalogChange{scenario_.catalog});
    for (Time now = scenario_.begin; now <= scenario_.end; now += std::chrono::seconds(1)) {
      for (const CatalogAction& action : scenario_.catalogs) {
        if (action.at == now) Push(now, CatalogChange{action.catalog});
      }
      for (const FillAction& action : scenario_.fills) {
        if (action.at == now) Fill(action);
      }
      Act(now);
      Scrape(now);
      Log(now);
      if (ToMs(now) % 5000 == 0) Push(now, Tick{});
    }
    return std::move(entries_);
  }

 private:
  struct Running {
    SeriesId id = 0;
    std::string source;
    Duration every{};
    double value = 0;
    double growth = 0;
    bool stopping = false;
  };
  using Body = decltype(JournalEntry::body);

  void Push(Time time, Body body) {
    JournalEntry& entry = entries_.emplace_back();
    entry.seq = ++seq_;
    entry.time = time;
    entry.body = std::move(body);
  }

  void Fill(const FillAction& action) {
    SliceBatch batch{action.service, action.slo, 0, {}};
    const CatalogLoad load = LoadCatalog(scenario_.catalog);
    for (const SloSpec& slo : load.catalog->FindService(action.service)->slos) {
      if (slo.name == action.slo) batch.meaning = SloMeaningHash(slo);
    }
    for (Time end = action.since + action.interval; end <= action.until; end += action.interval) {
      batch.slices.push_back({end, action.good, action.total, ToSeconds(action.interval)});
    }
    Push(action.at, std::move(batch));
  }

  void Act(Time now) {
    for (const SeriesAction& action : scenario_.series) {
      if (action.at != now) continue;
      if (action.every.count() > 0) {
        for (const Labels& labels : action.series) Begin(action, labels);
      } else {
        for (Running& running : running_) {
          if (!Matches(action, running)) continue;
          running.stopping = action.kind == SeriesAction::Kind::kStop;
          running.growth = action.kind == SeriesAction::Kind::kAdd ? action.value : 0;
          if (action.kind == SeriesAction::Kind::kSet) running.value = action.value;
        }
      }
    }
  }

  void Begin(const SeriesAction& action, const Labels& labels) {
    Running running;
    running.id = static_cast<SeriesId>(series_labels_.size());
    series_labels_.push_back(labels);
    for (const std::string_view name : {"job", "instance", "server"}) {
      running.source += std::string(labels.Get(name)) + "/";
    }
    running.every = action.every;
    running.value = action.kind == SeriesAction::Kind::kSet ? action.value : 0;
    running.growth = action.kind == SeriesAction::Kind::kAdd ? action.value : 0;
    running_.push_back(running);
  }

  bool Matches(const SeriesAction& action, const Running& running) const {
    return std::all_of(action.match.begin(), action.match.end(), [&](const Label& label) {
      return series_labels_[running.id].Get(label.name) == label.value;
    });
  }

  void Scrape(Time now) {
    std::map<std::string, ScrapeBatch> batches;
    std::map<std::string, std::vector<SeriesId>> layouts;
    for (Running& running : running_) {
      if ((now - kFirstDay) % running.every != Duration(0)) continue;
      const std::string key = fmt::format("{}{}", running.source, running.every.count());
      running.value += running.growth;
      batches[key].source = key;
      batches[key].time = now;
      batches[key].values.push_back(running.stopping ? StaleNan() : running.value);
      layouts[key].push_back(running.id);
    }
    std::erase_if(running_, [&](const Running& running) {
      return running.stopping && (now - kFirstDay) % running.every == Duration(0);
    });
    for (auto& [key, batch] : batches) {
      batch.layout = std::make_shared<const std::vector<SeriesId>>(std::move(layouts[key]));
      Push(now, std::move(batch));
    }
  }

  void Log(Time now) {
    for (const LogAction& action : scenario_.logs) {
      if (now < action.at) continue;
      const Duration since = now - action.at;
      if (action.every.count() == 0 ? since.count() != 0 : since % action.every != Duration(0)) {
        continue;
      }
      const int64_t number = action.every.count() == 0 ? 0 : since / action.every;
      if (action.times >= 0 && number >= action.times) continue;
      std::string text = action.text;
      if (const size_t at = text.find("%n"); at != text.npos) {
        text.replace(at, 2, std::to_string(number));
      }
      LogBatch batch;
      batch.stream = Stream(action.stream);
      batch.lines.push_back({now, text});
      Push(now, std::move(batch));
    }
  }

  StreamId Stream(const Labels& labels) {
    const auto found = std::find(stream_labels_.begin(), stream_labels_.end(), labels);
    if (found != stream_labels_.end()) return static_cast<StreamId>(found - stream_labels_.begin());
    stream_labels_.push_back(labels);
    return static_cast<StreamId>(stream_labels_.size() - 1);
  }

  const Scenario& scenario_;
  std::deque<Labels> series_labels_;
  std::deque<Labels> stream_labels_;
  std::vector<Running> running_;
  std::vector<JournalEntry> entries_;
  uint64_t seq_ = 0;
};

void AddWords(const Fields& fields, Event* event) {
  for (const auto& [name, value] : fields) {
    const double* number = std::get_if<double>(&value);
    event->words.push_back(number ? fmt::format("{}={}", name, *number)
                                  : fmt::format("{}={}", name, std::get<std::string>(value)));
  }
}

void AddEvents(const VerdictBatch& batch, std::vector<Event>* events) {
  for (const Verdict& verdict : batch.verdicts) {
    Event event{verdict.time, {}, {verdict.service}, 0, verdict.text};
    for (const AnomalyRecord& anomaly : batch.anomalies) {
      if (anomaly.id != verdict.subject) continue;
      event.what = verdict.type == "anomaly_begin" ? "anomaly" : "anomaly-end";
      event.words.push_back(anomaly.code);
      event.price = anomaly.price.mean_minutes;
      AddWords(anomaly.fields, &event);
    }
    for (const AlertRecord& alert : batch.alerts) {
      if (alert.id != verdict.subject) continue;
      const std::string severity(SeverityName(alert.severity));
      event.what = severity;
      if (verdict.type == "alert_resolved") {
        event.what = severity == "page" ? "resolved" : "ticket-resolved";
      }
      event.words.push_back(alert.slo);
    }
    events->push_back(std::move(event));
  }
}

bool Fits(const Expectation& expectation, const Event& event) {
  if (event.what != expectation.what) return false;
  if (expectation.by && event.time > *expectation.by) return false;
  if (expectation.after && event.time < *expectation.after) return false;
  if (expectation.price_above_zero && event.price <= 0) return false;
  return std::all_of(expectation.words.begin(), expectation.words.end(), [&](const auto& word) {
    return std::find(event.words.begin(), event.words.end(), word) != event.words.end();
  });
}

}  // namespace

StatusOr<Scenario> Parse(const std::string& text) {
  Scenario scenario;
  std::istringstream in(text);
  std::string line;
  std::string yaml;
  std::string* in_catalog = nullptr;  // where its lines go
  for (int number = 1; std::getline(in, line); ++number) {
    if (in_catalog != nullptr && (line.starts_with("  ") || line.empty())) {
      *in_catalog += line.size() > 2 ? line.substr(2) : "";
      *in_catalog += '\n';
      continue;
    }
    in_catalog = nullptr;
    const std::vector<std::string> words = Split(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    Status status;
    if (words[0] == "catalog") {
      in_catalog = &yaml;
      if (words.size() > 1) {
        size_t at = 2;
        const auto time = ReadTime(words, &at);
        status = time.status();
        if (time.ok()) {
          scenario.catalogs.push_back({*time, {{"catalog.yaml", ""}}});
          in_catalog = &scenario.catalogs.back().catalog[0].text;
        }
      }
    } else if (words[0] == "at") {
      status = ReadAt(words, &scenario);
    } else if (words[0] == "fill") {
      status = ReadFill(words, &scenario);
    } else if (words[0] == "expect") {
      status = ReadExpect(words, number, &scenario);
    } else if (words[0] == "until") {
      size_t at = 1;
      const auto end = ReadTime(words, &at);
      status = end.status();
      if (end.ok()) scenario.end = *end;
    } else {
      status = InvalidArgument("'{}' begins no line that is known", words[0]);
    }
    if (!status.ok()) return InvalidArgument("line {}: {}", number, Message(status));
  }
  if (scenario.end == Time{} || scenario.expectations.empty() || scenario.series.empty()) {
    return InvalidArgument("a scenario has series, expectations and an `until`");
  }
  scenario.catalog.push_back({"catalog.yaml", yaml});
  const CatalogLoad load = LoadCatalog(scenario.catalog);
  if (!load.catalog) return InvalidArgument("{}", load.errors.front().ToString());
  for (const CatalogAction& action : scenario.catalogs) {
    const CatalogLoad later = LoadCatalog(action.catalog);
    if (!later.catalog) return InvalidArgument("{}", later.errors.front().ToString());
  }
  for (const FillAction& fill : scenario.fills) {
    if (load.catalog->FindService(fill.service) == nullptr) {
      return InvalidArgument("fill: there is no service {}", fill.service);
    }
  }
  scenario.begin = scenario.series.front().at;
  for (const SeriesAction& action : scenario.series) {
    scenario.begin = std::min(scenario.begin, action.at);
  }
  return scenario;
}

std::vector<Event> Play(const Scenario& scenario, int restart_every) {
  Player player(scenario);
  const std::vector<JournalEntry> entries = player.Entries();
  auto judge = std::make_unique<Judge>(player);
  std::vector<Event> events;
  int since_restart = 0;
  for (const JournalEntry& entry : entries) {
    AddEvents(judge->Apply(entry).verdicts, &events);
    if (restart_every > 0 && ++since_restart == restart_every) {
      since_restart = 0;
      const std::string state = judge->Save();
      judge = std::make_unique<Judge>(player);
      const Status restored = judge->Restore(state);
      KZ_CHECK(restored.ok(), "{}", Message(restored));
      KZ_CHECK(judge->Save() == state, "a restored state saves differently");
    }
  }
  return events;
}

std::vector<std::string> Check(const Scenario& scenario, const std::vector<Event>& events) {
  std::vector<std::string> failures;
  for (const Expectation& expectation : scenario.expectations) {
    const auto count = std::count_if(events.begin(), events.end(),
                                     [&](const Event& event) { return Fits(expectation, event); });
    const int wanted = expectation.kind == Expectation::Kind::kCount ? expectation.count : 0;
    const bool met = expectation.kind == Expectation::Kind::kBy ? count > 0 : count == wanted;
    if (!met) {
      failures.push_back(
          fmt::format("line {}: expectation not met, {} events fit it", expectation.line, count));
    }
  }
  return failures;
}

}  // namespace kizashi::scenario
