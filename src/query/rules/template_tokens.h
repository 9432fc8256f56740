// Cuts a template into text and the tokens of its actions.
//
// Keeps a view of the text, which must outlive it. One thread.
#pragma once

#include <string>
#include <string_view>

#include "query/rules/template_value.h"

namespace kizashi::rules {

struct TemplateToken {
  enum class Type {
    kError,
    kSpace,
    kComment,  // with both its delimiters
    kRightDelimiter,
    kWord,   // function or keyword
    kField,  // ".name"
    kDot,
    kVariable,  // "$name"
    kLiteral,
    kPipe,
    kComma,
    kDeclare,
    kAssign,
    kLeftParenthesis,
    kRightParenthesis,
  };
  Type type = Type::kError;
  std::string text;  // as written; of an error, what is wrong
  TemplateValue value;

  /// For messages: `"|"`, `"}}"`.
  std::string Describe() const;
};

class TemplateTokens {
 public:
  explicit TemplateTokens(std::string_view text) : text_(text) {}

  /// Outside of an action: takes the text up to the next one, trimmed where a delimiter says so.
  /// False inside of an action.
  bool Text(std::string* text);
  bool AtEnd() const { return !inside_ && at_ >= text_.size(); }
  /// Inside of an action.
  TemplateToken Next();

  size_t position() const { return at_; }
  /// To a position of the same action.
  void Rewind(size_t position) {
    at_ = position;
    inside_ = true;
  }
  int line() const;

 private:
  TemplateToken Take(TemplateToken::Type type, size_t length);
  TemplateToken Error(std::string text);
  TemplateToken Close(size_t length);
  TemplateToken Comment(size_t length);
  TemplateToken Quoted();
  TemplateToken Raw();
  TemplateToken Character();
  TemplateToken Number();
  std::string_view Rest() const { return text_.substr(at_); }

  std::string_view text_;
  size_t at_ = 0;
  bool inside_ = false;
  bool trim_next_ = false;  // of the text that follows the last action
};

}  // namespace kizashi::rules
