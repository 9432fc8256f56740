// One field of a document with its path, and readers that turn it into a value or an error with its
// place. A Field is a view: the tree, the source and the error list outlive it. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/error_list.h"
#include "wire/yaml.h"

namespace kizashi {

struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string field;
};

/// The document that fields belong to.
struct FieldSource {
  std::string file;
  /// A field without a value counts as absent: so in Backstage's files; in ours it is a slip.
  bool nulls_absent = false;
  ErrorList* errors = nullptr;
  std::vector<CatalogWarning>* warnings = nullptr;
  const ExpressionCheck* check = nullptr;  // nullptr: PromQL is taken as it is
};

class Field {
 public:
  /// The whole document, with the empty path.
  Field(const YamlNode* document, const FieldSource* source)
      : node_(document), parent_(document), source_(source) {}

  bool present() const { return node_ != nullptr; }
  /// Requires present().
  const YamlNode& node() const { return *node_; }
  bool IsMapping() const { return present() && node_->kind == YamlNode::Kind::kMapping; }

  /// The value of a key; absent when this is not a mapping or has no such key.
  Field Key(std::string_view key) const;
  /// Like Key, but with the empty path, so that the fields inside have short ones.
  Field Root(std::string_view key) const;
  /// The items of a sequence.
  std::vector<Field> Items() const;

  const std::string& file() const { return source_->file; }
  /// Of an absent field: the place of the mapping that lacks it.
  Place place() const;
  /// What stands here, for messages: 'text', "a list", "nothing".
  std::string Found() const;

  /// Something else than `expected` stands here, or nothing does.
  void Wrong(std::string expected) const { Error(place(), Found(), std::move(expected)); }
  void Error(const Place& at, std::string found, std::string expected) const;
  /// It works, but may not be what was meant.
  void Warn(std::string text) const;
  const ExpressionCheck* check() const { return source_->check; }

 private:
  Field(const YamlNode* node, const YamlNode* parent, std::string path, const FieldSource* source)
      : node_(node), parent_(parent), path_(std::move(path)), source_(source) {}

  const YamlNode* node_;
  const YamlNode* parent_;
  std::string path_;
  const FieldSource* source_;
};

// The readers: an absent field gives nothing and no error; a wrong one gives nothing and its error.

std::optional<std::string> ReadText(const Field& field);
/// A name of ours: letters, digits, '.', '_' and '-', at most 128, a letter or digit in front. An
/// absent one is an error.
std::optional<std::string> ReadName(const Field& field);
std::vector<Field> ReadList(const Field& field, std::string_view of_what);
/// Text that may have several lines and may be empty.
std::optional<std::string> ReadProse(const Field& field);
std::optional<double> ReadNumber(const Field& field, double min, double max);
/// true or false.
std::optional<bool> ReadTruth(const Field& field);
/// RFC 3339.
std::optional<Time> ReadTime(const Field& field);
/// A PromQL expression, checked when the source has a check.
std::optional<std::string> ReadExpression(const Field& field);
std::optional<int> ReadWholeNumber(const Field& field, int min, int max);
/// "99.9" or "99.9%" as a share: above 0, and below 100 or, when `whole` allows it, up to 100.
std::optional<double> ReadPercent(const Field& field, bool whole);
std::optional<Duration> ReadDuration(const Field& field, Duration min, Duration max);
/// "06:00", from the day's beginning. An absent one is an error.
std::optional<Duration> ReadTimeOfDay(const Field& field);
std::optional<Selector> ReadSelector(const Field& field);
/// http or https with a host. Messages show no more than the host: webhook URLs are secrets.
std::optional<std::string> ReadUrl(const Field& field);
std::optional<std::string> ReadTimeZone(const Field& field);
std::optional<std::string> ReadOneOf(const Field& field,
                                     const std::vector<std::string_view>& words);

/// One value or a list of them; none of an absent field.
std::vector<Field> OneOrMany(const Field& field);

/// Reports what is not a mapping (absent fields too) and keys that are not `known`.
bool CheckMapping(const Field& field, std::string_view expected);
void CheckKeys(const Field& mapping, const std::vector<std::string_view>& known);

/// `text` in quotes, cut to a length that fits a message.
std::string Quoted(std::string_view text);

}  // namespace kizashi
