// What the judge and the rules found, as alerts of the alert engine.
//
// The record store is the truth: an alert is there before it comes here, and what the engine knows
// of it is brought in line with the records at the start, and again whenever the engine could not
// take something. So a crash between the two loses nothing, and what is judged again after a crash
// is told once. Verdicts are not touched: the engine is downstream.
//
// Owned by main; any thread. Store, service and clock outlive it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "act/alert/alert_service.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "store/record_store.h"

namespace kizashi {

/// How long an alert fires that nobody has ended: it is not sent again every minute.
inline constexpr Time kUntilEnded = TimeFromMs(4'102'444'800'000);  // 2100-01-01

/// The annotation that has an alert's id in the records.
inline constexpr std::string_view kAlertIdAnnotation = "kizashi_id";

/// An alert as the engine has it. Labels: alertname, service, owner, severity ("page", "ticket"),
/// slo, and of a policy action and condition; of a rule's alert its own besides. Annotations:
/// title, summary and description in the owner's language, link, `kizashi_id`, and the record's
/// fields.
alerts::Alert AlertOfRecord(const AlertRecord& record, const Catalog& catalog,
                            std::string_view page_url);

/// One destination that was, or will be, told of an alert.
struct AlertDelivery {
  std::string destination;  // "team NAME/slack/0"
  bool firing = false;      // what it was told: that it fires, or is over
  bool waits = false;       // in its queue
  int attempts = 0;         // in vain
  std::string last_error;
  Time at{};  // when it was told; of one that waits, since when
};

class AlertFeed {
 public:
  struct Options {
    std::function<std::shared_ptr<const Catalog>()> catalog;
    std::string page_url;
  };
  AlertFeed(RecordStore& records, alerts::AlertService& service, Options options)
      : records_(records), service_(service), options_(std::move(options)) {}

  /// From here on what is put is told. Call once the records say what is so: after what the journal
  /// holds was judged.
  void Start();
  /// Alerts that began or ended, as they are in the records. Before Start they wait for it. One
  /// that belongs to no service is told nobody.
  void Put(const std::vector<AlertRecord>& changed);
  /// Tries again what the engine refused, every kRetryEvery. To be called every second or so.
  static constexpr Duration kRetryEvery{5'000};
  void Poll();

  /// Who was told of an alert; nothing once the engine has forgotten it.
  std::vector<AlertDelivery> DeliveriesOf(const AlertRecord& record) const;

 private:
  Status Reconcile();
  Status Post(std::vector<alerts::Alert> alerts);

  RecordStore& records_;
  alerts::AlertService& service_;
  const Options options_;
  std::mutex mutex_;
  bool started_ = false;
  bool behind_ = false;
  Time tried_{};
};

}  // namespace kizashi
