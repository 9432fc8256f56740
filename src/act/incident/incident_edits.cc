// The part of IncidentBook that is about what people do; and the book as records.
#include <algorithm>

#include "act/incident/incident_book.h"
#include "act/incident/incident_records.h"
#include "base/hash.h"

namespace kizashi::incidents {
namespace {

constexpr std::string_view kEditKind = "edit";

Status Precondition(std::string message) {
  return Status(absl::StatusCode::kFailedPrecondition, message);
}

Status CheckLength(std::string_view name, std::string_view text, size_t most) {
  if (text.size() <= most) {
    return IsUtf8(text) ? OkStatus() : InvalidArgument("{}: it is not UTF-8", name);
  }
  return InvalidArgument("{}: {} bytes, at most {} are taken", name, text.size(), most);
}

Status CheckNotEmpty(std::string_view name, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") != text.npos) return OkStatus();
  return InvalidArgument("{}: it is missing", name);
}

Status CheckTexts(const Edit& edit) {
  if (edit.id.empty()) return InvalidArgument("id: it is missing");
  if (edit.actor.empty()) return InvalidArgument("actor: it is missing");
  for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>("id", edit.id),
                                   {"actor", edit.actor},
                                   {"via", edit.via},
                                   {"name", edit.name},
                                   {"team", edit.team}}) {
    KZ_RETURN_IF_ERROR(CheckLength(name, text, IncidentBook::kNameBytesMax));
  }
  const bool report = edit.what == Edit::What::kReport;
  const bool name = edit.what == Edit::What::kTitle || edit.what == Edit::What::kOpen ||
                    edit.what == Edit::What::kRole;
  return CheckLength("text", edit.text,
                     report ? IncidentBook::kReportBytesMax
                     : name ? IncidentBook::kNameBytesMax
                            : IncidentBook::kTextBytesMax);
}

}  // namespace

Status IncidentBook::Check(const Edit& edit) const {
  if (Seen(kEditKind, edit.id)) return OkStatus();
  if (EditName(edit.what).empty()) return InvalidArgument("what: there is no such edit");
  KZ_RETURN_IF_ERROR(CheckTexts(edit));
  if (edit.what == Edit::What::kOpen) {
    if (edit.other > static_cast<uint64_t>(kSeverityMildest)) {
      return InvalidArgument("severity: found {}, expected 1 to 4", edit.other);
    }
    if (IsFull()) return ResourceExhausted("{} incidents are under way", kIncidentsMax);
    return CheckNotEmpty("title", edit.text);
  }
  const Incident* incident = Find(edit.incident);
  if (incident == nullptr) return NotFound("there is no incident {}", edit.incident);
  if (incident->merged_into != 0) {
    return Precondition(fmt::format("incident {} was merged into {}: do it there", edit.incident,
                                    FindStanding(edit.incident)->number));
  }
  if (incident->timeline.size() >= 2 * kTimelineMax) {
    return ResourceExhausted("the timeline of incident {} is full: {} lines", edit.incident,
                             incident->timeline.size());
  }
  KZ_RETURN_IF_ERROR(CheckState(edit, *incident));
  return CheckOther(edit, *incident);
}

Status IncidentBook::CheckState(const Edit& edit, const Incident& incident) const {
  const auto refuse = [&](std::string_view expected) {
    return Precondition(fmt::format("incident {} is {}: to {} it, it would have to be {}",
                                    incident.number, StateName(incident.state), EditName(edit.what),
                                    expected));
  };
  switch (edit.what) {
    case Edit::What::kAcknowledge:
      if (incident.state == State::kAcknowledged && !incident.acknowledged_by.empty()) {
        return Precondition(fmt::format("incident {} is acknowledged already, by {}",
                                        incident.number, incident.acknowledged_by));
      }
      return incident.state == State::kOpen ? OkStatus() : refuse("open");
    case Edit::What::kMitigate:
      return incident.state < State::kMitigated ? OkStatus() : refuse("open or acknowledged");
    case Edit::What::kResolve:
      return incident.state < State::kResolved ? OkStatus()
                                               : refuse("open, acknowledged or mitigated");
    case Edit::What::kClose:
      return incident.state == State::kResolved ? OkStatus() : refuse("resolved");
    case Edit::What::kReopen: return incident.is_over() ? OkStatus() : refuse("resolved or closed");
    default: return OkStatus();
  }
}

