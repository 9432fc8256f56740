// YAML read once into a plain tree of our own, with the position of everything.
//
// A value, owned by whoever asked for it. Reading is total: any bytes give a tree, errors, or both,
// in time and memory bounded by the limits below. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

inline constexpr size_t kYamlBytesMax = 4 << 20;  // one text
inline constexpr size_t kYamlNodesMax = 200'000;  // one text, keys not counted
inline constexpr size_t kYamlDepthMax = 64;       // lists and mappings inside each other

/// Lines and columns count from 1; columns count characters, not bytes.
struct YamlKey {
  std::string name;
  int line = 0;
  int column = 0;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };
  Kind kind = Kind::kNull;
  std::string scalar;       // of a scalar: its text, quotes and escapes taken away
  bool was_quoted = false;  // a scalar in quotes or a block (`|`, `>`): text for certain
  int line = 0;             // a null in a mapping stands where its key does
  int column = 0;
  /// Where the scalar's first character stands when the source has it letter by letter on one line
  /// (so that positions inside it can be told); else 0.
  int text_column = 0;
  std::vector<YamlNode> children;  // of a sequence or a mapping
  std::vector<YamlKey> keys;       // of a mapping: as many as children, unique

  /// The value of `key`, nullptr when this is no mapping or has no such key.
  const YamlNode* Find(std::string_view key) const;
};

struct YamlError {
  int line = 0;
  int column = 0;
  std::string found;  // empty when the parser only says what it wanted
  std::string expected;
};

struct YamlFile {
  std::vector<YamlNode> documents;  // the complete ones; empty documents are left out
  std::vector<YamlError> errors;    // in the order met
  /// False when reading stopped at an error of form or a limit: what follows it is not known.
  bool complete = true;
};

/// What becomes of `*name`. Followed, it is a copy of what `&name` stands at, which counts against
/// the limits as if it were written out, and `<<: *name` adds what the mapping does not have
/// itself.
enum class YamlAliases { kRefused, kFollowed };

/// Reads every document of `text`. Refused: more than the limits, bytes that are not UTF-8, control
/// characters, keys that are not scalars, a key twice in one mapping (the first stays), and aliases
/// unless they are followed.
YamlFile ReadYaml(std::string_view text, YamlAliases aliases = YamlAliases::kRefused);

}  // namespace kizashi
