#include "act/incident/report.h"

#include <algorithm>
#include <charconv>

#include "act/format.h"
#include "act/incident/incident_texts.h"
#include "wire/yaml.h"

namespace kizashi::incidents {
namespace {

constexpr size_t kErrorsMax = 50;
constexpr size_t kFoundCharsMax = 60;
constexpr std::string_view kFence = "---";

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The next line of `rest`, without its end, which is taken away.
std::string_view TakeLine(std::string_view* rest) {
  const size_t end = rest->find('\n');
  std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end == rest->npos ? rest->size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class Reader {
 public:
  Reader(std::string_view text, uint64_t incident) : text_(text), incident_(incident) {}

  ReportRead Read() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    std::string front;
    if (!TakeFront(&front)) return std::move(read_);
    const YamlFile yaml = ReadYaml(front);
    for (const YamlError& error : yaml.errors) {
      Add(error.line, error.column, "", error.found, error.expected);
    }
    if (yaml.documents.empty() || yaml.documents[0].kind != YamlNode::Kind::kMapping) {
      if (read_.errors.empty()) Add(1, 1, "", "no fields", "incident, state, owner and others");
      return std::move(read_);
    }
    ReadFront(yaml.documents[0]);
    ReadSections();
    if (read_.report.is_published()) CheckPublished();
    return std::move(read_);
  }

 private:
  // Lines of the front matter are one less than those of the file, as its first line is a fence.
  void Add(int line, int column, std::string field, std::string found, std::string expected) {
    if (read_.errors.size() >= kErrorsMax) return;
    read_.errors.push_back({line == 0 ? 1 : line + 1, std::max(column, 1), std::move(field),
                            std::move(found), std::move(expected)});
  }
  void Wrong(const YamlNode& node, std::string field, std::string expected) {
    std::string found = node.kind == YamlNode::Kind::kScalar     ? node.scalar
                        : node.kind == YamlNode::Kind::kNull     ? "nothing"
                        : node.kind == YamlNode::Kind::kSequence ? "a list"
                                                                 : "a mapping";
    found = CutText(OneLine(found), kFoundCharsMax);
    Add(node.line, node.column, std::move(field), std::move(found), std::move(expected));
  }

  bool TakeFront(std::string* front) {
    if (Trim(TakeLine(&text_)) != kFence) {
      read_.errors.push_back({1, 1, "", "a line without ---", "--- and the fields of the report"});
      return false;
    }
    int lines = 1;
    while (!text_.empty()) {
      const std::string_view line = TakeLine(&text_);
      ++lines;
      if (line.starts_with(kFence) && Trim(line) == kFence) {
        body_line_ = lines;
        return true;
      }
      front->append(line);
      front->push_back('\n');
    }
    read_.errors.push_back({lines, 1, "", "the end of the file", "a line of --- after the fields"});
    return false;
  }

  /// A scalar's text; "" for null. What is neither is told.
  std::string Scalar(const YamlNode& node, const std::string& field) {
    if (node.kind == YamlNode::Kind::kScalar) return std::string(Trim(node.scalar));
    if (node.kind != YamlNode::Kind::kNull) Wrong(node, field, "a text");
    return "";
  }

  template <size_t kSize>
  void Word(const YamlNode& node, const std::string& field,
            const std::array<std::string_view, kSize>& words, std::string* out) {
    const std::string word = Lower(Scalar(node, field));
    if (word.empty()) return;
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      return Wrong(node, field, "one of " + ListOf(words));
    }
    *out = word;
  }

