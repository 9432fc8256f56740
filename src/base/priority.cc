#include "base/priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace kizashi {

void LowerPriority(int by) {
  constexpr int kMost = 19;
  const auto thread = static_cast<id_t>(::gettid());
  const int now = ::getpriority(PRIO_PROCESS, thread);
  ::setpriority(PRIO_PROCESS, thread, std::min(now + by, kMost));
}

}  // namespace kizashi
