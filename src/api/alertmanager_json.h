// The JSON of Alertmanager's API: what is posted as our shapes, and our shapes as what is answered.
//
// Pure; any thread.
#pragma once

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
void WriteListedAlert(const alerts::ListedAlert& listed, JsonWriter* json);
void WriteSilenceJson(const alerts::Silence& silence, Time now, JsonWriter* json);
/// Active ones first, then pending, then expired, as Alertmanager sorts them.
void SortSilences(std::vector<alerts::Silence>* silences, Time now);

}  // namespace kizashi
