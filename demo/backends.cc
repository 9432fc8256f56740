#include "demo/backends.h"

#include <algorithm>

namespace kizashi {

bool Backends::Checked(size_t backend, bool ok, bool refused) {
  const std::lock_guard lock(mutex_);
  Backend& of = backends_[backend];
  const bool before = of.healthy;
  of.failures = ok ? 0 : of.failures + 1;
  if (ok) of.healthy = true;
  if (refused || of.failures >= kFailuresToLeave) of.healthy = false;
  return of.healthy != before;
}

std::optional<size_t> Backends::Next(std::optional<size_t> except) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < backends_.size(); ++i) {
    const size_t candidate = turn_++ % backends_.size();
    if (backends_[candidate].healthy && candidate != except) return candidate;
  }
  return std::nullopt;
}

int Backends::healthy_count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(backends_.begin(), backends_.end(),
                                        [](const Backend& backend) { return backend.healthy; }));
}

std::vector<Backends::Backend> Backends::List() const {
  const std::lock_guard lock(mutex_);
  return backends_;
}

}  // namespace kizashi
