// The functions that a template may call: Go's own and Prometheus'.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "query/rules/template.h"
#include "query/rules/template_value.h"

namespace kizashi::rules {

struct TemplateCall {
  std::span<const TemplateValue> arguments;
  const TemplateData& data;
  const TemplateQuery& query;
};

struct TemplateFunction {
  std::string_view name;
  size_t arguments_min = 0;
  size_t arguments_max = 0;
  StatusOr<TemplateValue> (*call)(const TemplateCall& call) = nullptr;
  bool of_notifications = false;  // Alertmanager's, which rules do not have
};

/// Nullptr when there is none of this name. `and` and `or` have no `call`: they evaluate no more
/// arguments than they need.
const TemplateFunction* FindTemplateFunction(std::string_view name);

/// Whether `if` takes the value as true.
bool IsTrue(const TemplateValue& value);

}  // namespace kizashi::rules
