#include "act/incident/incident.h"

#include <algorithm>
#include <array>

namespace kizashi::incidents {
namespace {

constexpr std::array<std::string_view, 5> kStates = {"open", "acknowledged", "mitigated",
                                                     "resolved", "closed"};
constexpr std::array<std::string_view, 15> kEdits = {
    "",         "open", "acknowledge", "mitigate", "resolve", "close",  "reopen", "note",
    "severity", "role", "title",       "merge",    "link",    "unlink", "report"};
constexpr std::pair<std::string_view, std::string_view> kRelations[] = {
    {"related", "related"},
    {"caused_by", "caused"},
    {"caused", "caused_by"},
    {"duplicate_of", "duplicated_by"},
    {"duplicated_by", "duplicate_of"}};

}  // namespace

std::string_view StateName(State state) {
  const auto number = static_cast<size_t>(state);
  return number < kStates.size() ? kStates[number] : std::string_view();
}

std::optional<State> StateFromName(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

std::string_view EditName(Edit::What what) {
  const auto number = static_cast<size_t>(what);
  return number < kEdits.size() ? kEdits[number] : std::string_view();
}

std::optional<Edit::What> EditFromName(std::string_view name) {
  const auto found = std::find(kEdits.begin() + 1, kEdits.end(), name);
  if (found == kEdits.end()) return std::nullopt;
  return static_cast<Edit::What>(found - kEdits.begin());
}

std::string_view OtherEnd(std::string_view relation) {
  for (const auto& [one, other] : kRelations) {
    if (one == relation) return other;
  }
  return "";
}

std::string_view Incident::PersonOf(std::string_view role) const {
  for (const auto& [name, person] : roles) {
    if (name == role) return person;
  }
  return "";
}

const RelatedAlert* Incident::FindAlert(std::string_view id) const {
  for (const RelatedAlert& alert : alerts) {
    if (alert.id == id) return &alert;
  }
  return nullptr;
}

}  // namespace kizashi::incidents
