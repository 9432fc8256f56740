// How many findings does the log finder tell when nothing changed?
//
// Services with 20 to 200 patterns each log for weeks of virtual time: traffic with a daily and a
// weekly shape, patterns of widely differing rates (many a second to a few a day), Poisson or
// negative binomial, heartbeats that do not follow traffic, hourly, nightly and weekly jobs, and
// requests that log several lines each. Nothing is ever wrong, so every finding is a false one.
// usage: find_steady [SERVICES [DAYS [SEED]]]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/hash.h"
#include "judge/logs/companions.h"
#include "judge/logs/log_finder.h"
#include "judge/logs/parameter_watch.h"
#include "judge/service_judge.h"
#include "pattern/split.h"

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);  // 2026-01-05, a Monday, 00:00 UTC
constexpr int64_t kStepsPerDay = 24 * 3600 / 5;
constexpr int64_t kStepsPerHour = 3600 / 5;

struct Job {
  int64_t every_steps = 0;
  int64_t at_step = 0;
  int64_t steps = 0;
};

struct Source {
  uint64_t id = 0;
  LogSeverity severity = LogSeverity::kInfo;
  double per_step = 0;    // at mean traffic, or while its job runs
  double dispersion = 0;  // of a minute's rate
  bool follows_traffic = true;
  Job job;                        // every_steps 0: none
  std::vector<uint64_t> further;  // logged with each of its lines
  double factor = 1;              // of this minute
};

class SteadyService {
 public:
  SteadyService(uint64_t number, std::mt19937_64* random) : number_(number), random_(*random) {
    const int patterns = std::uniform_int_distribution<int>(20, 200)(random_);
    night_ = Uniform(0.2, 0.9);
    weekend_ = Uniform(0.4, 1.0);
    phase_ = Uniform(0, 1);
    wobble_ = Uniform(0.02, 0.15);
    while (next_id_ < uint64_t(patterns)) AddSource();
  }

  void Step(int64_t step, Time now, LogFinder* finder, int64_t* news) {
    const double traffic = Traffic(step);
    for (Source& source : sources_) {
      if (step % 12 == 0) source.factor = Gamma(source.dispersion);
      double mean = source.per_step * source.factor * (source.follows_traffic ? traffic : 1);
      if (source.job.every_steps > 0) {
        const int64_t phase = (step - source.job.at_step) % source.job.every_steps;
        if (step < source.job.at_step || phase >= source.job.steps) continue;
      }
      const int lines = Poisson(mean);
      for (int i = 0; i < lines; ++i) {
        *news += Add(source.id, source.severity, now, finder);
        for (const uint64_t id : source.further) {
          *news += Add(id, source.severity, now, finder);
        }
      }
      lines_ += lines;
    }
  }
  uint64_t number() const { return number_; }
  int64_t lines() const { return lines_; }

 private:
  static int64_t Add(uint64_t id, LogSeverity severity, Time now, LogFinder* finder) {
    const auto news = finder->Add(id, severity, "line", now);
    return news && news->rare ? 1 : 0;
  }
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  double Gamma(double dispersion) {
    if (dispersion <= 0) return 1;
    return std::gamma_distribution<double>(1 / dispersion, dispersion)(random_);
  }
  int Poisson(double mean) {
    if (mean <= 0) return 0;
    if (mean < 0.02) return Uniform(0, 1) < mean ? 1 : 0;
    return std::poisson_distribution<int>(mean)(random_);
  }
  double Traffic(int64_t step) {
    const double day = double(step) / kStepsPerDay;
    const double sun = 0.5 + 0.5 * std::sin(2 * M_PI * (day + phase_));
    const bool weekend = int64_t(day) % 7 >= 5;
    if (step % 12 == 0) drift_ = 0.9 * drift_ + wobble_ * (Uniform(0, 1) - 0.5);
    return (night_ + (1 - night_) * sun) * (weekend ? weekend_ : 1) * std::exp(drift_);
  }
  void AddSource() {
    Source source;
    source.id = NewId();
    const double kind = Uniform(0, 1);
    // From three a day to ten a second.
    source.per_step = std::exp(Uniform(std::log(3.0 / kStepsPerDay), std::log(50.0)));
    if (Uniform(0, 1) < 0.5) source.dispersion = Uniform(0.05, 1.5);
    if (Uniform(0, 1) < 0.1) source.severity = LogSeverity::kError;
    if (kind < 0.1) {
      source.follows_traffic = false;
    } else if (kind < 0.2) {
      source.per_step = std::exp(Uniform(std::log(0.2), std::log(20.0)));
      const int64_t every[] = {kStepsPerDay / 24, kStepsPerDay, 7 * kStepsPerDay};
      source.job.every_steps = every[std::discrete_distribution<int>({6, 4, 1})(random_)];
      source.job.at_step = int64_t(Uniform(0, 1) * double(source.job.every_steps));
      source.job.steps = std::uniform_int_distribution<int64_t>(1, 120)(random_);
      source.follows_traffic = Uniform(0, 1) < 0.3;
    } else if (kind < 0.35) {
      const int more = std::uniform_int_distribution<int>(1, 6)(random_);
      for (int i = 0; i < more; ++i) source.further.push_back(NewId());
    }
    sources_.push_back(std::move(source));
  }
  uint64_t NewId() { return Hash64(fmt::format("{}/{}", number_, next_id_++)); }

