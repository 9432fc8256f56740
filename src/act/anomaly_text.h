// What an anomaly is, in one sentence for people, from its code and fields.
#pragma once

#include <string>

#include "act/texts.h"
#include "store/records.h"

namespace kizashi {

/// Plain text on one line: the caller escapes it for where it goes. A code that is not known gives
/// the code with its fields.
std::string AnomalyText(const AnomalyRecord& anomaly, Language language);

}  // namespace kizashi
