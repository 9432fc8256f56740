#include "act/oncall/views.h"

namespace kizashi::oncall {
namespace {

void WriteHead(const Schedule& schedule, JsonWriter* json) {
  json->Key("schedule").String(schedule.name);
  json->Key("title").String(schedule.title);
  json->Key("team").String(schedule.team);
  json->Key("time_zone").String(schedule.time_zone);
}

void WriteSpans(const std::vector<Span>& spans, JsonWriter* json) {
  json->BeginArray();
  for (const Span& span : spans) WriteSpan(span, json);
  json->EndArray();
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
                  JsonWriter* json, bool with_layers) {
  json->BeginObject();
  WriteHead(schedule, json);
  json->Key("spans");
  WriteSpans(oncall.Spans(schedule.name, from, to), json);
  json->Key("gaps").BeginArray();
  for (const Gap& gap : oncall.Gaps(schedule.name, from, to)) {
    json->BeginObject();
    json->Key("begin").Int(ToMs(gap.begin));
    json->Key("end").Int(ToMs(gap.end));
    json->EndObject();
  }
  json->EndArray();
  if (with_layers) {
    json->Key("layers").BeginArray();
    for (size_t i = 0; i < schedule.layers.size(); ++i) {
      json->BeginObject();
      json->Key("name").String(schedule.layers[i].name);
      json->Key("spans");
      WriteSpans(oncall.LayerSpans(schedule.name, i, from, to), json);
      json->EndObject();
    }
    json->EndArray();
  }
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
