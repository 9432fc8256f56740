#include "wire/stack_trace.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace kizashi {
namespace {

constexpr size_t kHeaderNameMax = 200;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }
constexpr bool IsLetter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }
constexpr bool IsHex(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
constexpr bool IsNameChar(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '$' || c == '.';
}

std::string_view WithoutIndent(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  return begin == line.npos ? std::string_view() : line.substr(begin);
}

/// "x.js:10:5", "x.rb:3": a colon and digits at the end.
bool EndsInNumber(std::string_view text) {
  size_t at = text.size();
  while (at > 0 && IsDigit(text[at - 1])) --at;
  return at > 0 && at < text.size() && text[at - 1] == ':';
}

/// The length of the name that `line` begins with.
size_t NameSize(std::string_view line) {
  if (line.empty() || !IsLetter(line[0])) return 0;
  size_t size = 1;
  while (size < line.size() && size < kHeaderNameMax && IsNameChar(line[size])) ++size;
  return size;
}

std::string_view WithoutThread(std::string_view line) {
  constexpr std::string_view kUnhandled = "Unhandled exception. ";  // .NET
  constexpr std::string_view kThread = "Exception in thread \"";    // Java
  if (line.starts_with(kUnhandled)) return line.substr(kUnhandled.size());
  if (!line.starts_with(kThread)) return line;
  const size_t end = line.find("\" ", kThread.size());
  return end == line.npos ? line : line.substr(end + 2);
}

/// "java.io.IOException: reset", "TypeError: x is not a function", "Error [ERR_X]: ..."
bool IsHeader(std::string_view line) {
  const std::string_view header = WithoutThread(line);
  if (header.size() != line.size()) return true;
  const size_t size = NameSize(line);
  if (size < 5) return false;
  const std::string_view name = line.substr(0, size);
  if (!name.ends_with("Exception") && !name.ends_with("Error") && !name.ends_with("Throwable")) {
    return false;
  }
  // "Error" alone is a word of prose; with a colon it is Node's.
  if (size == line.size()) return name.find('.') != name.npos || name.size() > 9;
  return line[size] == ':' || line.substr(size).starts_with(" [");
}

bool IsFrame(std::string_view text) {
  if (text.starts_with("at ")) {
    return text.size() > 4 && (text.find('(') != text.npos || EndsInNumber(text));
  }
  if (text.starts_with("from ")) return text.find(":in ") != text.npos || EndsInNumber(text);
  return false;
}

bool IsCause(std::string_view text) {
  if (text.starts_with("Caused by: ") || text.starts_with("Suppressed: ")) return true;
  if (text.starts_with("---> ") || text.starts_with("--- End of ")) return true;
  return text.starts_with("... ") && text.size() > 4 && IsDigit(text[4]) &&
         (text.ends_with(" more") || text.find(" common frames omitted") != text.npos);
}

/// "main.(*Server).handle(0xc000010000, 0x1)"
bool IsGoFunction(std::string_view line) {
  if (line.starts_with("created by ") || line.starts_with("exit status ") ||
      line.starts_with("[signal ") || line.starts_with("runtime stack:") ||
      line.starts_with("[originating from goroutine ")) {
    return true;
  }
  if (!line.ends_with(')') || line.size() < 4) return false;
  const size_t open = line.find('(');
  const size_t dot = line.find('.');
  if (dot == line.npos || dot > open) return false;
  const std::string_view package = line.substr(0, dot);
  return std::all_of(package.begin(), package.end(), [](char c) {
    return IsNameChar(c) || c == '/' || c == '-' || c == '%' || c == '@' || c == '~';
  });
}

/// "x.rb:3:in `f': message (ArgumentError)"
bool IsRubyHead(std::string_view line) {
  const size_t in = line.find(":in ");
  return in != line.npos && in > 2 && IsDigit(line[in - 1]) && in + 5 < line.size() &&
         (line[in + 4] == '`' || line[in + 4] == '\'') && line.ends_with(')') &&
         line.find("': ", in) != line.npos;
}

/// "/app/index.js:3", "file:///app/index.mjs:3", "node:internal/errors:491"
bool IsNodePlace(std::string_view line) {
  if (!line.starts_with('/') && !line.starts_with("file:///") && !line.starts_with("node:")) {
    return false;
  }
  return line.find(' ') == line.npos && EndsInNumber(line);
}

}  // namespace

bool BeginsWithTypeName(std::string_view line) {
  const size_t size = NameSize(line);
  return size > 0 && (size == line.size() || line[size] == ':');
}

