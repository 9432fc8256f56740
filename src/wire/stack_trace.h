// What the lines of a stack trace are, and what makes two traces the same.
//
// Knows Java (and what else runs on its machine), Python, Go, Node.js, .NET and Ruby, by the forms
// in which their run-times print. Pure and total; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kizashi {

/// What a line is within a trace.
enum class TraceLine : uint8_t {
  kPlain,        // none of these
  kBlank,        // nothing, or blanks
  kIndented,     // begins with a blank, and is none of those below
  kHeader,       // "java.io.IOException: reset", "Error: boom", "Exception in thread ..."
  kFrame,        // "\tat a.b.C.d(C.java:12)", "    at f (/x.js:1:2)", "\tfrom x.rb:3:in `f'"
  kCause,        // "Caused by: ...", "\tSuppressed: ...", " ---> ...", "\t... 12 more"
  kPythonStart,  // "Traceback (most recent call last):"
  kPythonChain,  // "During handling of the above exception, another exception occurred:"
  kGoPanic,      // "panic: ...", "fatal error: ..."
  kGoRoutine,    // "goroutine 1 [running]:"
  kGoFunction,   // "main.(*Server).handle(0xc000010000)", "created by main.main", "exit status 2"
  kRubyHead,     // "x.rb:3:in `f': message (ArgumentError)"
  kNodePlace,    // "/app/index.js:3", before the source line and its caret
  kNodeTail,     // "}", behind an error's properties; "Node.js v18.19.0"
};

TraceLine ClassifyTraceLine(std::string_view line);

/// "KeyError", "shop.errors.Refused: no card": a type's name, alone or before a colon.
bool BeginsWithTypeName(std::string_view line);

/// The same for traces of the same exception types and the same functions in the same order:
/// messages, line numbers, addresses, arguments, goroutine numbers, the counters of lambdas and
/// proxies and the depth of a recursion do not matter. Nothing when `text` has no frame.
std::optional<uint64_t> FrameFingerprint(std::string_view text);

}  // namespace kizashi
