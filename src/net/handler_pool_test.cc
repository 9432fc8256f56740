#include "net/handler_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

namespace kizashi {
namespace {

int NicenessIn(HandlerPool* pool) {
  std::promise<int> niceness;
  EXPECT_TRUE(pool->Post(
      [&] { niceness.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))); }));
  return niceness.get_future().get();
}

TEST(HandlerPoolTest, WorkThatMayWaitIsNiceToTheRest) {
  const int mine = ::getpriority(PRIO_PROCESS, 0);
  if (mine > 8) GTEST_SKIP() << "this process is nicer already";
  HandlerPool usual(1, 1);
  HandlerPool nice(1, 1, 11);
  EXPECT_EQ(NicenessIn(&usual), mine);
  EXPECT_EQ(NicenessIn(&nice), mine + 11);
}

TEST(HandlerPoolTest, RefusesBeyondItsQueue) {
  HandlerPool pool(1, 1);
  std::promise<void> begun;
  std::promise<void> gate;
  ASSERT_TRUE(pool.Post([&] {
    begun.set_value();
    gate.get_future().wait();
  }));
  begun.get_future().wait();
  bool ran = false;
  EXPECT_TRUE(pool.Post([&] { ran = true; }));
  EXPECT_FALSE(pool.Post([] {}));
  gate.set_value();
  pool.Stop();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(pool.Post([] {}));
}

}  // namespace
}  // namespace kizashi
