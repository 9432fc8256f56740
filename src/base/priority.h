// How much the calling thread yields to others.
#pragma once

namespace kizashi {

/// Makes the calling thread's niceness, as nice(1) has it, higher by `by`: work that may wait
/// leaves the processor to what must not. For good: only a privileged process may take it back.
/// Linux keeps it by thread; refused, the thread goes on as before.
void LowerPriority(int by);

}  // namespace kizashi
