#include "query/regex_literals.h"

#include <cctype>
#include <cstdint>

namespace kizashi {
namespace {

constexpr size_t kLiteralMin = 2;

class Scanner {
 public:
  explicit Scanner(std::string_view regex) : rest_(regex) {}

  std::vector<std::string> Scan() {
    while (!rest_.empty()) {
      if (!Step()) return {};
    }
    EndRun();
    return std::move(literals_);
  }

 private:
  // Reads one item of the top level; false where nothing can be said of the whole expression.
  bool Step() {
    const char c = rest_[0];
    switch (c) {
      case '|': return false;
      case '(': return SkipGroup();
      case '[': return SkipClass();
      case '.':
      case '^':
      case '$': rest_.remove_prefix(1); return EndRun();
      case '*':
      case '?': rest_.remove_prefix(1); return Drop();
      case '+':
        rest_.remove_prefix(1);
        if (rest_.starts_with('?')) rest_.remove_prefix(1);
        return EndRun();
      case '{': return SkipCount();
      case '\\': return Escape();
      default:
        rest_.remove_prefix(1);
        run_ += c;
        return true;
    }
  }

  // What the last item was is not required: it may be repeated no times.
  bool Drop() {
    while (!run_.empty()) {
      const auto byte = static_cast<uint8_t>(run_.back());
      run_.pop_back();
      if ((byte & 0xc0) != 0x80) break;  // the first byte of a UTF-8 sequence
    }
    return EndRun();
  }

  bool EndRun() {
    if (run_.size() >= kLiteralMin) literals_.push_back(run_);
    run_.clear();
    return true;
  }

  // Whether or not these braces are a count: the item before them is not relied on.
  bool SkipCount() {
    Drop();
    const size_t end = rest_.find('}');
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool Escape() {
    if (rest_.size() < 2) return false;
    const char c = rest_[1];
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      run_ += c;
      rest_.remove_prefix(2);
      return true;
    }
    // Classes and edges are known; what has more bytes (\x \p \Q octal) ends the search.
    if (std::string_view("dDwWsSbBAz").find(c) == std::string_view::npos) return false;
    rest_.remove_prefix(2);
    return EndRun();
  }

  bool SkipClass() {
    EndRun();
    rest_.remove_prefix(1);
    if (rest_.starts_with('^')) rest_.remove_prefix(1);
    if (rest_.starts_with(']')) rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != ']') {
      if (rest_[0] == '[' && rest_.size() > 1 && rest_[1] == ':') {
        const size_t end = rest_.find(":]");
        if (end == std::string_view::npos) return false;
        rest_.remove_prefix(end + 2);
        continue;
      }
      if (rest_[0] == '\\' && (rest_.size() < 2 || rest_[1] == 'Q')) return false;
      rest_.remove_prefix(rest_[0] == '\\' ? 2 : 1);
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A group gives no literal, wherever it ends; flags inside of one may reach behind it.
  bool SkipGroup() {
    EndRun();
    if (rest_.starts_with("(?")) return false;
    rest_.remove_prefix(1);
    for (int depth = 1; depth > 0;) {
      if (rest_.empty()) return false;
      const char c = rest_[0];
      if (c == '[') {
        if (!SkipClass()) return false;
        continue;
      }
      if (c == '\\') {
        if (rest_.size() < 2 || rest_[1] == 'Q') return false;
        rest_.remove_prefix(2);
        continue;
      }
      if (c == '(' && rest_.starts_with("(?")) return false;
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      rest_.remove_prefix(1);
    }
    return true;
  }

  std::string_view rest_;
  std::string run_;
  std::vector<std::string> literals_;
};

}  // namespace

std::vector<std::string> RequiredLiterals(std::string_view regex) { return Scanner(regex).Scan(); }

}  // namespace kizashi
