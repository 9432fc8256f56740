// The routes of prices and redundancy groups: what each kind of anomaly costs and why, what a group
// has to fear and what if.
//
// Any thread. Everything comes from the snapshot, but for what the last episode was told to cost.
// Limits: kListMax prices; kToldLinesMax sentences about past prices.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "judge/snapshot.h"
#include "net/http.h"
#include "store/record_store.h"

namespace kizashi {

/// Every price that the episode was told to have, the oldest first. Of one that began before prices
/// were kept, or beyond their limit, the one that stands.
StatusOr<std::vector<PriceTold>> PricesTold(RecordStore* records, const AnomalyRecord& anomaly);

class PriceRoutes {
 public:
  static constexpr size_t kListMax = 1000;
  static constexpr size_t kToldLinesMax = 10;

  struct Parts {
    RecordStore* records = nullptr;
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
  };
  explicit PriceRoutes(Parts parts) : parts_(std::move(parts)) {}

  static bool IsMine(std::string_view path);
  /// A GET of a path that is ours.
  void Handle(const HttpRequest& request, const Responder& respond) const;

 private:
  HttpResponse List(const HttpRequest& request) const;
  HttpResponse One(const HttpRequest& request, std::string_view kind) const;
  HttpResponse Group(const HttpRequest& request, std::string_view service) const;

  const Parts parts_;
};

}  // namespace kizashi
