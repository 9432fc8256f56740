#include "ingest/scrape_worker.h"

#include <string_view>
#include <utility>

#include "base/log.h"
#include "net/content_coding.h"

namespace kizashi {
namespace {

constexpr std::string_view kContentEncoding = "Content-Encoding";

}  // namespace

ScrapeWorker::ScrapeWorker(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : sink_(sink),
      clock_(clock),
      samples_(registry->GetCounter("kizashi_scrape_samples_total",
                                    "Samples of scrapes that were kept.")),
      good_(registry->GetCounter("kizashi_scrapes_total", "Scrapes by how they went.",
                                 {{"outcome", "ok"}})),
      failed_(registry->GetCounter("kizashi_scrapes_total", "Scrapes by how they went.",
                                   {{"outcome", "failed"}})),
      lost_(registry->GetCounter("kizashi_scrape_lost_total",
                                 "Scrapes that the store did not take.")),
      refused_(registry->GetCounter("kizashi_scrape_samples_refused_total",
                                    "Samples left out of scrapes: their series are too many, or "
                                    "their own times too old or ahead.")) {}

ScrapeRules RulesOf(const ScrapeJob* job) {
  ScrapeRules rules;
  if (job == nullptr) return rules;
  rules.limits = job->limits;
  rules.honor_labels = job->honor_labels;
  rules.honor_timestamps = job->honor_timestamps;
  if (!job->metric_relabel.empty()) rules.relabel = &job->metric_relabel;
  return rules;
}

void ScrapeWorker::Start() {
  for (Lane* lane : {&short_, &long_}) lane->thread = std::thread([this, lane] { Run(lane); });
}

void ScrapeWorker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
    for (Lane* lane : {&short_, &long_}) lane->queue.clear();
    queue_bytes_ = 0;
  }
  for (Lane* lane : {&short_, &long_}) {
    lane->changed.notify_all();
    if (lane->thread.joinable()) lane->thread.join();
  }
}

void ScrapeWorker::Push(ScrapeAnswer job) {
  const bool is_coded = !FindHeader(job.result.headers, kContentEncoding).empty();
  const size_t bytes = job.result.body.size() * (is_coded ? kCodedRatio : 1);
  Lane& lane = bytes >= kLongBytes ? long_ : short_;
  {
    const std::lock_guard lock(mutex_);
    if (!is_open_) return;
    if (queue_bytes_ + job.result.body.size() > kQueueBytesMax) {
      job.result.status = ResourceExhausted("answers of {} bytes wait to be read", queue_bytes_);
      job.result.body = std::string();
    }
    queue_bytes_ += job.result.body.size();
    lane.queue.push_back(std::move(job));
    // The thread sleeps until there is an answer, and then until there are many.
    const size_t waiting = lane.queue.size();
    if (waiting != 1 && waiting != kManyAnswers) return;
  }
  lane.changed.notify_one();
}

void ScrapeWorker::Run(Lane* lane) {
  while (true) {
    ScrapeAnswer job;
    {
      std::unique_lock lock(mutex_);
      if (lane->queue.empty()) {
        lane->changed.wait(lock, [&] { return !is_open_ || !lane->queue.empty(); });
        lane->changed.wait_for(lock, kGather,
                               [&] { return !is_open_ || lane->queue.size() >= kManyAnswers; });
      }
      if (!is_open_) return;
      job = std::move(lane->queue.front());
      lane->queue.pop_front();
      queue_bytes_ -= job.result.body.size();
    }
    Work(std::move(job), &lane->decoded);
    // What one answer took is not kept for ever.
    if (lane->decoded.capacity() > kLongBytes) std::string().swap(lane->decoded);
  }
}

