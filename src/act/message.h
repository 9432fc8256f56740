// What is said about an alert in a team's language: title, summary and details.
//
// Pure functions: the same alert, event and context give the same text.
#pragma once

#include <string>
#include <string_view>

#include "act/texts.h"
#include "catalog/catalog.h"
#include "store/records.h"

namespace kizashi {

/// How the owner reads and where the links lead.
struct MessageContext {
  Language language = Language::kEnglish;
  std::string time_zone = "UTC";
  std::string service_title;  // the service's name when it has none
  std::string page_url;       // of the page, "" for no links
};

/// Language and time zone of the owning team; English and UTC when it is not known.
MessageContext MakeMessageContext(const AlertRecord& alert, const Catalog& catalog,
                                  std::string_view page_url);

/// "<page>/services/<name>"; empty without a page.
std::string ServiceLink(std::string_view page_url, std::string_view service);

/// "<page>/slos/<service>/<slo>"; empty without a page.
std::string SloLink(std::string_view page_url, std::string_view service, std::string_view slo);

/// What an alert is about: "burn", "no_data", "policy", or "rule" of a rule file.
std::string AlertCode(const AlertRecord& alert);

struct AlertTexts {
  std::string title;    // a line
  std::string summary;  // a line with the numbers that matter most
  std::string details;  // "Name: value", a line each
};
/// `event` is "firing" or "resolved".
AlertTexts TextsOfAlert(const AlertRecord& alert, std::string_view event,
                        const MessageContext& context);

/// `text` with &, < and > as Slack wants them, at most `units_max` UTF-16 units long (as Slack
/// counts); what is cut never splits a character or an escape.
std::string SlackEscape(std::string_view text, size_t units_max);

}  // namespace kizashi
