// Prometheus' relabelling: rules that rewrite a set of labels, or drop what carries it.
// Source: Prometheus' documentation, "Configuration", <relabel_config>.
//
// Immutable; any thread. lowercase and uppercase change the letters A to Z. Limits:
// kRelabelRulesMax rules; a regular expression takes at most 1 MiB.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kRelabelRulesMax = 1000;

struct RelabelRule {
  enum class Action {
    kReplace,
    kKeep,
    kDrop,
    kKeepEqual,
    kDropEqual,
    kHashMod,
    kLabelMap,
    kLabelDrop,
    kLabelKeep,
    kLowercase,
    kUppercase,
  };
  Action action = Action::kReplace;
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string target_label;
  std::string regex = "(.*)";
  uint64_t modulus = 0;
  std::string replacement = "$1";
};

/// By the name that a configuration gives it, in any case.
StatusOr<RelabelRule::Action> RelabelActionOf(std::string_view name);

class Relabeler {
 public:
  Relabeler();
  ~Relabeler();
  Relabeler(Relabeler&&) noexcept;
  Relabeler& operator=(Relabeler&&) noexcept;

  /// Adds a rule behind the others. InvalidArgument says what is wrong with it, as Prometheus would
  /// refuse it: a target_label that is missing or no name, a modulus of zero, a bad regex.
  Status Add(RelabelRule rule);

  /// Applies the rules in order. False when a rule dropped it: then `labels` are somewhere between.
  bool Apply(Labels* labels) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Compiled;
  static bool ApplyOne(const Compiled& compiled, Labels* labels);
  static void MapNames(const Compiled& compiled, Labels* labels);
  static void Replace(const Compiled& compiled, const std::string& value, Labels* labels);

  std::vector<std::unique_ptr<const Compiled>> rules_;
};

}  // namespace kizashi