  uint64_t number_;
  std::mt19937_64& random_;
  std::vector<Source> sources_;
  uint64_t next_id_ = 0;
  double night_ = 1;
  double weekend_ = 1;
  double phase_ = 0;
  double wobble_ = 0;
  double drift_ = 0;
  int64_t lines_ = 0;
};

// Lines whose parameters are as such are: times taken, sizes, numbers of things, codes, names.
class SteadyParameters {
 public:
  explicit SteadyParameters(std::mt19937_64* random) : random_(*random) {
    const int forms = std::uniform_int_distribution<int>(10, 60)(random_);
    for (int i = 0; i < forms; ++i) {
      // From ten a day to one in two seconds.
      forms_.push_back({i, std::exp(Uniform(std::log(10 / 24.0), std::log(1800.0))), Uniform(0, 9),
                        Uniform(0, 3), Uniform(0.3, 1.5)});
    }
  }

  // An hour's lines in the middle of it, as to the minute does not matter here.
  void Hour(Time now, ParameterWatch* watch, std::map<std::string, int64_t>* found) {
    std::vector<Slot> slots;
    for (Form& form : forms_) {
      const int lines = std::poisson_distribution<int>(form.per_hour)(random_);
      for (int i = 0; i < lines; ++i) {
        const std::string line =
            fmt::format("{} did {} in {}", std::string(size_t(form.number) + 1, '!'), Value(&form),
                        fmt::format("{:.3f}ms", std::exp(Normal() * form.spread + form.level)));
        const uint64_t skeleton = SplitLine(line, &slots);
        const auto finding =
            watch->Add(skeleton, line, slots, now + Duration(i * 3'600'000LL / lines));
        if (!finding) continue;
        const bool is_value = finding->what == ParameterWatch::Finding::What::kValue;
        ++(*found)[is_value ? "value" : "range"];
      }
    }
  }

 private:
  struct Form {
    int number;
    double per_hour;
    double kind;
    double level;
    double spread;
    int64_t next = 1000;
  };
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  double Normal() { return std::normal_distribution<double>()(random_); }
  std::string Value(Form* form) {
    const double u = Uniform(1e-9, 1);
    switch (int(form->kind)) {
      case 0: return fmt::format("id {}", ++form->next);
      case 1: return fmt::format("size={:.0f}", 100 * std::pow(u, -1 / (0.7 + form->spread)));
      case 2: return fmt::format("status={}", u < 0.95 ? 200 : u < 0.99 ? 404 : 500);
      case 3: return fmt::format("tries={}", int(-std::log(u) * form->spread));
      case 4: return fmt::format("host=node-{}", int(30 * u));
      case 5: return fmt::format("user=u{:.0f}", std::pow(u, -1.0));
      case 6: return fmt::format("temperature={:.1f}", 20 + 3 * Normal());
      case 7: return fmt::format("state={}", u < 0.9 ? "ok" : u < 0.999 ? "slow" : "stuck");
      default: return fmt::format("share={:.3f}", u);
    }
  }

