// The routes of the ledger: what is decided about kinds of anomaly and episodes of them.
//
// GET /kizashi/v1/anomalies, /anomalies/{id}, /anomalies/{id}/ledger, /ledger, /reports/delivered;
// POST /kizashi/v1/ledger journals an edit and answers once it is on disk. What the judge makes of
// it is there a moment later, and never twice: an edit has an id. Any thread. Limits: 16 KiB a
// request, LedgerEdit::kTextBytesMax of each text, a kind is expected for a year at most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "judge/snapshot.h"
#include "net/http.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

class LedgerRoutes {
 public:
  static constexpr Duration kExpectMax = std::chrono::days(366);

  /// All outlive this.
  struct Parts {
    RecordStore* records = nullptr;
    TelemetryStore* telemetry = nullptr;
    const Clock* clock = nullptr;
    /// Nothing while the server starts.
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
  };
  explicit LedgerRoutes(Parts parts) : parts_(std::move(parts)) {}

  static bool IsMine(std::string_view path);
  /// Requires IsMine(request.path). `actor` is the name of the token that came with it, or "".
  void Handle(const HttpRequest& request, const std::string& actor, const Responder& respond);

 private:
  void List(const HttpRequest& request, const Responder& respond);
  void Get(const std::string& id, const Responder& respond);
  void GetLedger(const std::string& id, const Responder& respond);
  void ListEdits(const HttpRequest& request, const Responder& respond);
  void ListReports(const HttpRequest& request, const Responder& respond);
  void PostEdit(const HttpRequest& request, const std::string& actor, const Responder& respond);

  const Parts parts_;
};

/// Reads what is posted: {"what": "expect", "kind": "...", "until": "RFC 3339" or milliseconds,
/// "reason": "..."}; `anomaly` of an acknowledgement, `id` and `via` ("page", "cli" or "api") where
/// the sender has them. InvalidArgument, of `*item`, when it is wrong. Leaves service and actor.
Status ReadLedgerEdit(std::string_view json, Time now, LedgerEdit* edit, std::string* via,
                      std::string* item);

}  // namespace kizashi
