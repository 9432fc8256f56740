// POST /kizashi/v1/alerts/in/{source}: alerts of other programs (wire/foreign_alerts.h) become
// alerts when they are urgent, else anomalies of the services that their labels claim.
//
// Answers once they are on disk. Items that are wrong are named and the good ones kept; low ones
// that claim no service are named too and left out, urgent ones go by the default route. Any
// thread. Limit: kForeignBodyBytesMax a request.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "act/alert/http_sender.h"
#include "act/foreign_alert_feed.h"
#include "api/foreign_sources.h"
#include "api/sns_gate.h"
#include "base/clock.h"
#include "catalog/watch.h"
#include "judge/snapshot.h"
#include "net/http.h"

namespace kizashi {

class ForeignAlertRoutes {
 public:
  static constexpr Duration kCatalogSettles{10'000};

  /// All outlive this; `fetch` may call back later.
  struct Parts {
    ForeignAlertFeed* feed = nullptr;
    const Clock* clock = nullptr;
    /// Nothing while the server starts.
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
    /// That decides who owns what; never null. The judge, who makes anomalies, has it a moment
    /// later: until then, at most kCatalogSettles, the sender of low ones is asked to come back.
    std::function<std::shared_ptr<const CatalogState>()> catalog;
    alerts::FetchFunction fetch;
  };
  ForeignAlertRoutes(Parts parts, std::shared_ptr<const ForeignSources> sources)
      : parts_(std::move(parts)), gate_(parts_.fetch, parts_.clock), sources_(std::move(sources)) {
    alive_->routes = this;
  }
  ~ForeignAlertRoutes();
  ForeignAlertRoutes(const ForeignAlertRoutes&) = delete;
  ForeignAlertRoutes& operator=(const ForeignAlertRoutes&) = delete;

  /// Puts others in force.
  void SetSources(std::shared_ptr<const ForeignSources> sources);

  static bool IsMine(std::string_view path);
  /// Whether the sender proves to be who it is by what its source asks for: true, or the refusal.
  /// Nothing when its source asks for nothing of its own. Requires IsMine(request.path).
  std::optional<HttpResponse> Refusal(const HttpRequest& request, bool* has_proof) const;
  /// Requires IsMine(request.path). `is_known`: the sender proved who it is, by a secret of its
  /// source or by a token.
  void Handle(const HttpRequest& request, bool is_known, const Responder& respond) const;

 private:
  std::shared_ptr<const ForeignSources> sources() const;
  std::optional<ForeignSource> SourceOf(const HttpRequest& request) const;
  bool IsSettling(const Snapshot& snapshot, const CatalogState& catalog) const;
  void Take(const ForeignSource& source, const HttpRequest& request, bool is_known,
            const Responder& respond) const;

  // Outlives this for certificates that come late.
  struct Alive {
    std::mutex mutex;
    const ForeignAlertRoutes* routes = nullptr;
  };

  const Parts parts_;
  const SnsGate gate_;
  const std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  mutable std::mutex mutex_;
  std::shared_ptr<const ForeignSources> sources_;
};

}  // namespace kizashi
