// The routes of alerts as the catalog has them: the developers of the owning team first, then SRE.
//
// Pure; any thread. The text is an alertmanager.yml (as JSON, which is YAML), so that it is read,
// checked and shown as one.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"

namespace kizashi {

struct CatalogRouteOptions {
  /// Of the server: for teams without any of their own, and SRE's when the catalog has no SRE team.
  std::vector<Destination> default_destinations;
  std::string sre_team = "sre";          // told of pages that nobody acknowledges
  Duration escalate_after{10 * 60'000};  // 0: never
  std::string slack_token_file;          // of the app that posts into channels; "": none
  // Where e-mail goes through; "" for none. With a user the password is in the file.
  std::string smtp_smarthost;
  std::string smtp_from;
  std::string smtp_user;
  std::string smtp_password_file;
  std::string smtp_ca_file;
};

/// A destination that cannot be sent to (a channel without a token, e-mail without a server) is
/// left out, and named in `notes`.
std::string CatalogRoutes(const Catalog& catalog, const CatalogRouteOptions& options,
                          std::vector<std::string>* notes);

/// The receiver's name of a team: "team NAME".
std::string TeamReceiver(std::string_view team);

}  // namespace kizashi