  std::mt19937_64& random_;
  std::vector<Form> forms_;
};

struct Tally {
  std::map<std::string, int64_t> first_day;
  std::map<std::string, int64_t> later;
  std::map<std::string, int64_t> parameters;
  int64_t largest_state = 0;
};

void RunOne(uint64_t number, int64_t days, std::mt19937_64* random, Tally* tally, int64_t* lines) {
  SteadyService service(number, random);
  LogFinder finder;
  Companions companions;
  int64_t hour = 0;
  int told = 0;  // new patterns in this hour: those beyond the share are one
  for (int64_t step = 0; step < days * kStepsPerDay; ++step) {
    const Time now = kBegin + step * LogFinder::kStep;
    std::map<std::string, int64_t>& found = step < kStepsPerDay ? tally->first_day : tally->later;
    int64_t news = 0;
    service.Step(step, now, &finder, &news);
    if (step / kStepsPerHour != hour) told = 0;
    hour = step / kStepsPerHour;
    for (; news > 0; --news, ++told) {
      if (told <= ServiceJudge::kNewPatternsPerHourMax) ++found["new"];
    }
    finder.EndStep(number, &companions);
    companions.EndStep();
    for (const LogFinder::Event& event : finder.Look(now, companions)) {
      if (event.what != LogFinder::Event::What::kBegin) continue;
      const LogFinder::Finding& finding = event.finding;
      const std::string name = fmt::format("{}{}", PatternChangeName(finding.change),
                                           finding.companion ? " by companion" : "");
      ++found[name];
      if (std::getenv("VERBOSE") != nullptr) {
        const LogFinder::Pattern& pattern = finder.pattern(finding.slot);
        fmt::print(
            "service {} day {:.2f} {} observed {:.0f} expected {:.2f} nats {:.1f} count {} "
            "active {:.0f} longest gap {}\n",
            number, double(step) / kStepsPerDay, name, finding.observed, finding.expected,
            finding.nats, pattern.count, pattern.model.active(), pattern.longest_gap);
      }
    }
  }
  SteadyParameters parameters(random);
  ParameterWatch watch;
  for (int64_t i = 0; i < days * 24; ++i) {
    parameters.Hour(kBegin + std::chrono::hours(i), &watch, &tally->parameters);
  }
  StateWriter out;
  out(finder);
  tally->largest_state = std::max(tally->largest_state, int64_t(out.Take().size() / finder.size()));
  *lines += service.lines();
}

int Run(int services, int64_t days, uint64_t seed) {
  std::mt19937_64 random(seed);
  Tally tally;
  int64_t lines = 0;
  for (int i = 0; i < services; ++i) RunOne(uint64_t(i), days, &random, &tally, &lines);
  const double later_weeks = double(services) * double(days - 1) / 7;
  const double first_weeks = double(services) / 7;
  fmt::print("{} services, {} days, {} lines, seed {}\n", services, days, lines, seed);
  const auto show = [](const char* name, const std::map<std::string, int64_t>& found,
                       double weeks) {
    int64_t all = 0;
    std::string kinds;
    for (const auto& [kind, count] : found) {
      all += count;
      kinds += fmt::format(" {}={}", kind, count);
    }
    fmt::print("{}: {} findings, {:.3f} per service-week;{}\n", name, all, double(all) / weeks,
               kinds);
  };
  show("after the first day", tally.later, later_weeks);
  show("first day", tally.first_day, first_weeks);
  show("parameters, all days", tally.parameters, double(services) * double(days) / 7);
  fmt::print("state: at most {} bytes a pattern\n", tally.largest_state);
  return 0;
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const auto argument = [&](int i, long standard) {
    return argc > i ? std::strtol(argv[i], nullptr, 10) : standard;
  };
  const long services = argument(1, 100);
  const long days = argument(2, 14);
  if (services < 1 || days < 2) {
    fmt::print(stderr, "usage: find_steady [SERVICES [DAYS, at least 2 [SEED]]]\n");
    return 2;
  }
  return kizashi::Run(int(services), days, uint64_t(argument(3, 20260101)));
}
