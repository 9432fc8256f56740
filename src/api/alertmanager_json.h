// The JSON of Alertmanager's API: what is posted as our shapes, and our shapes as what is answered.
//
// Pure; any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/engine.h"
#include "act/alert/silences.h"
#include "base/json_writer.h"
#include "base/status.h"

namespace kizashi {

/// A body of POST /api/v2/alerts. Times that are not given are Time{}. The error names the item.
StatusOr<std::vector<alerts::Alert>> ReadPostedAlerts(const std::string& body);
/// A body of POST /api/v2/silences.
StatusOr<alerts::Silence> ReadPostedSilence(const std::string& body);

void WriteLabelsJson(const Labels& labels, JsonWriter* json);
/// Of an alert what does not depend on the time: members without the braces around them.
std::string AlertMembers(const alerts::Alert& alert);
/// The whole object; `members` is that of AlertMembers.
void WriteListedAlert(const alerts::ListedAlert& listed, std::string_view members,
                      std::string* json);

/// Keeps the members of alerts that are listed again and again. Any thread.
class AlertMembersCache {
 public:
  /// `[...]` of those that `takes` is true for. `all` are all that there are: members of many
  /// others are forgotten.
  std::string ListJson(const std::vector<alerts::ListedAlert>& all,
                       const std::function<bool(const alerts::ListedAlert&)>& takes);

 private:
  struct Kept {
    alerts::AlertPtr alert;
    std::string members;
  };
  std::mutex mutex_;
  std::vector<Kept> kept_;  // by fingerprint
};

void WriteSilenceJson(const alerts::Silence& silence, Time now, JsonWriter* json);
/// Active ones first, then pending, then expired, as Alertmanager sorts them.
void SortSilences(std::vector<alerts::Silence>* silences, Time now);

}  // namespace kizashi
