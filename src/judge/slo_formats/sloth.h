// Sloth's alerts: four pairs of windows for a period, by its AlertWindows; and how what it says
// beyond an SloSpec is kept in annotations for the way back. Pure functions; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

/// In the order page quick, page slow, ticket quick, ticket slow; named so with a '-'.
inline constexpr std::string_view kSlothPairNames[] = {"page-quick", "page-slow", "ticket-quick",
                                                       "ticket-slow"};

/// One window of an AlertWindows: the share of the budget that is gone when it fires.
struct SlothWindow {
  double budget_percent = 0;
  Duration short_window{};
  Duration long_window{};
};

/// Sloth's own four: 2 % in 1 h, 5 % in 6 h, 10 % in 1 d, 10 % in 3 d.
std::vector<SlothWindow> SlothWindows();
/// The pairs of four windows; factors are percent x period / long window.
std::vector<BurnPair> SlothPairs(Duration period, const std::vector<SlothWindow>& windows);

// Keys of annotations, before the label's own name.
inline constexpr std::string_view kSlothAlertName = "sloth/alerting.name";
inline constexpr std::string_view kSlothAlertLabels = "sloth/alerting.labels/";
inline constexpr std::string_view kSlothAlertAnnotations = "sloth/alerting.annotations/";
inline constexpr std::string_view kSlothPageLabels = "sloth/page.labels/";
inline constexpr std::string_view kSlothPageAnnotations = "sloth/page.annotations/";
inline constexpr std::string_view kSlothTicketLabels = "sloth/ticket.labels/";
inline constexpr std::string_view kSlothTicketAnnotations = "sloth/ticket.annotations/";

}  // namespace kizashi
