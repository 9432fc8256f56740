#include "query/promql/label_functions.h"

#include <re2/re2.h>

#include <charconv>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "catalog/selector_parser.h"
#include "query/promql/go_text.h"
#include "query/promql/lexer.h"

namespace kizashi::promql {
namespace {

Status Wrong(std::string_view what, std::string_view text) {
  return Errorf(absl::StatusCode::kFailedPrecondition, "{}: {}", what, text);
}

/// A regex over the whole value, and what its groups are put into.
class Replacement {
 public:
  Replacement(const std::string& regex, std::string text) : text_(std::move(text)) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexMemoryMax);
    re2_ = std::make_unique<RE2>("^(?:" + regex + ")$", options);
    if (re2_->ok()) groups_.resize(static_cast<size_t>(re2_->NumberOfCapturingGroups()) + 1);
  }

  bool ok() const { return re2_->ok(); }

  /// Nothing when the regex does not match.
  bool Apply(std::string_view value, std::string* result) {
    const re2::StringPiece piece(value.data(), value.size());
    if (!re2_->Match(piece, 0, value.size(), RE2::UNANCHORED, groups_.data(),
                     static_cast<int>(groups_.size()))) {
      return false;
    }
    Expand(result);
    return true;
  }

 private:
  // Go's Regexp.Expand: $1, ${1}, $name, ${name}, $$; a name is as long as it can be.
  void Expand(std::string* result) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const size_t dollar = rest.find('$');
      if (dollar == std::string_view::npos) break;
      result->append(rest.substr(0, dollar));
      rest.remove_prefix(dollar + 1);
      if (rest.starts_with('$')) {
        *result += '$';
        rest.remove_prefix(1);
        continue;
      }
      const bool braced = rest.starts_with('{');
      const std::string_view from = rest.substr(braced ? 1 : 0);
      size_t length = 0;
      while (length < from.size() && IsAlphaNumeric(static_cast<unsigned char>(from[length]))) {
        ++length;
      }
      const std::string_view name = from.substr(0, length);
      if (name.empty() || (braced && !from.substr(length).starts_with('}'))) {
        *result += '$';  // is nothing but itself
        continue;
      }
      result->append(Group(name));
      rest = from.substr(length + (braced ? 1 : 0));
    }
    result->append(rest);
  }

  std::string_view Group(std::string_view name) const {
    size_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data(), end, number);
    if (error == std::errc() && at == end) return Captured(number);
    const auto& named = re2_->NamedCapturingGroups();
    const auto found = named.find(std::string(name));
    return found == named.end() ? std::string_view() : Captured(static_cast<size_t>(found->second));
  }

  std::string_view Captured(size_t number) const {
    if (number >= groups_.size() || groups_[number].data() == nullptr) return {};
    return {groups_[number].data(), groups_[number].size()};
  }

  std::string text_;
  std::unique_ptr<RE2> re2_;
  std::vector<re2::StringPiece> groups_;
};

}  // namespace

Relabel MakeLabelReplace(const std::vector<std::string>& texts) {
  const std::string destination = texts[0];
  const std::string source = texts[2];
  const std::string regex = texts[3];
  auto replacement = std::make_shared<Replacement>(regex, texts[1]);
  Relabel relabel;
  relabel.check = [=]() -> Status {
    if (!replacement->ok()) return Wrong("invalid regular expression in label_replace()", regex);
    if (!IsLabelName(destination)) {
      return Wrong("invalid destination label name in label_replace()", destination);
    }
    return OkStatus();
  };
  relabel.apply = [=](const Labels& labels) {
    Labels result = labels;
    std::string value;
    if (replacement->Apply(labels.Get(source), &value)) result.Set(destination, value);
    return result;
  };
  return relabel;
}

Relabel MakeLabelJoin(const std::vector<std::string>& texts) {
  const std::string destination = texts[0];
  const std::string separator = texts[1];
  const std::vector<std::string> sources(texts.begin() + 2, texts.end());
  Relabel relabel;
  relabel.check = [=]() -> Status {
    for (const std::string& source : sources) {
      if (!IsLabelName(source)) {
        return Wrong("invalid source label name in label_join()", source);
      }
    }
    if (!IsLabelName(destination)) {
      return Wrong("invalid destination label name in label_join()", destination);
    }
    return OkStatus();
  };
  relabel.apply = [=](const Labels& labels) {
    std::string joined;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (i > 0) joined += separator;
      joined += labels.Get(sources[i]);
    }
    Labels result = labels;
    result.Set(destination, joined);
    return result;
  };
  return relabel;
}

}  // namespace kizashi::promql
