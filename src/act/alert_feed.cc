#include "act/alert_feed.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "act/message.h"
#include "act/rule_alerts.h"
#include "base/log.h"

namespace kizashi {
namespace {

constexpr int kOpenMax = 100'000;
constexpr size_t kFieldBytesMax = 4096;

std::string AlertNameOf(const AlertRecord& record) {
  const std::string code = AlertCode(record);
  if (code == "rule") return record.slo;
  if (code == "no_data") return "SloHasNoData";
  if (code == "policy") return "BudgetPolicy";
  return "ErrorBudgetBurn";
}

// "{a="b", c="d"}" as Labels::ToString writes it; its names cannot hold quotes.
Labels RuleLabels(const std::string& text) {
  const auto matchers = alerts::ParseMatchers(text);
  Labels labels;
  if (!matchers.ok()) return labels;
  for (const alerts::Matcher& matcher : *matchers) labels.Set(matcher.name(), matcher.value());
  return labels;
}

bool IsLabelName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name.npos;
}

std::string FieldTextOf(const FieldValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return std::isfinite(*number) ? fmt::format("{}", *number) : std::string("null");
  }
  return std::get<std::string>(value).substr(0, kFieldBytesMax);
}

}  // namespace

alerts::Alert AlertOfRecord(const AlertRecord& record, const Catalog& catalog,
                            std::string_view page_url) {
  const MessageContext context = MakeMessageContext(record, catalog, page_url);
  const bool is_rule = IsRuleAlert(record);
  alerts::Alert alert;
  if (is_rule) alert.labels = RuleLabels(FieldText(record.fields, "labels"));
  alert.labels.Set("alertname", AlertNameOf(record));
  alert.labels.Set("service", record.service);
  alert.labels.Set("severity", SeverityName(record.severity));
  if (!record.owner.empty()) alert.labels.Set("owner", record.owner);
  if (!is_rule && !record.slo.empty()) alert.labels.Set("slo", record.slo);
  for (const char* name : {"action", "condition", "budget"}) {
    const std::string value = is_rule ? "" : FieldText(record.fields, name);
    if (!value.empty()) alert.labels.Set(name, value);
  }
  const AlertTexts texts = TextsOfAlert(record, record.end ? "resolved" : "firing", context);
  alert.annotations.Set("title", texts.title);
  alert.annotations.Set("summary", texts.summary);
  alert.annotations.Set("description", texts.details);
  const std::string link = is_rule || AlertCode(record) == "policy"
                               ? ServiceLink(page_url, record.service)
                               : SloLink(page_url, record.service, record.slo);
  if (!link.empty()) alert.annotations.Set("link", link);
  for (const auto& [name, value] : record.fields) {
    const std::string text = FieldTextOf(value);
    if (IsLabelName(name) && !text.empty() && !alert.annotations.Has(name)) {
      alert.annotations.Set(name, text);
    }
  }
  alert.annotations.Set(kAlertIdAnnotation, record.id);
  alert.generator_url = link;
  alert.starts_at = record.begin;
  alert.ends_at = record.end ? std::max(*record.end, record.begin) : kUntilEnded;
  return alert;
}

void AlertFeed::Start() {
  const std::lock_guard lock(mutex_);
  started_ = true;
  behind_ = true;
  const Status status = Reconcile();
  if (!status.ok()) {
    Log(LogLevel::kError, "alerts could not be taken from the records; trying again",
        {{"reason", Message(status)}});
  }
}

void AlertFeed::Poll() {
  const std::lock_guard lock(mutex_);
  const Time now = service_.Now();
  if (!started_ || !behind_ || (now >= tried_ && now - tried_ < kRetryEvery)) return;
  tried_ = now;
  const Status status = Reconcile();
  if (!status.ok()) Log(LogLevel::kWarn, "alerts wait", {{"reason", Message(status)}});
}

void AlertFeed::Put(const std::vector<AlertRecord>& changed) {
  const std::lock_guard lock(mutex_);
  if (!started_ || changed.empty()) return;
  const std::shared_ptr<const Catalog> catalog = options_.catalog();
  // Ends first: one alert may have ended and begun anew as another record.
  std::vector<alerts::Alert> alerts;
  for (const bool ended : {true, false}) {
    for (const AlertRecord& record : changed) {
      if (record.service.empty() || record.end.has_value() != ended) continue;
      alerts.push_back(AlertOfRecord(record, *catalog, options_.page_url));
    }
  }
  const Status status = Post(std::move(alerts));
  if (status.ok()) return;
  behind_ = true;
  Log(LogLevel::kError, "an alert could not be taken; trying again", {{"reason", Message(status)}});
}