Status IncidentBook::CheckOther(const Edit& edit, const Incident& incident) const {
  switch (edit.what) {
    case Edit::What::kNote: return CheckNotEmpty("text", edit.text);
    case Edit::What::kTitle: return CheckNotEmpty("title", edit.text);
    case Edit::What::kRole: return CheckNotEmpty("name", edit.name);
    case Edit::What::kSeverity:
      if (edit.other >= kSeverityGravest && edit.other <= kSeverityMildest) return OkStatus();
      return InvalidArgument("severity: found {}, expected 1 to 4", edit.other);
    case Edit::What::kReport: {
      const uint64_t newest = incident.report.empty() ? 0 : incident.report.back().version;
      if (edit.other == newest) return OkStatus();
      return Status(absl::StatusCode::kAborted,
                    fmt::format("the report was changed meanwhile: version {} was edited, the "
                                "newest is {}",
                                edit.other, newest));
    }
    case Edit::What::kMerge:
    case Edit::What::kLink:
    case Edit::What::kUnlink: {
      const Incident* other = FindStanding(edit.other);
      if (other == nullptr) return NotFound("there is no incident {}", edit.other);
      if (other == &incident) {
        return InvalidArgument("incident {} cannot go with itself", incident.number);
      }
      if (edit.what == Edit::What::kLink && OtherEnd(edit.name).empty()) {
        return InvalidArgument(
            "relation: found '{}', expected related, caused_by, caused, duplicate_of or "
            "duplicated_by",
            edit.name);
      }
      return OkStatus();
    }
    default: return OkStatus();
  }
}

IncidentBook::Outcome IncidentBook::Apply(const Edit& edit) {
  Outcome outcome;
  if (Seen(kEditKind, edit.id) || !Check(edit).ok()) return outcome;
  ++inputs_;
  const uint64_t key = Hash64(fmt::format("{}\n{}", kEditKind, edit.id));
  if (edit.what == Edit::What::kOpen) {
    outcome.opened = OpenByPerson(edit);
    outcome.changed = {outcome.opened};
    Remember(key, outcome.opened);
    Adopt(Standing(outcome.opened));
    Forget();
    return outcome;
  }
  Remember(key, edit.incident);
  Incident* incident = &incidents_.at(edit.incident);
  incident->changed = inputs_;
  outcome.changed = {incident->number};
  Do(edit, incident, &outcome);
  return outcome;
}

uint64_t IncidentBook::OpenByPerson(const Edit& edit) {
  Incident incident;
  incident.number = next_++;
  incident.title = edit.text;
  incident.service = edit.name;
  incident.team = edit.team;
  incident.severity = edit.other == 0 ? kSeverityOfPerson : static_cast<int>(edit.other);
  incident.opened_by = edit.actor;
  incident.begin = edit.time;
  incident.changed = inputs_;
  if (!edit.name.empty()) incident.watched = {edit.name};
  Incident& kept = incidents_[incident.number] = std::move(incident);
  TimelineEntry line;
  line.time = edit.time;
  line.what = EditName(edit.what);
  line.id = edit.id;
  line.actor = edit.actor;
  line.fields = {{"severity", static_cast<double>(kept.severity)}, {"via", edit.via}};
  AddLine(&kept, std::move(line));
  return kept.number;
}

