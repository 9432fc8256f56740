// What the expressions of a template are worth: Go's values, as far as Prometheus' templates meet
// them.
//
// Plain values; copies share what is large. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kizashi::rules {

/// Names and texts; unlike Labels they keep empty texts.
using TextMap = std::map<std::string, std::string, std::less<>>;

/// One series of a query's result.
struct TemplateSample {
  TextMap labels;
  double value = 0;
};

/// What a template is told about an alert.
struct TemplateData {
  TextMap labels;
  TextMap external_labels;
  std::string external_url;
  double value = 0;
};

struct TemplateValue;
using SampleList = std::vector<std::shared_ptr<const TemplateSample>>;
using ValueMap = std::map<std::string, TemplateValue, std::less<>>;

struct NoValue {};

/// A list with members of its own, as Go's types with methods are met: `.Alerts` and
/// `.Alerts.Firing`.
struct ValueList;
using ValueListPtr = std::shared_ptr<const ValueList>;

struct TemplateValue {
  std::variant<NoValue, bool, int64_t, double, std::string, std::shared_ptr<const TextMap>,
               std::shared_ptr<const TemplateSample>, std::shared_ptr<const SampleList>,
               std::shared_ptr<const ValueMap>, ValueListPtr, const TemplateData*>
      what;
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&what);
  }
};

struct ValueList {
  std::vector<TemplateValue> items;
  ValueMap members;
};

using TextMapPtr = std::shared_ptr<const TextMap>;
using SamplePtr = std::shared_ptr<const TemplateSample>;
using SampleListPtr = std::shared_ptr<const SampleList>;
using ValueMapPtr = std::shared_ptr<const ValueMap>;

}  // namespace kizashi::rules