Status AlertFeed::Post(std::vector<alerts::Alert> alerts) {
  if (alerts.empty()) return OkStatus();
  const Time now = service_.Now();
  for (alerts::Alert& alert : alerts) {
    // It began and ended when the records say; it may end no later than now.
    if (alert.ends_at != kUntilEnded) alert.ends_at = std::min(alert.ends_at, now);
    alert.starts_at = std::min(alert.starts_at, alert.ends_at);
  }
  // What the engine refuses is told before Post returns; that the disk has it need not be waited
  // for, as the records have it.
  const auto refused = std::make_shared<std::atomic<bool>>(false);
  service_.Post(std::move(alerts), [refused](const alerts::AlertService::PostResult& result) {
    if (!result.status.ok()) {
      *refused = true;
      Log(LogLevel::kError, "alerts are not taken", {{"reason", Message(result.status)}});
    }
    for (const std::string& reason : result.refused) {
      Log(LogLevel::kError, "an alert is wrong", {{"reason", reason}});
    }
  });
  return *refused ? Unavailable("the alert engine did not take them") : OkStatus();
}

std::vector<AlertDelivery> AlertFeed::DeliveriesOf(const AlertRecord& record) const {
  std::vector<AlertDelivery> deliveries;
  if (record.service.empty()) return deliveries;
  const alerts::Alert alert = AlertOfRecord(record, *options_.catalog(), options_.page_url);
  const uint64_t fingerprint = alerts::FingerprintOf(alert.labels);
  const auto told = service_.WhoWasTold(fingerprint);
  // A later alert with the same labels is another one.
  if (!told.ok() || told->alert == nullptr ||
      told->alert->annotations.Get(kAlertIdAnnotation) != record.id) {
    return deliveries;
  }
  for (const alerts::Told& one : told->told) {
    const bool firing = std::binary_search(one.firing.begin(), one.firing.end(), fingerprint);
    deliveries.push_back({one.destination, firing, false, 0, "", one.at});
  }
  std::map<std::string, std::string> errors;
  if (!told->waiting.empty()) {
    for (const alerts::QueueStatus& queue : service_.Queues()) {
      errors[queue.destination] = queue.last_error;
    }
  }
  for (const alerts::Notification& one : told->waiting) {
    const auto tried = service_.Attempts(one.destination, one.number);
    AlertDelivery delivery{one.destination, one.firing(), true, 0, "", one.created_at};
    if (tried && tried->first > 0) {
      delivery.attempts = tried->first;
      delivery.last_error = errors[one.destination];
    }
    deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

// What fires by the records and not here begins; what fires here and not by the records is over.
Status AlertFeed::Reconcile() {
  RecordFilter filter;
  filter.open = RecordFilter::Open::kOpen;
  filter.limit = kOpenMax;
  KZ_ASSIGN_OR_RETURN(const std::vector<AlertRecord> open, records_.ListAlerts(filter));
  std::map<std::string, alerts::AlertPtr> here;
  for (const alerts::ListedAlert& listed : service_.List()) {
    const std::string_view id = listed.alert->annotations.Get(kAlertIdAnnotation);
    if (!id.empty() && listed.alert->ends_at == kUntilEnded) {
      here.emplace(std::string(id), listed.alert);
    }
  }
  const std::shared_ptr<const Catalog> catalog = options_.catalog();
  std::vector<alerts::Alert> alerts;
  std::set<std::string> firing;
  for (const AlertRecord& record : open) {
    firing.insert(record.id);
    if (record.service.empty() || here.count(record.id) != 0) continue;
    alerts.push_back(AlertOfRecord(record, *catalog, options_.page_url));
  }
  std::vector<alerts::Alert> ended;
  for (const auto& [id, alert] : here) {
    if (firing.count(id) != 0) continue;
    alerts::Alert over = *alert;
    KZ_ASSIGN_OR_RETURN(const std::optional<AlertRecord> record, records_.GetAlert(id));
    if (record && record->end) over = AlertOfRecord(*record, *catalog, options_.page_url);
    if (over.ends_at == kUntilEnded) over.ends_at = service_.Now();
    ended.push_back(std::move(over));
  }
  KZ_RETURN_IF_ERROR(Post(std::move(ended)));
  KZ_RETURN_IF_ERROR(Post(std::move(alerts)));
  behind_ = false;
  return OkStatus();
}

}  // namespace kizashi