void IncidentBook::Do(const Edit& edit, Incident* incident, Outcome* outcome) {
  TimelineEntry line;
  line.time = edit.time;
  line.what = EditName(edit.what);
  line.id = edit.id;
  line.actor = edit.actor;
  const auto add = [&line](std::string name, FieldValue value) {
    line.fields.emplace_back(std::move(name), std::move(value));
  };
  if (!edit.via.empty()) add("via", edit.via);
  if (edit.what != Edit::What::kReport && !edit.text.empty()) add("text", edit.text);
  if (!edit.name.empty()) add("name", edit.name);
  switch (edit.what) {
    case Edit::What::kSeverity:
      add("before", static_cast<double>(incident->severity));
      add("after", static_cast<double>(edit.other));
      incident->severity = static_cast<int>(edit.other);
      break;
    case Edit::What::kRole:
      std::erase_if(incident->roles, [&](const auto& role) { return role.first == edit.name; });
      if (!edit.text.empty()) incident->roles.emplace_back(edit.name, edit.text);
      std::sort(incident->roles.begin(), incident->roles.end());
      break;
    case Edit::What::kTitle:
      add("before", incident->title);
      incident->title = edit.text;
      break;
    case Edit::What::kLink:
      line.links = {{"incident", fmt::format("{}", edit.other)}};
      LinkBoth(incident, edit.other, edit.name);
      break;
    case Edit::What::kUnlink: {
      line.links = {{"incident", fmt::format("{}", edit.other)}};
      Incident* other = Standing(edit.other);
      std::erase_if(incident->links, [&](const auto& l) { return l.incident == other->number; });
      std::erase_if(other->links, [&](const auto& l) { return l.incident == incident->number; });
      other->changed = inputs_;
      break;
    }
    case Edit::What::kReport: {
      const uint64_t version = edit.other + 1;
      add("version", static_cast<double>(version));
      incident->report.push_back({version, edit.time, edit.actor, edit.text});
      if (incident->report.size() > kReportVersionsMax) {
        incident->report.erase(incident->report.begin());
      }
      break;
    }
    case Edit::What::kMerge: return Merge(edit, incident, outcome);
    default: SetState(edit, incident); break;
  }
  AddLine(incident, std::move(line));
  if (edit.what == Edit::What::kResolve) outcome->resolved = incident->number;
}

void IncidentBook::SetState(const Edit& edit, Incident* incident) {
  switch (edit.what) {
    case Edit::What::kAcknowledge:
      incident->state = State::kAcknowledged;
      incident->acknowledged = edit.time;
      incident->acknowledged_by = edit.actor;
      break;
    case Edit::What::kMitigate:
      incident->state = State::kMitigated;
      incident->mitigated = edit.time;
      break;
    case Edit::What::kResolve:
      incident->state = State::kResolved;
      incident->resolved = edit.time;
      break;
    case Edit::What::kClose:
      incident->state = State::kClosed;
      incident->closed = edit.time;
      break;
    case Edit::What::kReopen:
      incident->state = incident->acknowledged ? State::kAcknowledged : State::kOpen;
      incident->resolved.reset();
      incident->closed.reset();
      break;
    default: break;
  }
}

