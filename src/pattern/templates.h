// Patterns as a team writes them: which of its templates a line is of, whatever mining finds.
//
// A template is constant text with `<*>` for parameters, as patterns are written. It matches a line
// whose constant text is equal and has one byte or more at each `<*>`; white space counts as one
// space, at the ends as none, on both sides. Of several that match, the one with the most constant
// bytes wins, then the one that was given first.
//
// Immutable; any thread. Find takes time in proportion to the line and the constant bytes of the
// templates that it is compared with, never more: parameters take the leftmost end that they can,
// which finds a match if there is one, as no constant text comes between but what is looked for.
// Lines that no template can match are told apart by their first or last word, or by a scan that
// looks at one place in several bytes. Memory: the texts, and some 15 KiB.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

struct PatternTemplate {
  uint64_t id = 0;  // PatternIdOf(text)
  std::string text;
  std::string name;  // for people; may be empty
};

/// What lines of one skeleton can be, told by its constant text alone.
struct TemplateFit {
  const PatternTemplate* all = nullptr;  // every line is of this one
  bool some = false;                     // else: some may be of a template, each has to be asked
  bool operator==(const TemplateFit&) const = default;
};

class PatternTemplates {
 public:
  static constexpr size_t kTemplatesMax = 200;
  static constexpr size_t kTextBytesMax = 4 << 10;

  /// How a template's text is kept and named: white space as one space, none at the ends.
  static std::string Normalize(std::string_view text);
  /// Why a normalized text is no template; nothing when it is one. A noun phrase: what was found.
  static std::optional<std::string> FaultOf(std::string_view normalized);

  /// Of normalized texts without fault, in the order given; ids are set here.
  explicit PatternTemplates(std::vector<PatternTemplate> templates);

  /// As they were given.
  const std::vector<PatternTemplate>& all() const { return templates_; }
  /// The template that a line is of; null: none.
  const PatternTemplate* Find(std::string_view line) const;
  const PatternTemplate* ById(uint64_t id) const;

  /// What lines can be that have `pieces` as constant text and a slot of SplitLine between each
  /// two.
  TemplateFit FitOf(const std::vector<std::string_view>& pieces) const;
  /// Whether every line of the mined pattern with this text is of a template.
  bool Covers(std::string_view pattern_text) const;

  /// The same for equal templates with equal names in the same order.
  uint64_t hash() const { return hash_; }

 private:
  struct Compiled {
    std::vector<std::string> literals;  // around the parameters: one more than these
    std::string key;                    // every line that matches holds it
    size_t bytes = 0;                   // of all literals
    size_t index = 0;                   // in templates_
  };
  // Places of `key`s in a line, by pairs of bytes (Wu and Manber 1994, "A fast algorithm for
  // multi-pattern searching").
  struct Scan {
    std::vector<size_t> ranks;        // by the pair that ends the key's first `window` bytes
    std::vector<uint16_t> begin;      // of each pair's in ranks, and the end
    std::vector<uint8_t> shift;       // by pair: how far the window may go on
    size_t window = 0;                // 0: nothing to look for
    std::vector<size_t> short_ranks;  // keys of one byte: always compared
  };

  static bool Matches(const Compiled& one, std::string_view line);
  static bool CanMatch(const Compiled& one, const std::vector<uint16_t>& elements);
  void MakeScan(const std::vector<size_t>& ranks);
  template <typename Try>
  void ScanFor(std::string_view line, const Try& attempt) const;

  std::vector<PatternTemplate> templates_;
  std::vector<Compiled> ranked_;                   // the most specific first
  std::array<std::vector<size_t>, 256> by_first_;  // ranks, by the first byte of a line
  std::array<std::vector<size_t>, 256> by_last_;   // of those that begin with a parameter
  bool has_first_ = false;
  bool has_last_ = false;
  bool has_others_ = false;
  Scan scan_;  // of those that end with one, too
  uint64_t hash_ = 0;
};

}  // namespace kizashi