TraceLine ClassifyTraceLine(std::string_view line) {
  if (line.empty()) return TraceLine::kBlank;
  const char first = line[0];
  if (IsBlank(first)) {
    const std::string_view text = WithoutIndent(line);
    if (text.empty()) return TraceLine::kBlank;
    if ((text[0] == 'a' || text[0] == 'f') && IsFrame(text)) return TraceLine::kFrame;
    return IsCause(text) ? TraceLine::kCause : TraceLine::kIndented;
  }
  if (first == '}' && line.size() == 1) return TraceLine::kNodeTail;
  // Most lines begin with a time or a word of prose and are told by their first letters.
  if (IsDigit(first) || first == '{' || first == '[') {
    return line.starts_with("[signal ") ? TraceLine::kGoFunction : TraceLine::kPlain;
  }
  if (first == 'C' && IsCause(line)) return TraceLine::kCause;
  if (first == 'T' && line.starts_with("Traceback (most recent call last):")) {
    return TraceLine::kPythonStart;
  }
  if ((first == 'D' && line.starts_with("During handling of the above exception,")) ||
      (first == 'T' && line.starts_with("The above exception was the direct cause of"))) {
    return TraceLine::kPythonChain;
  }
  if (first == 'p' && line.starts_with("panic: ")) return TraceLine::kGoPanic;
  if (first == 'f' && line.starts_with("fatal error: ")) return TraceLine::kGoPanic;
  if (first == 'g' && line.starts_with("goroutine ") && line.ends_with("]:")) {
    return TraceLine::kGoRoutine;
  }
  if (first == 'N' && line.starts_with("Node.js v")) return TraceLine::kNodeTail;
  if (IsHeader(line)) return TraceLine::kHeader;
  if (line.ends_with(')') && IsRubyHead(line)) return TraceLine::kRubyHead;
  if (IsGoFunction(line)) return TraceLine::kGoFunction;
  return IsNodePlace(line) ? TraceLine::kNodePlace : TraceLine::kPlain;
}

