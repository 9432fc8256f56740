// What needs no telephone; calls to real ones are in tests/interop/phone_test.py.
#include "act/notify/phone/sip_caller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace kizashi::phone {
namespace {

class Silence final : public Speaker {
 public:
  StatusOr<Samples> Say(std::string_view /*text*/, Language /*language*/) const override {
    return Unavailable("no speech");
  }
};

// The ends of calls by their ids.
class Ends {
 public:
  PhoneCaller::Tell Tell() {
    return [this](const PhoneEvent& event) {
      const std::lock_guard lock(mutex_);
      if (event.kind == PhoneEventKind::kEnded) ends_[event.call_id].push_back(event.end);
      changed_.notify_all();
    };
  }
  std::vector<PhoneEnd> Of(const std::string& id, Duration wait = Duration(5000)) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return ends_.contains(id); });
    return ends_[id];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<PhoneEnd>> ends_;
};

class SipCallerTest : public testing::Test {
 protected:
  void Make() {
    options_.trunk = "127.0.0.1:9";  // discard: nobody is there
    options_.reach_max = Duration(200);
    auto made = MakeSipCaller(options_, limits_, &speaker_, &clock_, &registry_);
    ASSERT_TRUE(made.ok()) << made.status();
    caller_ = *std::move(made);
  }
  Status Call(const std::string& id) { return caller_->Call({id, "117", "text"}, ends_.Tell()); }

  const Silence speaker_{};
  const ManualClock clock_{TimeFromMs(0)};
  Registry registry_;
  SipOptions options_;
  PhoneLimits limits_;
  Ends ends_;
  std::unique_ptr<PhoneCaller> caller_;
};

using EndList = std::vector<PhoneEnd>;

TEST_F(SipCallerTest, KeepsItsLimits) {
  limits_.calls_max = 2;
  Make();
  ASSERT_TRUE(Call("a").ok());
  EXPECT_EQ(Call("a").code(), absl::StatusCode::kInvalidArgument) << "under way already";
  ASSERT_TRUE(Call("b").ok());
  EXPECT_EQ(Call("c").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Call("a b").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ends_.Of("a"), EndList{PhoneEnd::kUnreachable});
  EXPECT_EQ(ends_.Of("b"), EndList{PhoneEnd::kUnreachable});
  EXPECT_TRUE(Call("a").ok()) << "the id is free, also while the old call's stack ends";
  EXPECT_NE(registry_.Write().find("kizashi_phone_calls_total{way=\"sip\",end=\"unreachable\"} 2"),
            std::string::npos);
}

TEST_F(SipCallerTest, HangsUp) {
  options_.reach_max = Duration(60'000);
  Make();
  ASSERT_TRUE(Call("a").ok());
  caller_->HangUp("none");
  caller_->HangUp("a");
  EXPECT_EQ(ends_.Of("a"), EndList{PhoneEnd::kStopped});
  caller_->HangUp("a");
}

TEST_F(SipCallerTest, ItsEndEndsItsCalls) {
  Make();
  ASSERT_TRUE(Call("a").ok());
  ASSERT_TRUE(Call("b").ok());
  const Stopwatch watch;
  caller_.reset();
  EXPECT_LT(watch.Elapsed(), Duration(8000));
  EXPECT_EQ(ends_.Of("a", Duration(0)), EndList{PhoneEnd::kStopped});
  EXPECT_EQ(ends_.Of("b", Duration(0)), EndList{PhoneEnd::kStopped});
}

TEST_F(SipCallerTest, ACallMayFollowACall) {
  limits_.calls_max = 1;
  Make();
  const auto next = [this](const PhoneEvent& event) {
    if (event.kind != PhoneEventKind::kEnded) return;
    EXPECT_TRUE(Call("b").ok());
  };
  ASSERT_TRUE(caller_->Call({"a", "117", "text"}, next).ok());
  EXPECT_EQ(ends_.Of("b"), EndList{PhoneEnd::kUnreachable});
}

TEST_F(SipCallerTest, ManyThreads) {
  limits_.calls_max = 100;
  Make();
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = fmt::format("{}-{}", t, i);
        if (Call(id).ok()) ++taken;
        if (i % 3 == 0) caller_->HangUp(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 40);
  for (int t = 0; t < 4; ++t) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(ends_.Of(fmt::format("{}-{}", t, i)).size(), 1U) << t << " " << i;
    }
  }
}

TEST_F(SipCallerTest, RefusesWhatItCannotDo) {
  options_.user = "u";
  EXPECT_FALSE(MakeSipCaller(options_, limits_, &speaker_, &clock_, &registry_).ok());
  options_ = SipOptions();
  const auto direct = MakeSipCaller(options_, limits_, &speaker_, &clock_, nullptr);
  ASSERT_TRUE(direct.ok());
  EXPECT_EQ((*direct)->Call({"a", "117", "text"}, ends_.Tell()).code(),
            absl::StatusCode::kInvalidArgument)
      << "a number without a trunk";
  options_.local_address = "no address";
  const auto wrong = MakeSipCaller(options_, limits_, &speaker_, &clock_, nullptr);
  ASSERT_TRUE(wrong.ok());
  ASSERT_TRUE((*wrong)->Call({"w", "sip:a@127.0.0.1:9", "text"}, ends_.Tell()).ok());
  EXPECT_EQ(ends_.Of("w"), EndList{PhoneEnd::kFailed});
}

}  // namespace
}  // namespace kizashi::phone
