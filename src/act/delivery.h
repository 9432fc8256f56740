// Sends the messages that wait in the record store, on one thread of its own.
//
// Each destination (URL) gets one message at a time, all together at most `parallel_max`, so a slow
// one holds up nobody else; "resolved" never overtakes the "firing" of the same alert. What fails
// is tried again as act/delivery_policy.h says. A message is marked delivered after its answer
// came: a crash between the two sends one extra copy, which receivers of webhooks know by its
// dedup_key (also the header Idempotency-Key).
//
// Owned by main. Wake: any thread. Store, client, clock and registry outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/delivery_policy.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/catalog.h"
#include "net/http_client.h"
#include "store/record_store.h"

namespace kizashi {

struct DeliveryOptions {
  /// The catalog of now, for language, time zone and titles; never null. Called on the sender's
  /// thread.
  std::function<std::shared_ptr<const Catalog>()> catalog;
  std::string page_url;  // "http://kizashi.example:7600", for links; "" for none
  DeliveryPolicy policy;
  Duration request_timeout{10'000};
  int parallel_max = 16;
  /// How often the store is asked without being woken.
  Duration poll{1'000};
  /// Called with what an attempt came to, on the sender's thread.
  std::function<void(const DeliveryRecord&)> on_attempt = [](const DeliveryRecord&) {};
  /// How long Stop waits for answers that are under way.
  Duration stop_wait{2'000};
};

class DeliverySender {
 public:
  DeliverySender(RecordStore& store, HttpClient& client, const Clock& clock, Registry& registry,
                 DeliveryOptions options);
  /// Stops.
  ~DeliverySender();
  DeliverySender(const DeliverySender&) = delete;
  DeliverySender& operator=(const DeliverySender&) = delete;

  /// New deliveries were stored.
  void Wake();
  /// Starts nothing more and waits shortly for what is under way; what has no answer by then is
  /// sent again after the next start. May be called more than once, by one thread.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
