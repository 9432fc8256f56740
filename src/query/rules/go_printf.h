// fmt.Sprintf of Go, for the values that a template handles.
//
// Total: a verb that does not fit its argument is told in the text, as Go does. Widths and
// precisions are at most kPrintfWidthMax.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "query/rules/template_value.h"

namespace kizashi::rules {

inline constexpr int kPrintfWidthMax = 1000;

/// Verbs: v s d f F e E g G q x X t c U and %%; flags - + # 0 and space; a width and a precision.
std::string GoPrintf(std::string_view format, std::span<const TemplateValue> arguments);

/// fmt's %v.
std::string PrintValue(const TemplateValue& value);
/// Go's name of the value's type: "float64", "map[string]string".
std::string_view GoTypeName(const TemplateValue& value);
/// fmt.Sprint: a space between two values of which neither is a string.
std::string PrintValues(std::span<const TemplateValue> values, bool line);

/// strconv's 'g' with `precision` digits: the "%.4g" of the humanize functions.
std::string FormatDigits(double value, int precision);
/// strconv's 'e' with the shortest digits: "1.5e+00".
std::string FormatScientific(double value);

}  // namespace kizashi::rules
