// The routes of incidents: /kizashi/v1/incidents and all below it.
//
// GET and POST /incidents; GET /incidents/{id}; POST /incidents/{id}/edits; GET and POST
// /incidents/{id}/report, GET /incidents/{id}/report/{version}; GET /incidents/actions, /stats;
// POST /incidents/events. A POST is answered once it is on disk. Any thread. Limits: 512 KiB a
// request, 1,000 events of one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "act/incident/incident_service.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "net/http.h"

namespace kizashi {

class IncidentRoutes {
 public:
  static constexpr size_t kBodyBytesMax = 512 << 10;
  static constexpr size_t kEventsMax = 1000;

  /// All outlive this. Without a service every path is 404.
  struct Parts {
    incidents::IncidentService* incidents = nullptr;
    const Clock* clock = nullptr;
    std::function<std::shared_ptr<const Catalog>()> catalog;
  };
  explicit IncidentRoutes(Parts parts) : parts_(std::move(parts)) {}

  static bool IsMine(std::string_view path);
  /// Requires IsMine(request.path). `actor` is the name of the token that came with it, or "".
  void Handle(const HttpRequest& request, const std::string& actor, const Responder& respond) const;

 private:
  void List(const HttpRequest& request, const Responder& respond) const;
  void Open(const HttpRequest& request, const std::string& actor, const Responder& respond) const;
  void Get(uint64_t number, const HttpRequest& request, const Responder& respond) const;
  void PostEdit(uint64_t number, const HttpRequest& request, const std::string& actor,
                const Responder& respond) const;
  void GetReport(uint64_t number, uint64_t version, const Responder& respond) const;
  void PostReport(uint64_t number, const HttpRequest& request, const std::string& actor,
                  const Responder& respond) const;
  void ListActions(const HttpRequest& request, const Responder& respond) const;
  void GetStats(const HttpRequest& request, const Responder& respond) const;
  void PostEvents(const HttpRequest& request, const Responder& respond) const;
  void Answer(const StatusOr<uint64_t>& done, const Responder& respond) const;
  std::string Today(std::string_view team) const;

  const Parts parts_;
};

/// Reads {"events": [{"time": ..., "kind": "deploy", "id": "...", ...}]}. InvalidArgument, of
/// `*item`, when one is wrong: then none is taken.
Status ReadIncidentEvents(std::string_view json, Time now,
                          std::vector<incidents::IncidentEvent>* events, std::string* item);

}  // namespace kizashi
