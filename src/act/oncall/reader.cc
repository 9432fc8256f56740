#include "act/oncall/reader.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "act/oncall/policies.h"
#include "act/oncall/time_fields.h"
#include "act/oncall/zone.h"
#include "catalog/error_list.h"
#include "catalog/field.h"
#include "catalog/suggest.h"
#include "wire/yaml.h"

namespace kizashi::oncall {
namespace {

constexpr size_t kSuggestNamesMax = 2'000;
constexpr int kSuggestionsMax = 200;
constexpr Duration kWaitMin = std::chrono::minutes(1);
constexpr Duration kWaitMax = std::chrono::hours(24 * 7);

/// Names as they were declared, found without regard to letter case.
class Names {
 public:
  explicit Names(std::string thing) : thing_(std::move(thing)) {}

  bool Add(const std::string& name) { return by_lower_.emplace(LowerCase(name), name).second; }
  bool empty() const { return by_lower_.empty(); }
  const std::string* Find(std::string_view name) const {
    const auto found = by_lower_.find(LowerCase(name));
    return found == by_lower_.end() ? nullptr : &found->second;
  }
  std::string Expected(std::string_view name) const {
    std::string expected = fmt::format("the name of a {}", thing_);
    if (empty()) return expected + ", of which there is none";
    if (by_lower_.size() > kSuggestNamesMax) return expected;
    std::vector<std::string_view> all;
    for (const auto& [lower, declared] : by_lower_) all.push_back(declared);
    return expected + DidYouMean(name, all);
  }
  const std::string& thing() const { return thing_; }

 private:
  std::string thing_;
  std::map<std::string, std::string, std::less<>> by_lower_;
};

class PlanReader {
 public:
  explicit PlanReader(const Catalog& catalog) : catalog_(catalog) {
    for (const Person& person : catalog.people()) people_.Add(person.name);
    for (const Team& team : catalog.teams()) teams_.Add(team.name);
    for (const Service& service : catalog.services()) services_.Add(service.name);
  }

  /// First of all documents: what may be referred to.
  void Declare(const Field& document) {
    const Field schedule = document.Key("schedule");
    const Field name = schedule.Key("name");
    if (name.present() && name.node().kind == YamlNode::Kind::kScalar) {
      schedules_.Add(name.node().scalar);
    }
  }

  void Read(const Field& document) {
    if (document.node().keys.size() != 1) return;  // the catalog says so
    const std::string& kind = document.node().keys.front().name;
    const Field field = document.Root(kind);
    if (kind == "schedule") ReadSchedule(field);
    if (kind == "escalation") ReadPolicy(field);
    if (kind != "leave") return;
    for (const Field& one : OneOrMany(field)) ReadLeave(one);
    if (!field.present()) field.Wrong("a mapping with person, from and to, or a list of them");
  }

  Plan Take() { return std::move(plan_); }

 private:
  /// The declared name; nothing with an error.
  std::optional<std::string> ReadNameOf(const Field& field, const Names& names) {
    if (!field.present()) field.Wrong(fmt::format("the name of a {}", names.thing()));
    const auto text = ReadText(field);
    if (!text) return std::nullopt;
    if (const std::string* name = names.Find(*text)) return *name;
    std::string expected = suggestions_left_-- > 0 ? names.Expected(*text)
                                                   : fmt::format("the name of a {}", names.thing());
    field.Wrong(std::move(expected));
    return std::nullopt;
  }

  /// Names of people: any, until the catalog describes one.
  std::optional<std::string> ReadPerson(const Field& field) {
    if (!people_.empty()) return ReadNameOf(field, people_);
    return ReadName(field);
  }

  /// Most items of a list; false with an error when there are more.
  static bool IsWithin(const Field& field, size_t items, size_t most) {
    if (items <= most) return true;
    field.Wrong(fmt::format("at most {}", most));
    return false;
  }

  std::vector<Field> ReadFew(const Field& field, std::string_view of_what, size_t most) {
    std::vector<Field> items = ReadList(field, of_what);
    if (!IsWithin(field, items.size(), most)) items.clear();
    return items;
  }

  void ReadSchedule(const Field& field);
  void ReadLayer(const Field& field, Schedule* schedule);
  void ReadChanges(const Field& field, const Zone& zone, Schedule* schedule);
  void ReadSwap(const Field& field, const Zone& zone, Schedule* schedule);
  void ReadCoverage(const Field& field, Schedule* schedule);
  void ReadLeave(const Field& field);
  void ReadPolicy(const Field& field);
  std::optional<EscalationStep> ReadStep(const Field& field, const std::string& time_zone);
  void ReadTarget(const Field& field, EscalationStep* step);
  void ReadServices(const Field& field, EscalationPolicy* policy);
  void CheckUnique(const Field& field, const std::string& name, Names* taken);

