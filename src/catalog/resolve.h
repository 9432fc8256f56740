// Names to things: checks every reference of a draft, puts the names into the services and teams,
// and finds what goes in circles. One thread.
#pragma once

#include <set>
#include <string>

#include "catalog/draft.h"
#include "catalog/error_list.h"

namespace kizashi {

/// Words (in lower case) of files that could not be read to their end. A name that is not known but
/// stands there is not reported: it would only follow from the other error.
using UnreadWords = std::set<std::string, std::less<>>;
void AddWords(std::string_view text, UnreadWords* words);

/// Names are compared without regard to letter case, as Backstage does. After errors the draft is
/// of no further use.
void ResolveDraft(const UnreadWords& unread, Draft* draft, ErrorList* errors);

}  // namespace kizashi
