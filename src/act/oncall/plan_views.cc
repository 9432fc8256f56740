#include "act/oncall/plan_views.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "act/oncall/edits.h"

namespace kizashi::oncall {
namespace {

struct Followed {
  EscalationPolicy policy;
  std::vector<std::string> services;
};

std::string_view KindName(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::kSchedule: return "schedule";
    case Target::Kind::kPerson: return "person";
    case Target::Kind::kChannel: return "channel";
  }
  return "";
}

/// Defaults that differ in a service's developers alone are policies of their own.
std::vector<Followed> AllFollowed(const OnCall& oncall, const Catalog& catalog,
                                  const PolicyFunction& policy_of) {
  std::vector<Followed> all;
  std::map<std::string, std::vector<size_t>> of_team;  // places in `all`
  const auto add = [&](EscalationPolicy policy) -> Followed& {
    of_team[policy.team].push_back(all.size());
    return all.emplace_back(Followed{std::move(policy), {}});
  };
  for (const EscalationPolicy& policy : oncall.policies()) add(policy);
  for (const Service& service : catalog.services()) {
    EscalationPolicy policy = policy_of(service.name);
    const std::vector<size_t>& places = of_team[policy.team];
    const auto found = std::find_if(places.begin(), places.end(),
                                    [&](size_t place) { return all[place].policy == policy; });
    Followed& followed = found != places.end() ? all[*found] : add(std::move(policy));
    followed.services.push_back(service.name);
  }
  return all;
}

void WriteTargets(const std::vector<Target>& targets, const OnCall& oncall, Time at,
                  JsonWriter* json) {
  json->BeginArray();
  for (const Target& target : targets) {
    std::string person;
    if (target.kind == Target::Kind::kSchedule) {
      const auto duty = oncall.At(target.name, at);
      if (duty) person = duty->person;
    } else if (target.kind == Target::Kind::kPerson && !oncall.IsAway(target.name, at)) {
      person = target.name;
    }
    json->BeginObject();
    json->Key("kind").String(KindName(target.kind));
    json->Key("name").String(target.name);
    json->Key("person");
    if (person.empty()) {
      json->Null();
    } else {
      json->String(person);
    }
    json->EndObject();
  }
  json->EndArray();
}

void WriteStep(const EscalationStep& step, const OnCall& oncall, Time at, JsonWriter* json) {
  json->BeginObject();
  json->Key("targets");
  WriteTargets(step.targets, oncall, at, json);
  json->Key("wait_ms").Int(step.wait.count());
  json->Key("only").BeginArray();
  for (const WeekRange& range : step.only) {
    json->BeginObject();
    json->Key("begin").Int(range.begin);
    json->Key("end").Int(range.end);
    json->EndObject();
  }
  json->EndArray();
  json->Key("time_zone").String(step.time_zone);
  json->Key("severities").BeginArray();
  for (const std::string& severity : step.severities) json->String(severity);
  json->EndArray();
  json->EndObject();
}

struct Known {
  std::string title;
  std::vector<std::string> teams;
  std::vector<std::string> schedules;  // of which they are on call
  bool has_phone = false;
};

std::map<std::string, Known> Everybody(const OnCall& oncall, const Catalog& catalog, Time at) {
  std::map<std::string, Known> people;
  for (const Person& person : catalog.people()) {
    people[person.name].title = person.title;
    people[person.name].has_phone = !person.phone.empty();
  }
  for (const Team& team : catalog.teams()) {
    for (const std::string& member : team.members) people[member].teams.push_back(team.name);
  }
  for (const Schedule& schedule : oncall.schedules()) {
    for (const Layer& layer : schedule.layers) {
      for (const std::string& person : layer.rotation.people) people.try_emplace(person);
    }
    const auto duty = oncall.At(schedule.name, at);
    if (duty) people[duty->person].schedules.push_back(schedule.name);
  }
  return people;
}

void WriteNames(const std::vector<std::string>& names, JsonWriter* json) {
  json->BeginArray();
  for (const std::string& name : names) json->String(name);
  json->EndArray();
}

struct Change {
  Edit::Kind kind;
  std::string schedule;
  std::string person;
  std::string taker;
  Time begin;
  Time end;
};

void WriteChange(const Change& change, JsonWriter* json) {
  json->BeginObject();
  json->Key("kind").String(EditKindName(change.kind));
  json->Key("schedule").String(change.schedule);
  json->Key("person").String(change.person);
  json->Key("taker").String(change.taker);
  json->Key("begin").Int(ToMs(change.begin));
  json->Key("end").Int(ToMs(change.end));
  json->EndObject();
}

}  // namespace

void WritePolicies(const OnCall& oncall, const Catalog& catalog, const PolicyFunction& policy_of,
                   Time at, JsonWriter* json) {
  json->BeginArray();
  for (const Followed& one : AllFollowed(oncall, catalog, policy_of)) {
    const EscalationPolicy& policy = one.policy;
    json->BeginObject();
    json->Key("name").String(policy.name);
    json->Key("team").String(policy.team);
    json->Key("is_default").Bool(policy.is_default);
    json->Key("services");
    WriteNames(one.services, json);
    json->Key("steps").BeginArray();
    for (const EscalationStep& step : policy.steps) WriteStep(step, oncall, at, json);
    json->EndArray();
    json->Key("repeat").Int(policy.repeat);
    json->Key("last_resort");
    WriteTargets(policy.last_resort, oncall, at, json);
    json->EndObject();
  }
  json->EndArray();
}

void WritePeople(const OnCall& oncall, const Catalog& catalog, Time at, JsonWriter* json) {
  json->BeginArray();
  for (const auto& [name, known] : Everybody(oncall, catalog, at)) {
    json->BeginObject();
    json->Key("name").String(name);
    json->Key("title").String(known.title.empty() ? name : known.title);
    json->Key("teams");
    WriteNames(known.teams, json);
    json->Key("on_call_of");
    WriteNames(known.schedules, json);
    json->Key("away").Bool(oncall.IsAway(name, at));
    json->Key("has_phone").Bool(known.has_phone);
    json->EndObject();
  }
  json->EndArray();
}

void WriteFileChanges(const OnCall& oncall, Time at, JsonWriter* json) {
  json->BeginArray();
  const auto write = [&](const Change& change, uint64_t id) {
    if (id == 0 && change.end > at) WriteChange(change, json);
  };
  for (const Schedule& schedule : oncall.schedules()) {
    for (const Override& one : schedule.overrides) {
      write({Edit::Kind::kOverride, schedule.name, one.person, "", one.begin, one.end}, one.id);
    }
    for (const Takeover& one : schedule.takeovers) {
      write({Edit::Kind::kSwap, schedule.name, one.giver, one.taker, one.begin, one.end}, one.id);
    }
  }
  for (const Leave& one : oncall.leave()) {
    write({Edit::Kind::kLeave, "", one.person, "", one.begin, one.end}, one.id);
  }
  json->EndArray();
}

}  // namespace kizashi::oncall
