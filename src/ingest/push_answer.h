// One answer to one push, when the store has answered for every line of it.
//
// Owned by the request's handler and by what waits for the store; any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/status.h"
#include "net/http.h"

namespace kizashi {

/// What a receiver counts, by its name.
struct PushCounters {
  Counter* lines = nullptr;  // or samples
  Counter* cut = nullptr;
  Counter* refused_bad = nullptr;
  Counter* refused_full = nullptr;
  Counter* refused_unavailable = nullptr;

  static PushCounters Make(std::string_view receiver, Registry* registry);
  /// For a receiver of metrics: samples instead of lines, and nothing is cut.
  static PushCounters MakeForSamples(std::string_view receiver, Registry* registry);
};

/// How a push ended.
struct PushResult {
  Status failure;        // of the store: ResourceExhausted asks to come later; OK: none
  size_t kept = 0;       // lines on disk
  size_t refused = 0;    // items that could not be read
  std::string item;      // the first of them
  std::string reason;    // what was found and what is expected
  bool has_bad = false;  // there is such an item
};

class PushAnswer {
 public:
  using MakeResponse = std::function<HttpResponse(const PushResult&)>;
  /// `make` is called once, when all is known; its response goes to `respond`.
  PushAnswer(const PushCounters& counters, Responder respond, MakeResponse make);

  /// The request has `count` items that cannot be read; the first one is told.
  void Refuse(std::string item, std::string reason, size_t count = 1);
  /// So many lines will be answered for by Store.
  void Expect(size_t lines);
  /// So many of the expected lines are not answered for: they were refused.
  void Forgo(size_t lines) { Done(lines); }
  /// The store's answer for so many expected lines.
  void Store(const Status& status, size_t lines);
  /// The request is read: from now on only the store is waited for.
  void Release();

  const PushCounters& counters() const { return counters_; }

 private:
  void Done(size_t count);

  const PushCounters counters_;
  const Responder respond_;
  const MakeResponse make_;
  std::mutex mutex_;
  size_t waiting_ = 1;  // the request itself
  PushResult result_;
};

/// 204, 400, 429 or 503 with {"error", "item", "kept"}.
HttpResponse JsonPushResponse(const PushResult& result);
/// The same as plain text, as Loki answers.
HttpResponse TextPushResponse(const PushResult& result);

}  // namespace kizashi
