// The judge's state as bytes, for a restart that need not read the journal from its beginning.
#include "base/archive.h"
#include "base/hash.h"
#include "judge/judge.h"

namespace kizashi {

template <typename A>
void ArchiveFields(A& a, CatalogSource& source) {
  a(source.file, source.text);
}

namespace {

// Changes when the shape or the meaning of the saved state does.
uint64_t StateVersion() {
  std::string text = "judge 12";
  for (const SignalRule& rule : SignalRules()) {
    text += fmt::format("\n{} {} {}", rule.id, rule.numerator, rule.denominator);
  }
  return Hash64(text);
}

}  // namespace

std::string Judge::Save() {
  StateWriter out;
  uint64_t version = StateVersion();
  out(version, last_seq_, now_, last_tick_, sources_, services_, retired_kinds_, last_samples_,
      known_sources_, series_seen_, series_old_, pushed_sources_, companions_, quiet_steps_,
      line_in_step_, prices_, traffic_, origins_);
  return out.Take();
}

Status Judge::Restore(std::string_view state) {
  StateReader in(state);
  uint64_t version = 0;
  in(version);
  if (version != StateVersion()) return DataLoss("the judge's state is of another version");
  in(last_seq_, now_, last_tick_, sources_, services_, retired_kinds_, last_samples_,
     known_sources_, series_seen_, series_old_, pushed_sources_, companions_, quiet_steps_,
     line_in_step_, prices_, traffic_, origins_);
  const bool whole = in.ok() && in.AtEnd();
  const std::vector<CatalogSource> sources = sources_;
  if (!whole || !LoadSources(sources).ok()) {
    last_seq_ = 0;
    now_ = last_tick_ = {};
    sources_.clear();
    services_.clear();
    retired_kinds_.clear();
    last_samples_.clear();
    known_sources_.clear();
    series_seen_ = series_old_ = 0;
    pushed_sources_.clear();
    companions_ = {};
    quiet_steps_ = 0;
    line_in_step_ = false;
    prices_ = {};
    traffic_ = {};
    origins_ = {};
    catalog_ = std::make_shared<Catalog>();
    PlanRules();
    return DataLoss("the judge's state is damaged");
  }
  output_ = {};
  return OkStatus();
}

}  // namespace kizashi
