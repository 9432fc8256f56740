#include "judge/logs/sightings.h"

#include <algorithm>
#include <utility>

namespace kizashi {

bool Sightings::See(Time now, Time begin, Duration quiet_max, bool learnt) {
  before_ = std::exchange(last_, now);
  const Duration quiet = now - before_;
  if (!learnt) return false;
  const Duration life = now - begin;
  if (now - told_ < std::min(life / 10, kNewsTogether)) return true;
  if (quiet < std::min(life - life / kNewsAge, quiet_max)) return false;
  told_ = now;
  return true;
}

}  // namespace kizashi
