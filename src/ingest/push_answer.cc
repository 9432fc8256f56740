#include "ingest/push_answer.h"

#include <utility>

#include "base/json_writer.h"

namespace kizashi {
namespace {

/// 204 when nothing is wrong. The store's answer goes before the reader's: the sender comes again.
int StatusOf(const PushResult& result) {
  if (!result.failure.ok()) {
    return result.failure.code() == absl::StatusCode::kResourceExhausted ? 429 : 503;
  }
  return result.has_bad ? 400 : 204;
}

void AddRetryAfter(HttpResponse* response) {
  if (response->status == 429 || response->status == 503) {
    response->headers.emplace_back("Retry-After", "1");
  }
}

PushCounters MakeRefused(const std::string& receiver, Registry* registry) {
  const auto refused = [&](const char* reason) {
    return &registry->GetCounter("kizashi_ingest_refused_total",
                                 "Log lines, samples and other items that were not taken.",
                                 {{"receiver", receiver}, {"reason", reason}});
  };
  PushCounters made;
  made.refused_bad = refused("bad_input");
  made.refused_full = refused("queue_full");
  made.refused_unavailable = refused("unavailable");
  return made;
}

}  // namespace

PushCounters PushCounters::Make(std::string_view name, Registry* registry) {
  const std::string receiver(name);
  PushCounters made = MakeRefused(receiver, registry);
  made.lines = &registry->GetCounter("kizashi_ingest_lines_total", "Log lines acknowledged.",
                                     {{"receiver", receiver}});
  made.cut = &registry->GetCounter("kizashi_ingest_lines_cut_total",
                                   "Log lines cut at the longest size.", {{"receiver", receiver}});
  return made;
}

PushCounters PushCounters::MakeForSamples(std::string_view name, Registry* registry) {
  const std::string receiver(name);
  PushCounters made = MakeRefused(receiver, registry);
  made.lines = &registry->GetCounter("kizashi_ingest_samples_total", "Pushed samples acknowledged.",
                                     {{"receiver", receiver}});
  return made;
}

PushAnswer::PushAnswer(const PushCounters& counters, Responder respond, MakeResponse make)
    : counters_(counters), respond_(std::move(respond)), make_(std::move(make)) {}

void PushAnswer::Refuse(std::string item, std::string reason, size_t count) {
  counters_.refused_bad->Add(static_cast<double>(count));
  const std::lock_guard lock(mutex_);
  result_.refused += count;
  if (result_.has_bad) return;
  result_.has_bad = true;
  result_.item = std::move(item);
  result_.reason = std::move(reason);
}

void PushAnswer::Expect(size_t lines) {
  const std::lock_guard lock(mutex_);
  waiting_ += lines;
}

void PushAnswer::Store(const Status& status, size_t lines) {
  const bool is_full = status.code() == absl::StatusCode::kResourceExhausted;
  (status.ok() ? counters_.lines
   : is_full   ? counters_.refused_full
               : counters_.refused_unavailable)
      ->Add(static_cast<double>(lines));
  {
    const std::lock_guard lock(mutex_);
    if (status.ok()) result_.kept += lines;
    if (!status.ok() && (result_.failure.ok() || !is_full)) result_.failure = status;
  }
  Done(lines);
}

void PushAnswer::Release() { Done(1); }

void PushAnswer::Done(size_t count) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ -= count;
    if (waiting_ > 0) return;
  }
  // The last one: nothing changes any more.
  respond_(make_(result_));
}

HttpResponse JsonPushResponse(const PushResult& result) {
  const int status = StatusOf(result);
  if (status == 204) return HttpResponse{204, {}, ""};
  const bool is_bad = status == 400;
  JsonWriter json;
  json.BeginObject().Key("error").String(is_bad ? result.reason : Message(result.failure));
  json.Key("item").String(is_bad ? result.item : "");
  json.Key("kept").Int(static_cast<int64_t>(result.kept)).EndObject();
  HttpResponse response = JsonResponse(status, json.Take());
  AddRetryAfter(&response);
  return response;
}

HttpResponse TextPushResponse(const PushResult& result) {
  const int status = StatusOf(result);
  if (status == 204) return HttpResponse{204, {}, ""};
  std::string text(Message(result.failure));
  if (status == 400) text = result.item.empty() ? "" : result.item + ": ";
  if (status == 400) text += result.reason;
  HttpResponse response = TextResponse(status, text + "\n");
  AddRetryAfter(&response);
  return response;
}

}  // namespace kizashi
