// Templates in the labels and annotations of alerting rules, and in notifications: the part of Go's
// text/template, of Prometheus' and of Alertmanager's functions that they use.
//
// Total: parsing and expanding end with a text or an error, within the limits below and those of
// the query function that is handed in. Left out: in rules define, template, block and `tmpl`; in
// both methods of times, and complex numbers; each is an error that names it. Sources: Go's
// documentation of text/template, Prometheus' "Template reference". A parsed template is immutable;
// any thread may expand it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "query/rules/template_ast.h"
#include "query/rules/template_value.h"

namespace kizashi::rules {

inline constexpr size_t kTemplateBytesMax = 64 << 10;  // of one template
inline constexpr int kTemplateDepthMax = 100;          // blocks and parentheses inside each other
inline constexpr size_t kExpandedBytesMax = 64 << 10;  // of one text, and of any value within
inline constexpr size_t kTemplateStepsMax = 100'000;   // nodes and calls of one expansion
inline constexpr size_t kTemplateQueriesMax = 20;      // of one expansion

/// Evaluates a query at the time of the alert.
using TemplateQuery =
    std::function<StatusOr<std::vector<TemplateSample>>(const std::string& query)>;

class Template {
 public:
  static StatusOr<Template> Parse(std::string_view text);

  /// `data` and `query` are used during the call only.
  StatusOr<std::string> Expand(const TemplateData& data, const TemplateQuery& query) const;

 private:
  std::shared_ptr<const TemplateNodes> nodes_;
};

/// Templates of notifications: texts that call what files define, over any value. Built by one
/// thread, then immutable.
class TemplateSet {
 public:
  /// Adds what a file defines; of two with one name the later stays. The error names the line.
  Status Add(std::string_view file);
  /// Expands `text`, which may call what was added and define more for itself.
  StatusOr<std::string> Expand(std::string_view text, const TemplateValue& data) const;

 private:
  TemplateDefinitions definitions_;
};

}  // namespace kizashi::rules
