#include "act/incident/incident_book.h"

#include <algorithm>
#include <charconv>

#include "act/format.h"
#include "act/incident/incident_records.h"
#include "base/hash.h"

namespace kizashi::incidents {
namespace {

uint64_t KeyOf(std::string_view kind, std::string_view id) {
  return Hash64(fmt::format("{}\n{}", kind, id));
}

/// What an event says beside its kind, id and time.
TimelineEntry LineOf(const IncidentEvent& event) {
  TimelineEntry line;
  line.time = event.time;
  line.what = EventKindName(event.kind);
  line.id = event.id;
  line.service = event.service;
  line.links = event.links;
  line.fields = event.fields;
  return line;
}

uint64_t NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

/// Kinds that belong to an incident because they are about a service that it watches; the others
/// only when they are about its own.
bool IsAboutTelemetry(EventKind kind) {
  switch (kind) {
    case EventKind::kTicketBegin:
    case EventKind::kTicketEnd:
    case EventKind::kAnomalyBegin:
    case EventKind::kAnomalyEnd:
    case EventKind::kDeploy:
    case EventKind::kProbe: return true;
    default: return false;
  }
}

bool WasUnderWay(const Incident& incident, const IncidentEvent& event) {
  if (incident.merged_into != 0 || incident.state == State::kClosed) return false;
  if (event.time < incident.begin - IncidentBook::kLead) return false;
  if (!incident.resolved) return true;
  const bool begins =
      event.kind == EventKind::kAnomalyBegin || event.kind == EventKind::kTicketBegin;
  return event.time <= *incident.resolved + (begins ? Duration(0) : IncidentBook::kTail);
}

bool HasLine(const Incident& incident, std::string_view what, std::string_view id) {
  return std::any_of(incident.timeline.begin(), incident.timeline.end(),
                     [&](const auto& line) { return line.what == what && line.id == id; });
}

// Pages that no service claims are one trouble when they are of one name.
bool IsSameTrouble(const Incident& incident, const IncidentEvent& page) {
  if (incident.service != page.service) return false;
  const std::string name = FieldText(page.fields, "name");
  return !page.service.empty() ||
         std::any_of(incident.alerts.begin(), incident.alerts.end(),
                     [&name](const RelatedAlert& alert) { return alert.name == name; });
}

std::string_view AlertOf(const IncidentEvent& event) {
  const std::string_view alert = LinkOf(event.links, "alert");
  const bool is_alert = event.kind == EventKind::kPageBegin || event.kind == EventKind::kPageEnd ||
                        event.kind == EventKind::kTicketBegin ||
                        event.kind == EventKind::kTicketEnd;
  return alert.empty() && is_alert ? std::string_view(event.id) : alert;
}

}  // namespace

std::string_view LinkOf(const std::vector<std::pair<std::string, std::string>>& links,
                        std::string_view name) {
  for (const auto& [one, id] : links) {
    if (one == name) return id;
  }
  return "";
}

const Incident* IncidentBook::Find(uint64_t number) const {
  const auto found = incidents_.find(number);
  return found == incidents_.end() ? nullptr : &found->second;
}

const Incident* IncidentBook::FindStanding(uint64_t number) const {
  const Incident* incident = Find(number);
  // A merge goes into one that stands, so there is no circle but in bytes that are not ours.
  for (size_t steps = 0; incident != nullptr && incident->merged_into != 0; ++steps) {
    if (steps > incidents_.size()) return nullptr;
    incident = Find(incident->merged_into);
  }
  return incident;
}

Incident* IncidentBook::Standing(uint64_t number) {
  return const_cast<Incident*>(FindStanding(number));
}

bool IncidentBook::Seen(std::string_view kind, std::string_view id, uint64_t* incident) const {
  const auto found = seen_.find(KeyOf(kind, id));
  if (found == seen_.end()) return false;
  if (incident != nullptr) *incident = found->second;
  return true;
}

void IncidentBook::Remember(uint64_t key, uint64_t incident) {
  if (!seen_.insert_or_assign(key, incident).second) return;
  seen_order_.push_back(key);
  if (seen_order_.size() <= kSeenMax) return;
  seen_.erase(seen_order_.front());
  seen_order_.pop_front();
}

void IncidentBook::KeepRecent(const IncidentEvent& event, Time received) {
  recent_.push_back({received, event});
  while (recent_.size() > kRecentMax || recent_.front().received < received - 2 * kLead) {
    recent_.pop_front();
  }
}

void IncidentBook::Index(const Incident& incident) {
  const uint64_t to = incident.merged_into == 0 ? incident.number : incident.merged_into;
  for (const RelatedAlert& alert : incident.alerts) {
    if (alert.pages) by_alert_[alert.id] = to;
  }
  if (incident.merged_into != 0) return;
  for (const TimelineEntry& line : incident.timeline) {
    if (line.what != EventKindName(EventKind::kAnomalyBegin)) continue;
    auto& list = by_anomaly_[line.id];
    if (std::find(list.begin(), list.end(), to) == list.end()) list.push_back(to);
  }
}

// ---- Events

IncidentBook::Outcome IncidentBook::Tell(IncidentEvent event, Time received) {
  Outcome outcome;
  if (!incidents::Check(event).ok()) return outcome;
  const std::string_view kind = EventKindName(event.kind);
  if (Seen(kind, event.id)) return outcome;
  ++inputs_;
  last_received_ = std::max(last_received_, received);
  const uint64_t key = KeyOf(kind, event.id);
  Remember(key, 0);
  if (event.time < received - kEventAgeMax) return outcome;
  if (event.time > received + kAheadMax) event.time = received;
  std::vector<uint64_t> targets;
  if (event.kind == EventKind::kPageBegin) {
    targets = {OfPage(event, &outcome)};
  } else {
    targets = TargetsOf(event);
  }
  for (const uint64_t number : targets) {
    if (Incident* incident = Standing(number)) Attach(incident, event, &outcome);
  }
  if (!targets.empty()) {
    const Incident* first = FindStanding(targets.front());
    if (first != nullptr) Remember(key, first->number);
  }
  // What led to one incident may lead to the next.
  KeepRecent(event, received);
  if (Incident* opened = Standing(outcome.opened)) {
    AddSystemLine(opened, event.time, "open", {{"severity", double{kSeverityOfPage}}});
    Adopt(opened);
  }
  Forget();
  return outcome;
}

/// The incident that a page belongs to, opened when there is none; 0 when it cannot be.
uint64_t IncidentBook::OfPage(const IncidentEvent& event, Outcome* outcome) {
  // An alert is of one incident.
  if (const auto known = by_alert_.find(AlertOf(event)); known != by_alert_.end()) {
    if (const Incident* standing = FindStanding(known->second)) return standing->number;
  }
  if (const Incident* named = FindStanding(NumberOf(LinkOf(event.links, "incident")))) {
    return named->number;
  }
  for (auto& [number, incident] : incidents_) {
    if (incident.merged_into != 0 || !IsSameTrouble(incident, event)) continue;
    if (!incident.is_over()) return number;
    const bool came_back = incident.state == State::kResolved && incident.resolved &&
                           incident.by_page && event.time >= *incident.resolved - kTail &&
                           event.time - *incident.resolved <= kReopen;
    if (!came_back) continue;
    incident.state = incident.acknowledged ? State::kAcknowledged : State::kOpen;
    incident.resolved.reset();
    AddSystemLine(&incident, event.time, "reopen", {});
    return number;
  }
  outcome->is_full = IsFull();
  if (outcome->is_full) return 0;
  Incident& opened = Open(event);
  outcome->opened = opened.number;
  return opened.number;
}

Incident& IncidentBook::Open(const IncidentEvent& event) {
  Incident incident;
  incident.number = next_++;
  const std::string name = FieldText(event.fields, "name");
  incident.title = event.service.empty() || name.empty()
                       ? event.service + name
                       : fmt::format("{}: {}", event.service, name);
  if (incident.title.empty()) incident.title = event.id;
  incident.title = CutText(OneLine(incident.title), kNameBytesMax / 4);
  incident.severity = kSeverityOfPage;
  incident.service = event.service;
  incident.team = event.team;
  incident.by_page = true;
  incident.opened_by = kSystem;
  incident.begin = event.time;
  incident.watched = event.services;
  if (!event.service.empty()) incident.watched.push_back(event.service);
  std::sort(incident.watched.begin(), incident.watched.end());
  incident.watched.erase(std::unique(incident.watched.begin(), incident.watched.end()),
                         incident.watched.end());
  Incident& kept = incidents_[incident.number] = std::move(incident);
  // Others that may be the same trouble: people see them side by side, and merge them.
  for (auto& [number, other] : incidents_) {
    if (number == kept.number || other.merged_into != 0 || other.is_over()) continue;
    const auto watches = [](const Incident& one, const std::string& service) {
      return std::binary_search(one.watched.begin(), one.watched.end(), service);
    };
    if (watches(other, kept.service) || watches(kept, other.service)) {
      LinkBoth(&kept, number, "related");
    }
  }
  return kept;
}

/// Finds what led to an incident that was just opened.
void IncidentBook::Adopt(Incident* incident) {
  std::map<std::string, Time> ended;  // anomalies
  for (const Recent& recent : recent_) {
    if (recent.event.kind == EventKind::kAnomalyEnd) ended[recent.event.id] = recent.event.time;
  }
  Outcome ignored;
  for (const Recent& recent : recent_) {
    const IncidentEvent& event = recent.event;
    if (HasLine(*incident, EventKindName(event.kind), event.id)) continue;
    const auto known = by_alert_.find(AlertOf(event));
    if (known != by_alert_.end() && known->second == incident->number) {
      Attach(incident, event, &ignored);
      continue;
    }
    if (!IsAboutTelemetry(event.kind) || !WasUnderWay(*incident, event)) continue;
    if (!std::binary_search(incident->watched.begin(), incident->watched.end(), event.service)) {
      continue;
    }
    const bool anomaly =
        event.kind == EventKind::kAnomalyBegin || event.kind == EventKind::kAnomalyEnd;
    const auto end = ended.find(event.id);
    if (anomaly && end != ended.end() && end->second < incident->begin - kLeadEnded) continue;
    Attach(incident, event, &ignored);
  }
}

std::vector<uint64_t> IncidentBook::TargetsOf(const IncidentEvent& event) const {
  if (const Incident* named = FindStanding(NumberOf(LinkOf(event.links, "incident")))) {
    return {named->number};
  }
  if (const auto found = by_alert_.find(AlertOf(event)); found != by_alert_.end()) {
    return {found->second};
  }
  std::vector<uint64_t> targets;
  if (event.kind == EventKind::kAnomalyEnd) {
    if (const auto found = by_anomaly_.find(event.id); found != by_anomaly_.end()) {
      for (const uint64_t number : found->second) {
        const Incident* incident = FindStanding(number);
        if (incident != nullptr && incident->state != State::kClosed) {
          targets.push_back(incident->number);
        }
      }
    }
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    return targets;
  }
  if (event.service.empty() || event.kind == EventKind::kPageEnd) return targets;
  for (const auto& [number, incident] : incidents_) {
    if (!WasUnderWay(incident, event)) continue;
    const bool watches =
        IsAboutTelemetry(event.kind)
            ? std::binary_search(incident.watched.begin(), incident.watched.end(), event.service)
            : incident.service == event.service;
    if (watches) targets.push_back(number);
  }
  return targets;
}

void IncidentBook::Attach(Incident* incident, const IncidentEvent& event, Outcome* outcome) {
  if (HasLine(*incident, EventKindName(event.kind), event.id)) return;
  outcome->changed.push_back(incident->number);
  incident->changed = inputs_;
  AddLine(incident, LineOf(event));
  const bool pages = event.kind == EventKind::kPageBegin;
  if (pages || event.kind == EventKind::kTicketBegin) {
    const std::string id(AlertOf(event));
    const auto found = std::find_if(incident->alerts.begin(), incident->alerts.end(),
                                    [&id](const RelatedAlert& one) { return one.id == id; });
    if (found != incident->alerts.end()) {
      found->pages = found->pages || pages;
    } else {
      const RelatedAlert alert{
          id, FieldText(event.fields, "name"), event.service, pages, event.time, std::nullopt};
      const auto place = std::upper_bound(
          incident->alerts.begin(), incident->alerts.end(), alert,
          [](const RelatedAlert& a, const RelatedAlert& b) { return a.begin < b.begin; });
      incident->alerts.insert(place, alert);
    }
    if (pages) by_alert_[id] = incident->number;
  } else if (event.kind == EventKind::kPageEnd || event.kind == EventKind::kTicketEnd) {
    EndAlert(incident, event, outcome);
  } else if (event.kind == EventKind::kAnomalyBegin) {
    by_anomaly_[event.id].push_back(incident->number);
  } else if (event.kind == EventKind::kAcknowledged) {
    if (incident->state == State::kOpen) incident->state = State::kAcknowledged;
    if (!incident->acknowledged || event.time < *incident->acknowledged) {
      incident->acknowledged = event.time;
      incident->acknowledged_by = FieldText(event.fields, "by");
    }
  }
}

void IncidentBook::EndAlert(Incident* incident, const IncidentEvent& event, Outcome* outcome) {
  const std::string_view id = AlertOf(event);
  bool any_open = false;
  for (RelatedAlert& alert : incident->alerts) {
    if (alert.id == id) alert.end = event.time;
    any_open = any_open || (alert.pages && !alert.end);
  }
  if (event.kind != EventKind::kPageEnd || any_open || !incident->by_page || incident->is_over()) {
    return;
  }
  incident->state = State::kResolved;
  incident->resolved = event.time;
  AddSystemLine(incident, event.time, "resolve", {});
  outcome->resolved = incident->number;
}

void IncidentBook::AddLine(Incident* incident, TimelineEntry entry) {
  const bool is_event = EventKindFromName(entry.what).has_value();
  if (is_event && incident->timeline.size() >= kTimelineMax) {
    ++incident->left_out;
    return;
  }
  entry.number = inputs_;
  const auto place = std::upper_bound(
      incident->timeline.begin(), incident->timeline.end(), entry,
      [](const TimelineEntry& a, const TimelineEntry& b) { return a.time < b.time; });
  incident->timeline.insert(place, std::move(entry));
}

void IncidentBook::AddSystemLine(Incident* incident, Time time, std::string what,
                                 kizashi::Fields fields) {
  TimelineEntry line;
  line.time = time;
  line.id = fmt::format("{}-{}", incident->number, inputs_);
  line.what = std::move(what);
  line.actor = kSystem;
  line.fields = std::move(fields);
  AddLine(incident, std::move(line));
}

void IncidentBook::LinkBoth(Incident* incident, uint64_t other, const std::string& relation) {
  Incident* there = Standing(other);
  if (there == nullptr || there == incident) return;
  const auto put = [](Incident* at, uint64_t number, std::string_view name) {
    for (IncidentLink& link : at->links) {
      if (link.incident == number) {
        link.relation = name;
        return;
      }
    }
    at->links.push_back({number, std::string(name)});
  };
  put(incident, there->number, relation);
  put(there, incident->number, OtherEnd(relation));
  there->changed = inputs_;
}

bool IncidentBook::IsFull() const {
  return incidents_.size() >= kIncidentsMax &&
         std::none_of(incidents_.begin(), incidents_.end(),
                      [](const auto& entry) { return entry.second.is_over(); });
}

/// The oldest closed ones go first, then the oldest that are over: what is under way stays.
void IncidentBook::Forget() {
  while (incidents_.size() > kIncidentsMax) {
    auto oldest = std::find_if(incidents_.begin(), incidents_.end(), [](const auto& entry) {
      return entry.second.state == State::kClosed;
    });
    if (oldest == incidents_.end()) {
      oldest = std::find_if(incidents_.begin(), incidents_.end(),
                            [](const auto& entry) { return entry.second.is_over(); });
    }
    if (oldest == incidents_.end()) return;
    for (const RelatedAlert& alert : oldest->second.alerts) by_alert_.erase(alert.id);
    for (const TimelineEntry& line : oldest->second.timeline) by_anomaly_.erase(line.id);
    incidents_.erase(oldest);
  }
}

}  // namespace kizashi::incidents
