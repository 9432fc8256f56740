#include "act/notify/phone/phone_desk.h"

#include <fmt/core.h>

#include <utility>

#include "act/format.h"
#include "act/notify/phone/phone_receiver.h"
#include "base/hash.h"
#include "base/log.h"

namespace kizashi::phone {
namespace {

constexpr size_t kNameCharsMax = 60;
constexpr size_t kReasonCharsMax = 250;
constexpr std::string_view kPerson = "person ";

// "/a/b" of "https://host/a/b".
std::string PathOf(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t path = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  return path == url.npos ? "/" : url.substr(path);
}

}  // namespace

StatusOr<std::unique_ptr<PhoneDesk>> PhoneDesk::Make(const PhoneConfig& config, Parts parts) {
  std::unique_ptr<PhoneDesk> desk(new PhoneDesk(std::move(parts)));
  const Parts& of = desk->parts_;
  KZ_ASSIGN_OR_RETURN(desk->setup_, MakePhone(config, of.fetch, of.clock, of.registry));
  if (config.twilio) desk->callback_path_ = PathOf(config.twilio->callback_url);
  return desk;
}

PhoneDesk::~PhoneDesk() {
  setup_.caller.reset();  // tells the end of every call, which may want an action
  acts_.Stop();
}

StatusOr<std::shared_ptr<alerts::Receiver>> PhoneDesk::MakeReceiver(
    const alerts::ReceiverConfig& of, const alerts::Integration& to) {
  KZ_ASSIGN_OR_RETURN(PhoneReceiverOptions options, ReadPhoneReceiver(to));
  const std::string person =
      of.name.starts_with(kPerson) ? of.name.substr(kPerson.size()) : of.name;
  return MakePhoneReceiver(
      std::move(options), setup_.caller.get(),
      [this, person](const alerts::Notification& notification, const PhoneEvent& event) {
        OnAlertCall(notification, person, event);
      });
}

void PhoneDesk::OnAlertCall(const alerts::Notification& notification, const std::string& person,
                            const PhoneEvent& event) {
  if (parts_.on_event) parts_.on_event(notification, person, event);
  const bool decides =
      event.kind == PhoneEventKind::kDigit && (event.acknowledges() || event.escalates());
  const uint64_t group = Hash64(notification.group_key);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (decides || event.kind == PhoneEventKind::kEnded) {
      alert_calls_.erase(event.call_id);
    } else if (event.kind == PhoneEventKind::kRinging) {
      alert_calls_[event.call_id] = group;
    }
  }
  if (!decides || !parts_.act) return;
  using Kind = alerts::GroupAction::Kind;
  alerts::GroupAction action;
  action.kind = event.acknowledges() ? Kind::kAcknowledge : Kind::kEscalate;
  action.by = person;
  action.via = "phone";
  const bool taken = acts_.Post([this, group, action] {
    const Status status = parts_.act(group, action);
    if (status.ok() || status.code() == absl::StatusCode::kNotFound) return;
    Log(LogLevel::kError, "what was pressed at the telephone is not kept",
        {{"person", action.by}, {"reason", Message(status)}});
  });
  if (!taken) {
    Log(LogLevel::kError, "too much is pressed at telephones at once", {{"person", person}});
  }
}

void PhoneDesk::OnAlertEvent(const alerts::AlertEvent& event) {
  using Kind = alerts::AlertEvent::Kind;
  const bool is_over = event.kind == Kind::kAcknowledged || event.kind == Kind::kResolved;
  if (!is_over) return;
  std::vector<std::string> calls;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [call, group] : alert_calls_) {
      if (group == event.group_id) calls.push_back(call);
    }
  }
  for (const std::string& call : calls) setup_.caller->HangUp(call);
}

StatusOr<std::string> PhoneDesk::Tel(TelRequest request, OnTel on_end) {
  PhoneCall call;
  call.to = request.to;
  call.language = request.language;
  call.text = TelText(request);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Unlike those of an earlier start.
    call.id = fmt::format("tel-{}-{}", ToMs(parts_.clock->Now()), ++last_tel_);
    TelCall& kept = tels_[call.id];
    kept.id = call.id;
    kept.request = std::move(request);
    kept.asked = kept.at = parts_.clock->Now();
    tel_order_.push_back(call.id);
    if (tel_order_.size() > kCallsKept) {
      tels_.erase(tel_order_.front());
      tel_order_.pop_front();
    }
  }
  const std::string id = call.id;
  const Status begun = setup_.caller->Call(
      std::move(call), [this, id, on_end = std::move(on_end)](const PhoneEvent& event) {
        OnTelEvent(id, event, on_end);
      });
  if (begun.ok()) return id;
  const std::lock_guard<std::mutex> lock(mutex_);
  tels_.erase(id);
  std::erase(tel_order_, id);
  return begun;
}

void PhoneDesk::OnTelEvent(const std::string& id, const PhoneEvent& event, const OnTel& on_end) {
  TelCall now;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = tels_.find(id);
    if (found == tels_.end()) return;
    TelCall& call = found->second;
    call.at = event.at;
    call.is_told = true;
    if (event.kind != PhoneEventKind::kDigit) call.last = event.kind;
    if (event.kind == PhoneEventKind::kEnded) {
      call.end = event.end;
      call.detail = event.detail;
    }
    now = call;
  }
  if (event.kind == PhoneEventKind::kEnded && on_end) on_end(now);
}

StatusOr<TelCall> PhoneDesk::FindTel(std::string_view id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tels_.find(id);
  if (found == tels_.end()) return NotFound("no call {} is known", id);
  return found->second;
}

HttpResponse PhoneDesk::HandleCallback(const HttpRequest& request) {
  return setup_.twilio->HandleCallback(request);
}

std::string TelText(const TelRequest& request) {
  return FillText(TextId::kTelText, request.language,
                  {{"person", CutText(request.by, kNameCharsMax)},
                   {"reason", CutText(OneLine(request.reason), kReasonCharsMax)}});
}

std::string_view TelStateName(const TelCall& call) {
  return call.is_told ? PhoneEventName(call.last) : "calling";
}

std::string DescribeTel(const TelCall& call, Language language) {
  PhoneEvent end;
  end.kind = PhoneEventKind::kEnded;
  end.end = call.end;
  end.detail = call.detail;
  end.since_call = call.at - call.asked;
  return FillText(TextId::kTelCame, language,
                  {{"person", call.request.person}, {"what", DescribePhoneEvent(end, language)}});
}

}  // namespace kizashi::phone