namespace {

std::string_view LastPart(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  return slash == path.npos ? path : path.substr(slash + 1);
}

/// Numbers that a compiler or a run-time counts up: behind $, _, ., /, < and after these words.
bool CountsUp(std::string_view before) {
  if (before.empty()) return true;
  constexpr std::string_view kSigns = "$_./<-#";
  if (kSigns.find(before.back()) != kSigns.npos) return true;
  for (const std::string_view word : {"Proxy", "Lambda", "lambda", "func", "Accessor", "Class"}) {
    if (before.ends_with(word)) return true;
  }
  return false;
}

/// Appends a function's name without addresses and counters.
void AppendFunction(std::string_view name, std::string* out) {
  const size_t begin = out->size();
  for (size_t at = 0; at < name.size();) {
    if (name.substr(at).starts_with("0x")) {
      at += 2;
      while (at < name.size() && IsHex(name[at])) ++at;
    } else if (name.substr(at).starts_with("$$")) {
      // Spring's and CGLIB's hashes: "Service$$EnhancerBySpringCGLIB$$3f2a1b"
      size_t end = at + 2;
      while (end < name.size() && IsHex(name[end])) ++end;
      const bool is_hash = end == name.size() || name[end] == '.' || name[end] == '$';
      out->append("$$");
      at = is_hash ? end : at + 2;
    } else if (IsDigit(name[at]) && CountsUp(std::string_view(*out).substr(begin))) {
      while (at < name.size() && IsDigit(name[at])) ++at;
    } else {
      out->push_back(name[at++]);
    }
  }
}

/// "at ..." of Java, .NET and Node.
std::string_view FunctionOfAt(std::string_view text) {
  text.remove_prefix(3);
  if (text.starts_with("async ")) text.remove_prefix(6);
  const size_t node = text.find(" (");  // Node: "f (/x.js:1:2)"
  if (node != text.npos) return text.substr(0, node);
  const size_t open = text.find('(');
  if (open == text.npos) {  // Node's anonymous function: "/app/x.js:10:5"
    while (EndsInNumber(text)) text = text.substr(0, text.rfind(':'));
    return LastPart(text);
  }
  text = text.substr(0, open);
  // "java.base/java.lang.Thread.run", but not "Foo$$Lambda$14/0x000.apply"
  const size_t module = text.find('/');
  if (module != text.npos && !text.substr(module).starts_with("/0x")) {
    text.remove_prefix(std::min(text.find_first_not_of('/', module), text.size()));
  }
  return text;
}

/// "x.rb:3:in `f'": file and function.
void AppendRubyFrame(std::string_view text, std::string* out) {
  const size_t in = text.find(":in ");
  std::string_view place = text.substr(0, in);
  while (EndsInNumber(place)) place = place.substr(0, place.rfind(':'));
  out->append(LastPart(place));
  if (in == text.npos) return;
  out->push_back(' ');
  const std::string_view rest = text.substr(std::min(in + 5, text.size()));
  AppendFunction(rest.substr(0, rest.find('\'')), out);
}

/// Walks a text's lines and gathers types and functions.
class Fingerprint {
 public:
  std::optional<uint64_t> Of(std::string_view text) {
    while (!text.empty()) {
      const size_t end = text.find('\n');
      Line(text.substr(0, end));
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    if (frames_ == 0) return std::nullopt;
    return Hash64(parts_, 0x74726163);
  }

 private:
  void Line(std::string_view line) {
    const TraceLine kind = ClassifyTraceLine(line);
    const std::string_view text = WithoutIndent(line);
    if (in_python_ && kind != TraceLine::kBlank && !IsBlank(line[0])) {
      in_python_ = false;
      if (BeginsWithTypeName(line)) return Type(line);
    }
    switch (kind) {
      case TraceLine::kHeader: return Type(WithoutThread(line));
      case TraceLine::kCause: return Cause(text);
      case TraceLine::kFrame: return AtFrame(text);
      case TraceLine::kPythonStart: in_python_ = true; return;
      case TraceLine::kIndented: return Indented(text);
      case TraceLine::kGoPanic: return Type("panic:");
      case TraceLine::kGoRoutine: in_go_ = true; return;
      case TraceLine::kGoFunction: return GoFrame(line);
      case TraceLine::kRubyHead: return RubyHead(line);
      default: return;
    }
  }

  void Type(std::string_view header) {
    parts_ += '!';
    parts_ += header.substr(0, NameSize(header));
    parts_ += '\n';
  }
  void Cause(std::string_view text) {
    const size_t name = text.find(' ');
    if (text.starts_with("...") || text.starts_with("--- ")) return;
    Type(WithoutIndent(text.substr(text.starts_with("Caused by: ") ? 11 : name)));
  }
  void AtFrame(std::string_view text) {
    const size_t begin = parts_.size();
    if (text.starts_with("at ")) {
      AppendFunction(FunctionOfAt(text), &parts_);
    } else {
      AppendRubyFrame(text.substr(5), &parts_);
    }
    EndFrame(begin);
  }
  void Indented(std::string_view text) {
    // Python: File "/app/x.py", line 12, in handler
    constexpr std::string_view kFile = "File \"";
    if (!in_python_ || !text.starts_with(kFile)) return;
    const size_t quote = text.find('"', kFile.size());
    const size_t in = text.rfind(", in ");
    if (quote == text.npos || in == text.npos) return;
    const size_t begin = parts_.size();
    parts_ += LastPart(text.substr(kFile.size(), quote - kFile.size()));
    parts_ += ' ';
    AppendFunction(text.substr(in + 5), &parts_);
    EndFrame(begin);
  }
  void GoFrame(std::string_view line) {
    if (!in_go_ || line.starts_with("exit status") || line.starts_with('[')) return;
    const size_t begin = parts_.size();
    const bool created = line.starts_with("created by ");
    const size_t end = created ? line.find(" in goroutine") : line.rfind('(');
    AppendFunction(line.substr(0, end), &parts_);
    EndFrame(begin);
  }
  void RubyHead(std::string_view line) {
    const size_t open = line.rfind('(');
    Type(line.substr(open == line.npos ? 0 : open + 1));
    const size_t begin = parts_.size();
    AppendRubyFrame(line, &parts_);
    EndFrame(begin);
  }

  // A frame that repeats the one before is a recursion's.
  void EndFrame(size_t begin) {
    parts_ += '\n';
    const std::string_view all = parts_;
    const std::string_view frame = all.substr(begin);
    ++frames_;
    if (frame.size() == last_size_ && all.substr(begin - last_size_, last_size_) == frame &&
        last_end_ == begin) {
      parts_.resize(begin);
    }
    last_size_ = parts_.size() == begin ? last_size_ : parts_.size() - begin;
    last_end_ = parts_.size();
  }

  std::string parts_;
  size_t frames_ = 0;
  size_t last_size_ = 0;
  size_t last_end_ = 0;
  bool in_python_ = false;
  bool in_go_ = false;
};

}  // namespace

std::optional<uint64_t> FrameFingerprint(std::string_view text) { return Fingerprint().Of(text); }

}  // namespace kizashi
