// The routes of SLOs: the board, one SLO with its slices, the report, what holds releases.
//
// Any thread. Everything but one SLO's past comes from the snapshot.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "judge/snapshot.h"
#include "net/http.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

class SloRoutes {
 public:
  static constexpr size_t kStepsMax = 1500;
  static constexpr size_t kBoardsKept = 32;
  static constexpr Duration kRangeMax = std::chrono::days(366);
  /// Of each kind, alerts and anomalies, beside an SLO.
  static constexpr int kHistoryMax = 500;

  static constexpr Duration kReportTimeMax = std::chrono::seconds(20);

  struct Parts {
    RecordStore* records = nullptr;
    TelemetryStore* telemetry = nullptr;
    const Clock* clock = nullptr;
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
  };
  explicit SloRoutes(Parts parts) : parts_(std::move(parts)) {}

  static bool IsMine(std::string_view path);
  /// A GET of a path that is ours.
  void Handle(const HttpRequest& request, const Responder& respond);

 private:
  HttpResponse List(const HttpRequest& request);
  HttpResponse Holds(const HttpRequest& request);
  HttpResponse Report(const HttpRequest& request);
  HttpResponse Detail(const Snapshot& snapshot, const ServiceSnapshot& service,
                      const SloSnapshot& slo);
  HttpResponse Slices(const HttpRequest& request, std::string_view service, std::string_view slo);
  HttpResponse One(const HttpRequest& request, std::string_view rest);

  const Parts parts_;

  /// Boards as they were answered last: many people look at one, and each asks on every change.
  struct Boards {
    std::shared_ptr<const Snapshot> snapshot;  // that they show
    Time minute{};                             // in which: a review becomes overdue at midnight
    std::map<std::string, std::string> by_filter;
  };
  std::mutex reporting_;  // held while a report is made
  std::mutex boards_mutex_;
  Boards boards_;
};

}  // namespace kizashi
