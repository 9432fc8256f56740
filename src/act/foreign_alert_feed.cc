#include "act/foreign_alert_feed.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "act/format.h"
#include "act/message.h"
#include "act/texts.h"

namespace kizashi {
namespace {

using Known = std::map<std::string, alerts::AlertPtr, std::less<>>;

// Of several with one id, which labels that were changed by hand can make, the one that fires.
Known FindKnown(const alerts::AlertService& service, std::string_view source,
                const std::vector<ForeignAlert>& alerts) {
  std::set<std::string_view> ids;
  for (const ForeignAlert& alert : alerts) ids.insert(alert.id);
  Known known;
  const Time now = service.Now();
  for (alerts::AlertPtr& one : service.Where([&](const alerts::Alert& alert) {
         return alert.labels.Get(kAlertSourceLabel) == source &&
                ids.count(alert.labels.Get(kAlertIdLabel)) != 0;
       })) {
    alerts::AlertPtr& place = known[std::string(one->labels.Get(kAlertIdLabel))];
    const bool is_better =
        place == nullptr || (place->Resolved(now) && !one->Resolved(now)) ||
        (place->Resolved(now) == one->Resolved(now) && place->updated_at < one->updated_at);
    if (is_better) place = std::move(one);
  }
  return known;
}

bool IsLate(AlertSource source, const ForeignAlert& alert, const alerts::Alert* known, Time now) {
  // SNS may give messages in another order; the time of a change of state grows.
  return source == AlertSource::kCloudWatch && known != nullptr && known->Resolved(now) &&
         !alert.resolved && alert.time < known->ends_at;
}

}  // namespace

alerts::Alert AlertOfForeign(const ForeignAlertFeed::Sender& sender, const ForeignAlert& alert,
                             const Service* service, const Catalog& catalog,
                             std::string_view page_url, const alerts::Alert* known, Time now) {
  alerts::Alert out;
  if (known != nullptr) {
    out.labels = known->labels;
  } else {
    out.labels = alert.labels;
    out.labels.Set("alertname", alert.name);
    out.labels.Set(kAlertSourceLabel, sender.name);
    out.labels.Set(kAlertIdLabel, alert.id);
    out.labels.Set("severity", "page");
    if (service != nullptr) out.labels.Set("service", service->name);
    if (service != nullptr && !service->owner.empty()) out.labels.Set("owner", service->owner);
  }
  AlertRecord about;
  if (service != nullptr) about.service = service->name;
  if (service != nullptr) about.owner = service->owner;
  const MessageContext context = MakeMessageContext(about, catalog, page_url);
  const bool fires = !alert.resolved;
  const std::string of = service == nullptr ? sender.name : context.service_title;
  const std::string title = FillText(fires ? TextId::kRuleFiring : TextId::kRuleResolved,
                                     context.language, {{"service", of}, {"alert", alert.name}});
  out.annotations.Set("title", OneLine(title));
  out.annotations.Set("summary",
                      OneLine(FillText(TextId::kForeignAlert, context.language,
                                       {{"source", sender.name},
                                        {"name", alert.text.empty() ? alert.name : alert.text}})));
  if (!alert.text.empty()) out.annotations.Set("description", alert.text);
  if (!alert.severity.empty()) out.annotations.Set("severity_sent", alert.severity);
  out.generator_url = alert.url;
  const std::string link =
      alert.url.empty() && service != nullptr ? ServiceLink(page_url, service->name) : alert.url;
  if (!link.empty()) out.annotations.Set("link", link);
  if (fires) {
    out.starts_at = std::min(alert.time, now);
    out.ends_at = now + ForeignAlertFeed::kSilent;
  } else {
    out.starts_at = known == nullptr ? alert.time : std::min(known->starts_at, now);
    out.ends_at = std::clamp(alert.time, out.starts_at, now);
  }
  return out;
}

struct ForeignAlertFeed::Plan {
  std::vector<alerts::Alert> alerts;
  AlertBatch batch;
  Taken taken;
};

ForeignAlertFeed::Plan ForeignAlertFeed::MakePlan(const Sender& sender,
                                                  const std::vector<ForeignAlert>& alerts,
                                                  const Catalog& catalog) const {
  Plan plan;
  plan.batch.source = sender.kind;
  const Time now = service_.Now();
  Known known = FindKnown(service_, sender.name, alerts);
  const auto journal = [&](ForeignAlert alert) {
    // Ids of sources of one's own share a place there.
    if (sender.name != AlertSourceName(sender.kind)) alert.id = sender.name + "/" + alert.id;
    plan.batch.alerts.push_back(std::move(alert));
  };
  for (size_t i = 0; i < alerts.size(); ++i) {
    const ForeignAlert& alert = alerts[i];
    const Service* const service = catalog.Claim(alert.labels);
    alerts::AlertPtr& here = known[alert.id];
    const bool pages = here != nullptr && !here->Resolved(now);
    const auto tell = [&](const ForeignAlert& told) {
      plan.alerts.push_back(
          AlertOfForeign(sender, told, service, catalog, options_.page_url, here.get(), now));
      here = std::make_shared<const alerts::Alert>(plan.alerts.back());
    };
    ForeignAlert over = alert;
    over.resolved = true;
    if (alert.urgent) {
      ++plan.taken.alerts;
      if (service == nullptr) plan.taken.unclaimed.push_back(i);
      if (IsLate(sender.kind, alert, here.get(), now)) continue;
      tell(alert);
      if (!pages && service != nullptr) journal(std::move(over));  // it may have been an anomaly
      continue;
    }
    const bool was_alert = alert.resolved && here != nullptr;
    if (pages) tell(over);
    if (service != nullptr) journal(alert);
    if (was_alert) {
      ++plan.taken.alerts;
    } else if (service != nullptr) {
      ++plan.taken.anomalies;
    } else {
      plan.taken.left_out.push_back(i);
    }
  }
  return plan;
}

void ForeignAlertFeed::Put(const Sender& sender, const std::vector<ForeignAlert>& alerts,
                           const Catalog& catalog, std::function<void(Taken)> done) {
  // What both stores say, joined; the last one answers.
  struct Both {
    std::mutex mutex;
    int left = 2;
    Taken taken;
    std::function<void(Taken)> done;
    void Join(const Status& status, std::vector<std::string> refused) {
      {
        const std::lock_guard lock(mutex);
        if (taken.status.ok()) taken.status = status;
        for (std::string& reason : refused) taken.refused.push_back(std::move(reason));
        if (--left > 0) return;
      }
      done(std::move(taken));
    }
  };
  const auto both = std::make_shared<Both>();
  both->done = std::move(done);
  AlertBatch batch;
  {
    const std::lock_guard lock(mutex_);
    Plan plan = MakePlan(sender, alerts, catalog);
    both->taken = std::move(plan.taken);
    batch = std::move(plan.batch);
    if (!plan.alerts.empty()) {
      service_.Post(std::move(plan.alerts), [both](alerts::AlertService::PostResult result) {
        both->Join(result.status, std::move(result.refused));
      });
    } else {
      both->Join(OkStatus(), {});
    }
  }
  if (batch.alerts.empty()) return both->Join(OkStatus(), {});
  telemetry_.Append(std::move(batch), [both](const Status& stored) { both->Join(stored, {}); });
}

}  // namespace kizashi
