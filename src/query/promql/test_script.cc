#include "query/promql/test_script.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

#include "query/promql/duration.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Cuts the first word off `*text`.
std::string_view TakeWord(std::string_view* text) {
  *text = Trim(*text);
  const size_t end = std::min(text->find_first_of(" \t"), text->size());
  const std::string_view word = text->substr(0, end);
  *text = Trim(text->substr(end));
  return word;
}

std::optional<double> ParseNumber(std::string_view text) {
  bool out_of_range = false;
  return ParseGoFloat(text, &out_of_range);
}

class ScriptParser {
 public:
  ScriptParser(std::string_view name, std::string_view text) : name_(name) {
    while (true) {
      const size_t end = text.find('\n');
      std::string_view line = Trim(text.substr(0, end));
      if (line.starts_with('#')) line = {};
      lines_.push_back(line);
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
  }

  StatusOr<std::vector<TestCommand>> Parse() {
    std::vector<TestCommand> commands;
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      if (lines_[at_].empty()) continue;
      TestCommand command{at_ + 1, TestClear{}};
      std::string_view rest = lines_[at_];
      const std::string_view word = TakeWord(&rest);
      if (word == "load") {
        KZ_ASSIGN_OR_RETURN(command.what, Load(rest));
      } else if (word == "eval" || word == "eval_fail" || word == "eval_ordered") {
        KZ_ASSIGN_OR_RETURN(command.what, Eval(word, rest));
      } else if (word != "clear" || !rest.empty()) {
        return Wrong(at_, "expected load, clear, eval, eval_fail or eval_ordered");
      }
      commands.push_back(std::move(command));
    }
    return commands;
  }

 private:
  Status Wrong(size_t line, std::string_view why) const {
    return InvalidArgument("{}:{}: {}: {}", name_, line + 1, why, QuoteGo(lines_[line]));
  }

  StatusOr<int64_t> Time(std::string_view text, bool may_be_negative) const {
    const bool negative = may_be_negative && text.starts_with('-');
    int64_t ms = 0;
    const std::string wrong = ParseModelDuration(text.substr(negative ? 1 : 0), &ms);
    if (!wrong.empty()) return Wrong(at_, wrong);
    return negative ? -ms : ms;
  }

  StatusOr<SeriesDescription> Series(std::string_view text) const {
    auto series = ParseSeriesDescription(text);
    if (!series.ok()) return Wrong(at_, Message(series.status()));
    return series;
  }

  // The lines that belong to a command: up to the next empty one.
  bool NextLine() {
    if (at_ + 1 >= lines_.size() || lines_[at_ + 1].empty()) return false;
    ++at_;
    return true;
  }

  StatusOr<TestLoad> Load(std::string_view rest) {
    TestLoad load;
    KZ_ASSIGN_OR_RETURN(load.step_ms, Time(rest, false));
    while (NextLine()) {
      KZ_ASSIGN_OR_RETURN(SeriesDescription series, Series(lines_[at_]));
      load.series.push_back(std::move(series));
    }
    return load;
  }

  Status EvalTimes(std::string_view* rest, TestEval* eval) const {
    const std::string_view kind = TakeWord(rest);
    if (kind == "instant") {
      std::string_view after = *rest;
      if (TakeWord(&after) != "at") return OkStatus();
      const std::string_view time = TakeWord(&after);
      *rest = after;
      KZ_ASSIGN_OR_RETURN(eval->start_ms, Time(time, true));
      return OkStatus();
    }
    if (kind != "range") return Wrong(at_, "expected instant or range");
    eval->range = true;
    int64_t* const times[] = {&eval->start_ms, &eval->end_ms, &eval->step_ms};
    constexpr std::string_view kWords[] = {"from", "to", "step"};
    for (size_t i = 0; i < 3; ++i) {
      if (TakeWord(rest) != kWords[i]) {
        return Wrong(at_, "expected range from TIME to TIME step DURATION QUERY");
      }
      KZ_ASSIGN_OR_RETURN(*times[i], Time(TakeWord(rest), i < 2));
    }
    if (eval->step_ms <= 0 || eval->end_ms < eval->start_ms) {
      return Wrong(at_, "expected an end that is not before the start, and a step above zero");
    }
    return OkStatus();
  }

  StatusOr<TestEval> Eval(std::string_view word, std::string_view rest) {
    TestEval eval;
    eval.fails = word == "eval_fail";
    eval.ordered = word == "eval_ordered";
    KZ_RETURN_IF_ERROR(EvalTimes(&rest, &eval));
    if (rest.empty()) return Wrong(at_, "expected a query");
    if (const auto parsed = ParseExpr(rest); !parsed.ok() && !eval.fails) {
      return Wrong(at_, Message(parsed.status()));
    }
    eval.query = rest;
    while (NextLine()) {
      if (const auto number = ParseNumber(lines_[at_])) {
        eval.scalar = true;
        eval.scalar_value = *number;
        continue;
      }
      KZ_ASSIGN_OR_RETURN(SeriesDescription series, Series(lines_[at_]));
      if (!eval.range && series.values.size() != 1) {
        return Wrong(at_, "expected one value for an instant");
      }
      eval.expected.push_back(std::move(series));
    }
    return eval;
  }

  std::string_view name_;
  std::vector<std::string_view> lines_;
  size_t at_ = 0;
};

}  // namespace

StatusOr<std::vector<TestCommand>> ParseTestScript(std::string_view name, std::string_view text) {
  return ScriptParser(name, text).Parse();
}

}  // namespace kizashi::promql
