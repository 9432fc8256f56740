#include "act/oncall/views.h"

#include <algorithm>

#include "act/oncall/reason.h"

namespace kizashi::oncall {
namespace {

void WriteHead(const Schedule& schedule, JsonWriter* json) {
  json->Key("schedule").String(schedule.name);
  json->Key("title").String(schedule.title);
  json->Key("team").String(schedule.team);
  json->Key("time_zone").String(schedule.time_zone);
}

}  // namespace

std::string_view WhyName(Duty::Why why) {
  switch (why) {
    case Duty::Why::kTurn: return "turn";
    case Duty::Why::kInstead: return "instead";
    case Duty::Why::kTakeover: return "swap";
    case Duty::Why::kOverride: return "override";
  }
  return "";
}

void WriteSpan(const Span& span, JsonWriter* json) {
  json->BeginObject();
  json->Key("begin").Int(ToMs(span.begin));
  json->Key("end").Int(ToMs(span.end));
  json->Key("person");
  if (span.duty) {
    json->String(span.duty->person);
    json->Key("why").String(WhyName(span.duty->why));
    json->Key("layer").String(span.duty->layer);
    json->Key("instead_of").String(span.duty->instead_of);
    json->Key("edit").Int(static_cast<int64_t>(span.duty->edit));
  } else {
    json->Null();
  }
  json->EndObject();
}

void WriteNow(const OnCall& oncall, const Schedule& schedule, Time at, JsonWriter* json) {
  const auto next = oncall.Next(schedule.name, at);
  Span now{at, at, oncall.At(schedule.name, at)};
  if (next) now.end = next->begin;
  json->BeginObject();
  WriteHead(schedule, json);
  json->Key("now");
  WriteSpan(now, json);
  json->Key("next");
  if (next) {
    WriteSpan(*next, json);
  } else {
    json->Null();
  }
  json->EndObject();
}

void WritePreview(const OnCall& oncall, const Schedule& schedule, Time from, Time to,
                  JsonWriter* json) {
  json->BeginObject();
  WriteHead(schedule, json);
  json->Key("spans").BeginArray();
  for (const Span& span : oncall.Spans(schedule.name, from, to)) WriteSpan(span, json);
  json->EndArray();
  json->Key("gaps").BeginArray();
  for (const Gap& gap : oncall.Gaps(schedule.name, from, to)) {
    json->BeginObject();
    json->Key("begin").Int(ToMs(gap.begin));
    json->Key("end").Int(ToMs(gap.end));
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteFindings(const std::vector<Finding>& findings, JsonWriter* json) {
  json->BeginArray();
  for (const Finding& finding : findings) {
    json->BeginObject();
    json->Key("kind").String(FindingName(finding.kind));
    json->Key("schedule").String(finding.schedule);
    json->Key("person").String(finding.person);
    json->Key("begin").Int(ToMs(finding.begin));
    json->Key("end").Int(ToMs(finding.end));
    json->EndObject();
  }
  json->EndArray();
}

std::vector<std::string> NextTold(const Escalation& escalation, const OnCall& oncall) {
  std::vector<std::string> names;
  const size_t steps = escalation.policy.steps.size();
  if (!escalation.waits() || escalation.next >= escalation.total || steps == 0) return names;
  for (const Target& target : escalation.policy.steps[escalation.next % steps].targets) {
    std::string name = target.name;
    if (target.kind == Target::Kind::kSchedule) {
      if (const auto duty = oncall.At(target.name, escalation.due)) name = duty->person;
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void WriteEscalation(const Escalation& escalation, const OnCall& oncall, JsonWriter* json) {
  json->BeginObject();
  json->Key("id").Int(static_cast<int64_t>(escalation.id));
  json->Key("group_id").String(escalation.group);
  json->Key("service").String(escalation.service);
  json->Key("severity").String(escalation.severity);
  json->Key("policy").String(escalation.policy.name);
  json->Key("state").String(escalation.acknowledged ? "acknowledged" : "open");
  if (escalation.acknowledged) {
    json->Key("acknowledged_by").String(escalation.acknowledged_by);
    json->Key("acknowledged_at").Int(ToMs(*escalation.acknowledged));
  }
  json->Key("opened").Int(ToMs(escalation.opened));
  json->Key("step").Int(static_cast<int64_t>(escalation.done.size()));
  const bool waits = escalation.waits();
  json->Key("next_at");
  waits ? json->Int(ToMs(escalation.due)) : json->Null();
  json->Key("next").BeginArray();
  for (const std::string& name : NextTold(escalation, oncall)) json->String(name);
  json->EndArray();
  json->Key("told").BeginArray();
  for (uint32_t step = 0; step < escalation.done.size(); ++step) {
    const DoneStep& done = escalation.done[step];
    for (uint32_t tell = 0; tell < done.tells.size(); ++tell) {
      const Page page{escalation.id, step, tell};
      const Target& to = done.tells[tell].to;
      json->BeginObject();
      json->Key("at").Int(ToMs(done.at));
      json->Key("to").String(to.name);
      json->Key("by").String(to.kind == Target::Kind::kPerson ? "person" : "channel");
      json->Key("handed_over").Bool(done.tells[tell].handed_over);
      json->Key("reason").String(ReasonText(escalation, page, Language::kEnglish));
      json->Key("reason_ja").String(ReasonText(escalation, page, Language::kJapanese));
      json->EndObject();
    }
  }
  json->EndArray();
  json->EndObject();
}

void WriteEdit(const Edit& edit, JsonWriter* json) {
  json->BeginObject();
  json->Key("id").Int(static_cast<int64_t>(edit.id));
  json->Key("kind").String(EditKindName(edit.kind));
  json->Key("schedule").String(edit.schedule);
  json->Key("person").String(edit.person);
  json->Key("taker").String(edit.taker);
  json->Key("begin").Int(ToMs(edit.begin));
  json->Key("end").Int(ToMs(edit.end));
  json->Key("back_begin").Int(ToMs(edit.back_begin));
  json->Key("back_end").Int(ToMs(edit.back_end));
  json->Key("reason").String(edit.reason);
  json->Key("author").String(edit.author);
  json->Key("made").Int(ToMs(edit.made));
  json->Key("removed_by").String(edit.removed_by);
  json->Key("removed").Int(ToMs(edit.removed));
  json->EndObject();
}

}  // namespace kizashi::oncall
