// The references of SLOs to names, once those of services and teams are resolved: members of
// composites and journeys, owners and approvers of agreements, time zones that the owner's team
// gives; and composites in circles. One thread.
#pragma once

#include "catalog/draft.h"
#include "catalog/error_list.h"
#include "catalog/resolve.h"

namespace kizashi {

/// Moves the SLOs of every draft into its service.
void ResolveSlos(const UnreadWords& unread, Draft* draft, ErrorList* errors);

}  // namespace kizashi