  void ReadFront(const YamlNode& front) {
    Report& report = read_.report;
    if (const YamlNode* node = front.Find("incident")) {
      const std::string text = Scalar(*node, "incident");
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), report.incident);
      const bool number = error == std::errc() && end == text.data() + text.size();
      if (!number || (incident_ != 0 && report.incident != incident_)) {
        Wrong(*node, "incident",
              incident_ == 0 ? std::string("a number") : fmt::format("{}", incident_));
      }
    } else if (incident_ != 0) {
      Add(1, 1, "incident", "nothing", fmt::format("{}", incident_));
    }
    if (const YamlNode* node = front.Find("state")) {
      Word(*node, "state", kReportStates, &report.state);
      state_line_ = node->line;
    }
    if (const YamlNode* node = front.Find("owner")) report.owner = Scalar(*node, "owner");
    if (const YamlNode* node = front.Find("trigger")) {
      Word(*node, "trigger", kTriggerClasses, &report.trigger);
    }
    if (const YamlNode* node = front.Find("causes")) ReadCauses(*node);
    if (const YamlNode* node = front.Find("actions")) ReadActions(*node);
  }

  void ReadCauses(const YamlNode& node) {
    const auto one = [this](const YamlNode& child, const std::string& field) {
      std::string cause;
      Word(child, field, kCauseClasses, &cause);
      if (!cause.empty()) read_.report.causes.push_back(cause);
    };
    if (node.kind != YamlNode::Kind::kSequence) return one(node, "causes");
    for (size_t i = 0; i < node.children.size(); ++i) {
      one(node.children[i], fmt::format("causes[{}]", i));
    }
  }

  void ReadActions(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::kNull) return;
    if (node.kind != YamlNode::Kind::kSequence) return Wrong(node, "actions", "a list");
    if (node.children.size() > kActionsMax) {
      return Add(node.line, node.column, "actions", fmt::format("{} items", node.children.size()),
                 fmt::format("at most {}", kActionsMax));
    }
    for (size_t i = 0; i < node.children.size(); ++i) {
      ReadAction(node.children[i], fmt::format("actions[{}]", i));
    }
  }

  void ReadAction(const YamlNode& node, const std::string& field) {
    ActionItem item;
    item.line = node.line + 1;
    if (node.kind == YamlNode::Kind::kScalar) {  // nothing but what is to be done
      item.what = Scalar(node, field);
      read_.report.actions.push_back(std::move(item));
      return;
    }
    if (node.kind != YamlNode::Kind::kMapping) {
      return Wrong(node, field, "what, owner, due and state");
    }
    if (const YamlNode* one = node.Find("what")) item.what = Scalar(*one, field + ".what");
    if (item.what.empty()) {
      Add(node.line, node.column, field + ".what", "nothing", "what is to be done");
    }
    if (const YamlNode* one = node.Find("owner")) item.owner = Scalar(*one, field + ".owner");
    if (const YamlNode* one = node.Find("due")) {
      const std::string due = Scalar(*one, field + ".due");
      item.due = due.substr(0, std::min(due.find_first_of("T "), due.size()));
      if (!item.due.empty() && !IsDay(item.due)) {
        Wrong(*one, field + ".due", "a day such as 2026-12-10");
        item.due.clear();
      }
    }
    if (const YamlNode* one = node.Find("state")) {
      Word(*one, field + ".state", kActionStates, &item.state);
    }
    read_.report.actions.push_back(std::move(item));
  }

  /// Of the sections only the summary is looked into: whether somebody wrote one.
  void ReadSections() {
    bool in_summary = false;
    bool in_comment = false;
    std::string summary;
    while (!text_.empty()) {
      const std::string_view line = TakeLine(&text_);
      if (line.starts_with("#") && !in_comment) {
        const std::string_view name =
            Trim(line.substr(std::min(line.find_first_not_of('#'), line.size())));
        in_summary = name == Text(IncidentText::kSummary, Language::kEnglish) ||
                     name == Text(IncidentText::kSummary, Language::kJapanese);
        continue;
      }
      if (line.find("<!--") != line.npos) in_comment = true;
      if (in_summary && !in_comment) summary.append(line).append("\n");
      if (line.find("-->") != line.npos) in_comment = false;
    }
    read_.report.summary = Trim(summary);
  }

  void CheckPublished() {
    const Report& report = read_.report;
    const auto lacks = [this](int line, std::string field, std::string expected) {
      if (read_.errors.size() < kErrorsMax) {
        read_.errors.push_back({line, 1, std::move(field), "nothing",
                                std::move(expected) + " before it is published"});
      }
    };
    const int line = state_line_ + 1;
    if (report.owner.empty()) lacks(line, "owner", "who owns the report");
    if (report.summary.empty()) lacks(body_line_, "Summary", "what happened");
    for (size_t i = 0; i < report.actions.size(); ++i) {
      const ActionItem& item = report.actions[i];
      if (item.is_ended()) continue;
      if (item.owner.empty()) lacks(item.line, fmt::format("actions[{}].owner", i), "a person");
      if (item.due.empty()) lacks(item.line, fmt::format("actions[{}].due", i), "a day");
    }
  }

  std::string_view text_;
  const uint64_t incident_;
  int body_line_ = 1;
  int state_line_ = 0;
  ReportRead read_;
};

}  // namespace

bool IsDay(std::string_view text) {
  return text.size() == 10 && ParseTime(std::string(text) + "T00:00:00Z").ok();
}

std::string ReportError::ToString(std::string_view file) const {
  std::string place = fmt::format("{}:{}:{}: ", file, line, column);
  if (!field.empty()) place += field + ": ";
  if (found.empty()) return place + "expected " + expected;
  return fmt::format("{}found '{}', expected {}", place, found, expected);
}

std::string ErrorText(const std::vector<ReportError>& errors, std::string_view file) {
  std::string text;
  for (const ReportError& error : errors) {
    text += (text.empty() ? "" : "\n") + error.ToString(file);
  }
  return text;
}

ReportRead ReadReport(std::string_view text, uint64_t incident) {
  ReportRead read = Reader(text, incident).Read();
  std::stable_sort(read.errors.begin(), read.errors.end(),
                   [](const ReportError& a, const ReportError& b) { return a.line < b.line; });
  return read;
}

}  // namespace kizashi::incidents