void ScrapeWorker::Work(ScrapeAnswer job, std::string* decoded) {
  ScrapedTarget& target = *job.target;
  // The last word on a target may come while an answer of it is worked at, or waits.
  const std::lock_guard lock(target.work_mutex);
  if (job.is_last) {
    Append(target.scrape.Gone(job.time));
    return;
  }
  // An answer that came after the last word on its target says nothing any more.
  if (target.is_removed) return;
  if (target.text) {
    job.result.code = 200;
    job.result.body = target.text();
    job.result.elapsed = clock_.Now() - job.time;
  }
  Append(MakeBatch(&target, job, decoded));
  AppendTimed(target, target.scrape.TakeTimed());
  target.is_under_way = false;
}

ScrapeBatch ScrapeWorker::MakeBatch(ScrapedTarget* target, const ScrapeAnswer& job,
                                    std::string* decoded) {
  const FetchResult& result = job.result;
  const double seconds = ToSeconds(result.elapsed);
  ScrapeBatch batch;
  Status status = result.status;
  if (status.ok() && result.code != 200) {
    status = Unavailable("the target answered with code {}, expected 200", result.code);
  }
  std::string_view body = result.body;
  const std::string_view coding = FindHeader(result.headers, kContentEncoding);
  if (status.ok() && !coding.empty()) {
    const auto* const rules = target->spec.job.get();
    status =
        DecodeBody(coding, body,
                   rules != nullptr ? rules->body_bytes_max : FetchRequest::kBodyBytesMax, decoded);
    body = *decoded;
  }
  if (status.ok()) {
    StatusOr<ScrapeBatch> parsed = target->scrape.Parse(
        job.time, body, seconds, ExpositionFormatOf(FindHeader(result.headers, "Content-Type")));
    status = parsed.status();
    if (parsed.ok()) batch = *std::move(parsed);
  }
  if (!status.ok()) batch = target->scrape.Failed(job.time, seconds);
  (status.ok() ? good_ : failed_).Add();

  const std::lock_guard lock(target->mutex);
  TargetStatus& known = target->status;
  if (!status.ok() && (known.up || !known.last_scrape)) {
    Log(LogLevel::kWarn, "scrape failed",
        {{"target", target->spec.labels.ToString()},
         {"url", target->spec.url},
         {"reason", Message(status)}});
  }
  known.refused = target->scrape.last_refused();
  refused_.Add(static_cast<double>(known.refused));
  known.last_error = std::string(Message(status));
  if (known.refused > 0) {
    known.last_error =
        fmt::format("{} of {} samples are left out: {}", known.refused,
                    target->scrape.last_samples(), Message(target->scrape.refusal()));
  }
  known.last_scrape = job.time;
  known.duration = result.elapsed;
  known.samples = target->scrape.last_samples();
  known.up = status.ok();
  return batch;
}

void ScrapeWorker::Append(ScrapeBatch batch) {
  if (batch.values.empty()) return;
  const double count = static_cast<double>(batch.values.size());
  // The counters belong to the registry: the answer may come after this worker is gone.
  const auto done = [&samples = samples_, &lost = lost_, count](const Status& status) {
    if (status.ok()) {
      samples.Add(count);
    } else {
      lost.Add();
    }
  };
  sink_.AppendSoon(std::move(batch), done);
}

void ScrapeWorker::AppendTimed(const ScrapedTarget& target, SampleBatch batch) {
  if (batch.samples.empty()) return;
  const size_t count = batch.samples.size();
  // Counted as kept before the store has told of those it does not take.
  const std::vector<RefusedSample> refused = sink_.Append(
      std::move(batch), [&samples = samples_, &lost = lost_, count](const Status& status) {
        if (status.ok()) {
          samples.Add(static_cast<double>(count));
        } else {
          lost.Add();
        }
      });
  if (refused.empty()) return;
  refused_.Add(static_cast<double>(refused.size()));
  Log(LogLevel::kWarn, "scraped samples refused",
      {{"target", target.spec.labels.ToString()},
       {"samples", refused.size()},
       {"reason", Message(refused.front().reason)}});
}

}  // namespace kizashi
