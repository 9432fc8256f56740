// POST /kizashi/v1/alerts/in/{source}: alerts of other programs (wire/foreign_alerts.h) become
// anomalies of the services that their labels claim.
//
// Answers once they are on disk. Items that are wrong are named and the good ones kept; those that
// claim no service are named too and left out. Any thread. Limit: kForeignBodyBytesMax a request.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "judge/snapshot.h"
#include "net/http.h"
#include "store/telemetry_store.h"

namespace kizashi {

class ForeignAlertRoutes {
 public:
  /// All outlive this.
  struct Parts {
    TelemetryStore* telemetry = nullptr;
    const Clock* clock = nullptr;
    /// Nothing while the server starts.
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
  };
  explicit ForeignAlertRoutes(Parts parts) : parts_(std::move(parts)) {}

  static constexpr std::string_view kSentryPath = "/kizashi/v1/alerts/in/sentry";
  static bool IsMine(std::string_view path);
  /// Requires IsMine(request.path).
  void Handle(const HttpRequest& request, const Responder& respond) const;

 private:
  const Parts parts_;
};

}  // namespace kizashi