/// What one has goes to the other; it stays to be looked at, closed.
void IncidentBook::Merge(const Edit& edit, Incident* from, Outcome* outcome) {
  Incident* into = Standing(edit.other);
  const auto line_to = [&](Incident* incident, std::string name, uint64_t other) {
    TimelineEntry line;
    line.time = edit.time;
    line.what = EditName(edit.what);
    line.id = edit.id;
    line.actor = edit.actor;
    line.links = {{"incident", fmt::format("{}", other)}};
    line.fields = {{"way", std::move(name)}, {"via", edit.via}};
    AddLine(incident, std::move(line));
  };
  for (const TimelineEntry& line : from->timeline) {
    if (HasLineLike(*into, line)) continue;
    TimelineEntry copy = line;
    if (copy.from == 0) copy.from = from->number;
    const auto place = std::upper_bound(
        into->timeline.begin(), into->timeline.end(), copy,
        [](const TimelineEntry& a, const TimelineEntry& b) { return a.time < b.time; });
    into->timeline.insert(place, std::move(copy));
  }
  for (const RelatedAlert& alert : from->alerts) {
    const auto found = std::find_if(into->alerts.begin(), into->alerts.end(),
                                    [&](const RelatedAlert& one) { return one.id == alert.id; });
    if (found == into->alerts.end()) {
      into->alerts.push_back(alert);
    } else if (alert.pages && !found->pages) {
      *found = alert;
    }
  }
  std::stable_sort(into->alerts.begin(), into->alerts.end(),
                   [](const RelatedAlert& a, const RelatedAlert& b) { return a.begin < b.begin; });
  into->watched.insert(into->watched.end(), from->watched.begin(), from->watched.end());
  std::sort(into->watched.begin(), into->watched.end());
  into->watched.erase(std::unique(into->watched.begin(), into->watched.end()), into->watched.end());
  into->begin = std::min(into->begin, from->begin);
  into->severity = std::min(into->severity, from->severity);
  into->left_out += from->left_out;
  into->changed = inputs_;
  // A page that goes on keeps the whole open.
  const bool pages = std::any_of(from->alerts.begin(), from->alerts.end(),
                                 [](const RelatedAlert& one) { return one.pages && !one.end; });
  if (pages && into->is_over()) {
    into->state = into->acknowledged ? State::kAcknowledged : State::kOpen;
    into->resolved.reset();
    into->closed.reset();
  }
  from->state = State::kClosed;
  from->closed = edit.time;
  from->merged_into = into->number;
  line_to(from, "into", into->number);
  line_to(into, "from", from->number);
  Index(*from);
  Index(*into);
  outcome->changed.push_back(into->number);
}

bool IncidentBook::HasLineLike(const Incident& incident, const TimelineEntry& line) {
  return std::any_of(
      incident.timeline.begin(), incident.timeline.end(),
      [&](const TimelineEntry& one) { return one.what == line.what && one.id == line.id; });
}

// ---- The book as records

bool IncidentBook::Restore(std::string_view record) {
  if (record.empty()) return false;
  const auto type = static_cast<RecordType>(record.front());
  record.remove_prefix(1);
  switch (type) {
    case RecordType::kEvent: {
      Recent input;
      if (!DecodeRecord(record, input.received, input.event)) return false;
      Tell(std::move(input.event), input.received);
      return true;
    }
    case RecordType::kEdit: {
      Edit edit;
      if (!DecodeRecord(record, edit)) return false;
      Apply(edit);
      return true;
    }
    case RecordType::kHead: {
      Head head;
      if (!DecodeRecord(record, head) || head.seen.size() > kSeenMax) return false;
      next_ = std::max(next_, head.next);
      inputs_ = head.inputs;
      last_received_ = head.last_received;
      for (const auto& [key, incident] : head.seen) Remember(key, incident);
      return true;
    }
    case RecordType::kIncident: {
      Incident incident;
      if (!DecodeRecord(record, incident) || incident.number == 0) return false;
      // Into an older or newer one, but never in a circle: FindStanding ends.
      if (incident.merged_into == incident.number) return false;
      if (incidents_.size() >= kIncidentsMax) return false;
      next_ = std::max(next_, incident.number + 1);
      Index(incident);
      incidents_[incident.number] = std::move(incident);
      return true;
    }
    case RecordType::kRecent: {
      Recent recent;
      if (!DecodeRecord(record, recent) || recent_.size() >= kRecentMax) return false;
      recent_.push_back(std::move(recent));
      return true;
    }
  }
  return false;
}

void IncidentBook::Save(const std::function<void(std::string record)>& record) const {
  Head head{next_, inputs_, last_received_, {}};
  for (const uint64_t key : seen_order_) head.seen.emplace_back(key, seen_.at(key));
  record(EncodeRecord(RecordType::kHead, head));
  for (const auto& [number, incident] : incidents_) {
    Incident copy = incident;
    record(EncodeRecord(RecordType::kIncident, copy));
  }
  for (const Recent& recent : recent_) {
    Recent copy = recent;
    record(EncodeRecord(RecordType::kRecent, copy));
  }
}

}  // namespace kizashi::incidents