  const Catalog& catalog_;
  Names people_{"person of this catalog"};
  Names teams_{"team of this catalog"};
  Names services_{"service of this catalog"};
  Names schedules_{"schedule"};
  Names read_schedules_{"schedule"};
  Names read_policies_{"escalation"};
  std::map<std::string, std::string> policy_of_service_;
  std::map<std::string, std::string> policy_of_team_;  // of those without services
  int suggestions_left_ = kSuggestionsMax;
  Plan plan_;
};

void PlanReader::CheckUnique(const Field& field, const std::string& name, Names* taken) {
  if (name.empty() || taken->Add(name)) return;
  field.Wrong(fmt::format("a name that no other {} has", taken->thing()));
}

void PlanReader::ReadSchedule(const Field& field) {
  if (!CheckMapping(field, "a mapping with name, team and layers")) return;
  CheckKeys(field,
            {"name", "title", "team", "time_zone", "layers", "overrides", "swaps", "coverage"});
  Schedule schedule;
  schedule.file = field.file();
  schedule.line = field.node().line;
  schedule.name = ReadName(field.Key("name")).value_or("");
  CheckUnique(field.Key("name"), schedule.name, &read_schedules_);
  schedule.title = ReadText(field.Key("title")).value_or(schedule.name);
  schedule.team = ReadNameOf(field.Key("team"), teams_).value_or("");
  const Team* team = catalog_.FindTeam(schedule.team);
  if (team != nullptr) schedule.time_zone = team->time_zone;
  schedule.time_zone = ReadTimeZone(field.Key("time_zone")).value_or(schedule.time_zone);
  const std::shared_ptr<const Zone> zone = Zone::Load(schedule.time_zone);
  const Field layers = field.Key("layers");
  const std::vector<Field> items = ReadFew(layers, "layers", kLayersMax);
  if (!layers.present() || (items.empty() && layers.Items().empty())) {
    layers.Wrong("a list of one layer at least");
  }
  for (const Field& layer : items) ReadLayer(layer, &schedule);
  if (zone != nullptr) ReadChanges(field, *zone, &schedule);
  ReadCoverage(field.Key("coverage"), &schedule);
  if (!IsWithin(field, plan_.schedules.size() + 1, kSchedulesMax)) return;
  plan_.schedules.push_back(std::move(schedule));
}

void PlanReader::ReadLayer(const Field& field, Schedule* schedule) {
  if (!CheckMapping(field, "a mapping with rotation, start and people")) return;
  CheckKeys(field, {"name", "rotation", "every", "start", "until", "people", "only"});
  Layer layer;
  layer.name =
      ReadText(field.Key("name")).value_or(fmt::format("layer {}", schedule->layers.size() + 1));
  Rotation& rotation = layer.rotation;
  static const std::vector<std::string_view> kUnits = {"hourly", "daily", "weekly", "monthly"};
  if (!field.Key("rotation").present()) {
    field.Key("rotation").Wrong("hourly, daily, weekly or monthly");
  }
  if (const auto unit = ReadOneOf(field.Key("rotation"), kUnits)) {
    rotation.unit = static_cast<Rotation::Unit>(std::find(kUnits.begin(), kUnits.end(), *unit) -
                                                kUnits.begin());
  }
  rotation.every = ReadWholeNumber(field.Key("every"), 1, kEveryMax).value_or(1);
  if (!field.Key("start").present()) {
    field.Key("start").Wrong("when the first turn begins, such as 2026-11-02 09:00");
  }
  const auto start = ReadLocalTime(field.Key("start"), DayIs::kBegin);
  rotation.start = start.value_or(LocalTime{});
  layer.until = ReadLocalTime(field.Key("until"), DayIs::kEnd);
  if (start && layer.until && *layer.until <= *start) {
    field.Key("until").Wrong("a time behind `start`");
  }
  const Field people = field.Key("people");
  const std::vector<Field> items = ReadFew(people, "names of people", kRotationPeopleMax);
  if (!people.present() || (items.empty() && people.Items().empty())) {
    people.Wrong("a list of one person at least");
  }
  for (const Field& item : items) {
    if (auto person = ReadPerson(item)) rotation.people.push_back(*std::move(person));
  }
  layer.only = ReadWeekRanges(field.Key("only"));
  if (!rotation.people.empty()) schedule->layers.push_back(std::move(layer));
}

void PlanReader::ReadChanges(const Field& field, const Zone& zone, Schedule* schedule) {
  for (const Field& item : ReadFew(field.Key("overrides"), "overrides", kChangesMax)) {
    if (!CheckMapping(item, "a mapping with person, from and to")) continue;
    CheckKeys(item, {"person", "from", "to"});
    const auto person = ReadPerson(item.Key("person"));
    const auto when = ReadInterval(item, zone);
    if (person && when) schedule->overrides.push_back({*person, when->begin, when->end, 0, ""});
  }
  for (const Field& item : ReadFew(field.Key("swaps"), "swaps", kChangesMax)) {
    ReadSwap(item, zone, schedule);
  }
}

void PlanReader::ReadSwap(const Field& field, const Zone& zone, Schedule* schedule) {
  if (!CheckMapping(field, "a mapping with give, take, from, to and perhaps back")) return;
  CheckKeys(field, {"give", "take", "from", "to", "back"});
  const auto giver = ReadPerson(field.Key("give"));
  const auto taker = ReadPerson(field.Key("take"));
  const auto when = ReadInterval(field, zone);
  std::optional<Interval> back;
  const Field back_field = field.Key("back");
  if (back_field.present() && CheckMapping(back_field, "a mapping with from and to")) {
    CheckKeys(back_field, {"from", "to"});
    back = ReadInterval(back_field, zone);
  }
  if (giver && taker && *giver == *taker) {
    return field.Key("take").Wrong("another person than the one who gives");
  }
  if (!giver || !taker || !when) return;
  schedule->takeovers.push_back({*giver, *taker, when->begin, when->end, 0, ""});
  if (back) schedule->takeovers.push_back({*taker, *giver, back->begin, back->end, 0, ""});
}

/// `always`, `none`, or parts of the week.
void PlanReader::ReadCoverage(const Field& field, Schedule* schedule) {
  if (!field.present()) return;
  if (field.node().kind != YamlNode::Kind::kScalar) {
    schedule->coverage = ReadWeekRanges(field);
    return;
  }
  const auto word = ReadOneOf(field, {"always", "none"});
  if (word && *word == "none") schedule->coverage.emplace();
}

void PlanReader::ReadLeave(const Field& field) {
  if (!CheckMapping(field, "a mapping with person, from and to")) return;
  CheckKeys(field, {"person", "from", "to", "time_zone"});
  const auto person = ReadPerson(field.Key("person"));
  const auto zone = Zone::Load(ReadTimeZone(field.Key("time_zone")).value_or("UTC"));
  if (zone == nullptr) return;
  const auto when = ReadInterval(field, *zone);
  if (!person || !when || !IsWithin(field, plan_.leave.size() + 1, kLeaveMax)) return;
  plan_.leave.push_back({*person, when->begin, when->end, 0, ""});
}

void PlanReader::ReadTarget(const Field& field, EscalationStep* step) {
  if (!CheckMapping(field, "a mapping such as {schedule: NAME}, {person: NAME} or {channel: TEAM}"))
    return;
  CheckKeys(field, {"schedule", "person", "channel"});
  if (field.node().keys.size() != 1) {
    return field.Wrong("one of schedule, person and channel; begin another item of the list");
  }
  if (const Field at = field.Key("schedule"); at.present()) {
    if (auto name = ReadNameOf(at, schedules_)) {
      step->targets.push_back({Target::Kind::kSchedule, *std::move(name)});
    }
  }
  if (const Field at = field.Key("person"); at.present()) {
    if (auto name = ReadPerson(at)) {
      step->targets.push_back({Target::Kind::kPerson, *std::move(name)});
    }
  }
  const Field at = field.Key("channel");
  const auto name = at.present() ? ReadNameOf(at, teams_) : std::nullopt;
  if (!name) return;
  if (catalog_.FindTeam(*name)->notify.empty()) {
    return at.Wrong("a team with `notify`: where its messages go");
  }
  step->targets.push_back({Target::Kind::kChannel, *name});
}

std::optional<EscalationStep> PlanReader::ReadStep(const Field& field,
                                                   const std::string& time_zone) {
  if (!CheckMapping(field, "a mapping with tell and wait")) return std::nullopt;
  CheckKeys(field, {"tell", "wait", "only", "severity"});
  EscalationStep step;
  step.time_zone = time_zone;
  const std::vector<Field> targets = OneOrMany(field.Key("tell"));
  if (targets.empty()) field.Key("tell").Wrong("whom it tells: one of them at least");
  if (!IsWithin(field.Key("tell"), targets.size(), kTargetsMax)) return std::nullopt;
  for (const Field& target : targets) ReadTarget(target, &step);
  step.wait = ReadDuration(field.Key("wait"), kWaitMin, kWaitMax).value_or(step.wait);
  if (step.wait % std::chrono::minutes(1) != Duration(0)) field.Key("wait").Wrong("whole minutes");
  step.only = ReadWeekRanges(field.Key("only"));
  for (const Field& severity : OneOrMany(field.Key("severity"))) {
    if (auto text = ReadText(severity)) step.severities.push_back(*std::move(text));
  }
  return step;
}

void PlanReader::ReadServices(const Field& field, EscalationPolicy* policy) {
  for (const Field& item : ReadList(field, "names of services")) {
    const auto name = ReadNameOf(item, services_);
    if (!name) continue;
    const Service* service = catalog_.FindService(*name);
    if (service->owner != policy->team && !policy->team.empty()) {
      item.Wrong(fmt::format("a service that team {} owns", Quoted(policy->team)));
    } else if (const auto [first, is_new] = policy_of_service_.emplace(*name, policy->name);
               !is_new) {
      item.Wrong(fmt::format("a service without an escalation; {} has it", Quoted(first->second)));
    } else {
      policy->services.push_back(*name);
    }
  }
  if (field.present() && field.Items().empty()) field.Wrong("one service at least");
  if (field.present() || policy->team.empty()) return;
  const auto [first, is_new] = policy_of_team_.emplace(policy->team, policy->name);
  if (is_new) return;
  field.Wrong(fmt::format("the services it is for, as {} is for all others of the team",
                          Quoted(first->second)));
}

void PlanReader::ReadPolicy(const Field& field) {
  if (!CheckMapping(field, "a mapping with team and steps")) return;
  CheckKeys(field, {"name", "team", "services", "time_zone", "steps", "repeat"});
  EscalationPolicy policy;
  policy.team = ReadNameOf(field.Key("team"), teams_).value_or("");
  policy.name = policy.team;
  if (field.Key("name").present()) policy.name = ReadName(field.Key("name")).value_or("");
  CheckUnique(field.Key("name"), policy.name, &read_policies_);
  const Team* team = catalog_.FindTeam(policy.team);
  const std::string time_zone =
      ReadTimeZone(field.Key("time_zone")).value_or(team == nullptr ? "UTC" : team->time_zone);
  ReadServices(field.Key("services"), &policy);
  const Field steps = field.Key("steps");
  const std::vector<Field> items = ReadFew(steps, "steps", kStepsMax);
  if (!steps.present() || (items.empty() && steps.Items().empty())) {
    steps.Wrong("a list of one step at least");
  }
  for (const Field& item : items) {
    if (auto step = ReadStep(item, time_zone)) policy.steps.push_back(*std::move(step));
  }
  const bool for_all =
      std::any_of(policy.steps.begin(), policy.steps.end(), [](const EscalationStep& step) {
        return step.severities.empty() && (step.only.empty() || IsWholeWeek(step.only));
      });
  if (!policy.steps.empty() && !for_all) {
    steps.Wrong("one step at least without `only` and `severity`, so that somebody is always told");
  }
  policy.repeat = ReadWholeNumber(field.Key("repeat"), 0, kRepeatMax).value_or(0);
  policy.last_resort = EverybodyOf(catalog_, policy.team);
  if (!IsWithin(field, plan_.policies.size() + 1, kPoliciesMax)) return;
  plan_.policies.push_back(std::move(policy));
}

}  // namespace

PlanLoad ReadPlan(const std::vector<CatalogSource>& sources, const Catalog& catalog) {
  // Not all of a catalog's files are read a second time.
  const std::vector<CatalogSource> ours = OnCallSources(sources);
  std::vector<const CatalogSource*> in_order;
  for (const CatalogSource& source : ours) in_order.push_back(&source);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* a, const auto* b) { return a->file < b->file; });
  struct Document {
    YamlNode node;
    const CatalogSource* source;
  };
  std::vector<Document> documents;
  for (const CatalogSource* source : in_order) {
    YamlFile yaml = ReadYaml(source->text);
    for (YamlNode& node : yaml.documents) {
      const auto is_ours = [&](std::string_view kind) { return node.Find(kind) != nullptr; };
      if (is_ours("schedule") || is_ours("escalation") || is_ours("leave")) {
        documents.push_back({std::move(node), source});
      }
    }
  }
  ErrorList errors;
  PlanReader reader(catalog);
  for (const bool declare : {true, false}) {
    for (const Document& document : documents) {
      FieldSource from;
      from.file = document.source->file;
      from.errors = &errors;
      const Field field(&document.node, &from);
      declare ? reader.Declare(field) : reader.Read(field);
    }
  }
  PlanLoad load;
  load.plan = reader.Take();
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::stable_sort(load.plan.schedules.begin(), load.plan.schedules.end(), by_name);
  std::stable_sort(load.plan.policies.begin(), load.plan.policies.end(), by_name);
  load.errors = errors.Take();
  return load;
}

}  // namespace kizashi::oncall
