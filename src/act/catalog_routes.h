// The routes of alerts as the catalog has them: to the owning team; whom else, on-call says
// (act/oncall/pager.h), to which each person and team is a receiver here.
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
  /// Of the server: for teams without any of their own.
  std::vector<Destination> default_destinations;
  std::string slack_token_file;  // of the app that posts into channels and to members; "": none
  std::string slack_app_url;     // of its chat.postMessage; "": Slack's own
  bool has_phone = false;        // the server can call people
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
/// Of a person: "person NAME". Told by a direct message in Slack and by a call, as far as the
/// catalog and the options have them, else by e-mail.
std::string PersonReceiver(std::string_view person);
/// Of default_destinations.
inline constexpr std::string_view kDefaultReceiver = "default";

}  // namespace kizashi
