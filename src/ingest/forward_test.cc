#include "ingest/forward.h"

#include <gtest/gtest.h>

#include <thread>

#include "ingest/line_pipe.h"
#include "ingest/scrape_test_sink.h"
#include "net/http_server_test_support.h"
#include "wire/forward.h"
#include "wire/forward_handshake.h"
#include "wire/forward_test_support.h"

namespace kizashi {
namespace {

constexpr Time kNow = TimeFromMs(1'767'225'600'000);
constexpr char kKey[] = "a key that is shared";

/// Keeps the questions open until told.
class SlowSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return 0; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
  void Append(LogBatch, Done done) override {
    const std::lock_guard lock(mutex_);
    open_.push_back(std::move(done));
  }
  std::string ReadCursor(const std::string&) override { return ""; }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }
  void Answer(size_t index, const Status& status) {
    Done done;
    {
      const std::lock_guard lock(mutex_);
      done = std::move(open_.at(index));
    }
    done(status);
  }

 private:
  std::mutex mutex_;
  std::vector<Done> open_;
};

std::string Event(std::string_view tag, std::string_view text, std::string_view chunk = "") {
  MsgpackWriter out;
  out.Array(chunk.empty() ? 3 : 4).String(tag).Raw(PackNumber(1'700'000'000));
  out.Raw(PackRecord(text));
  if (!chunk.empty()) out.Raw(PackChunk(chunk));
  return out.Take();
}

std::string Ack(std::string_view chunk) { return ForwardAck(PackString(chunk)); }

class ForwardReceiverTest : public ::testing::Test {
 protected:
  void Start(TelemetrySink& sink, std::string key = "") {
    ForwardOptions options;
    options.shared_key = std::move(key);
    auto receiver = ForwardReceiver::Start(sink, clock_, &registry_, std::move(options));
    ASSERT_TRUE(receiver.ok()) << Message(receiver.status());
    receiver_ = *std::move(receiver);
  }
  double Refused(const char* reason) {
    return registry_
        .GetCounter("kizashi_ingest_refused_total", "h",
                    {{"receiver", "forward"}, {"reason", reason}})
        .value();
  }
  double Lines() {
    return registry_.GetCounter("kizashi_ingest_lines_total", "h", {{"receiver", "forward"}})
        .value();
  }
  template <typename F>
  bool Becomes(F predicate) {
    const Stopwatch watch;
    while (!predicate()) {
      if (watch.Elapsed() > std::chrono::seconds(10)) return false;
      std::this_thread::sleep_for(Duration(1));
    }
    return true;
  }

  TestSink sink_;
  SlowSink slow_;
  ManualClock clock_{kNow};
  Registry registry_;
  std::unique_ptr<ForwardReceiver> receiver_;
};

TEST_F(ForwardReceiverTest, AChunkIsAcknowledgedWhenItIsKept) {
  Start(slow_);
  RawClient client(receiver_->port());
  client.Send("\xc0" + Event("web", "one", "first") + Event("web", "two", "second"));
  ASSERT_TRUE(Becomes([&] { return slow_.count() == 2; }));
  slow_.Answer(1, OkStatus());
  EXPECT_EQ(client.Receive(Ack("second")), Ack("second"));
  slow_.Answer(0, OkStatus());
  EXPECT_EQ(client.Receive(Ack("first")), Ack("first"));
  EXPECT_EQ(Lines(), 2);
}

TEST_F(ForwardReceiverTest, LinesAreKeptByTagAndService) {
  Start(sink_);
  RawClient client(receiver_->port());
  const std::string message = Event("web", "one", "c");
  for (const char byte : message) client.Send({&byte, 1});
  EXPECT_EQ(client.Receive(Ack("c")), Ack("c"));
  client.Send(Event("db", "without an answer"));
  ASSERT_TRUE(Becomes([&] { return sink_.logs().size() == 2; }));
  const auto logs = sink_.logs();
  EXPECT_EQ(sink_.stream(logs[0].stream), Labels({{"service_name", "web"}, {"tag", "web"}}));
  EXPECT_EQ(logs[0].lines.at(0), (LogLine{TimeFromMs(1'700'000'000'000), "one"}));
  EXPECT_EQ(sink_.stream(logs[1].stream), Labels({{"service_name", "db"}, {"tag", "db"}}));
}

TEST_F(ForwardReceiverTest, AChunkThatIsNotKeptClosesTheConnection) {
  Start(sink_);
  for (const auto& [status, reason] : {std::pair(ResourceExhausted("full"), "queue_full"),
                                       std::pair(Internal("disk"), "unavailable")}) {
    sink_.AnswerWith(status);
    RawClient client(receiver_->port());
    client.Send(Event("web", "one", "c"));
    EXPECT_EQ(client.Receive(), "<closed>");
    EXPECT_EQ(Refused(reason), 1);
  }
  EXPECT_EQ(Lines(), 0);
}

TEST_F(ForwardReceiverTest, WithoutAChunkTheSenderWaitsAndNothingIsLost) {
  sink_.AnswerWith(ResourceExhausted("full"));
  Start(sink_);
  RawClient client(receiver_->port());
  const std::string event = Event("web", std::string(10'000, 'x'));
  constexpr size_t kEvents = 3000;
  std::atomic<size_t> sent = 0;
  std::thread sending([&] {
    for (; sent < kEvents; ++sent) client.Send(event);
  });
  std::this_thread::sleep_for(Duration(500));
  const size_t before = sent;
  EXPECT_LT(before, kEvents);
  sink_.AnswerWith(OkStatus());
  sending.join();
  EXPECT_TRUE(Becomes([&] { return Lines() == kEvents; })) << Lines();
}

TEST_F(ForwardReceiverTest, ChunksUnderWayAreBounded) {
  Start(slow_);
  RawClient client(receiver_->port());
  const size_t most = ForwardReceiver::kChunksUnderWayMax;
  for (size_t i = 0; i < most + 3; ++i) client.Send(Event("web", "x", "c"));
  ASSERT_TRUE(Becomes([&] { return slow_.count() == most; }));
  std::this_thread::sleep_for(Duration(50));
  EXPECT_EQ(slow_.count(), most);
  slow_.Answer(0, OkStatus());
  ASSERT_TRUE(Becomes([&] { return slow_.count() == most + 1; }));
}

TEST_F(ForwardReceiverTest, WithASharedKeyTheHandshakeComesFirst) {
  Start(sink_, kKey);
  RawClient client(receiver_->port());
  std::string helo = client.Receive("keepalive\xc3");
  const size_t at = helo.find("nonce") + 5;
  const std::string nonce = helo.substr(at + (helo[at] == '\xda' ? 3 : 1), 32);
  EXPECT_EQ(helo, ForwardHelo(nonce));
  MsgpackWriter ping;
  ping.Array(6).String("PING").String("me").String("salt");
  ping.String(ForwardDigest("salt", "me", nonce, kKey)).String("").String("");
  client.Send(ping.Take() + Event("web", "one", "c"));
  EXPECT_TRUE(client.Receive(Ack("c")).starts_with("\x95\xa4PONG\xc3"));
  EXPECT_EQ(sink_.logs().size(), 1u);
}

TEST_F(ForwardReceiverTest, WithoutTheSharedKeyNothingIsTaken) {
  Start(sink_, kKey);
  {
    RawClient client(receiver_->port());
    client.Send(Event("web", "one", "c"));
    EXPECT_TRUE(client.Receive().ends_with("<closed>"));
  }
  RawClient client(receiver_->port());
  client.Receive("keepalive\xc3");
  MsgpackWriter ping;
  ping.Array(6).String("PING").String("me").String("salt").String("wrong").String("").String("");
  client.Send(ping.Take() + Event("web", "one", "c"));
  EXPECT_NE(client.Receive("mismatch").find("PONG\xc2"), std::string::npos);
  EXPECT_TRUE(Becomes([&] { return Refused("unauthenticated") == 2; }));
  EXPECT_TRUE(sink_.logs().empty());
  // Nobody fills memory before proving anything.
  RawClient large(receiver_->port());
  large.Send(std::string("\xc6\x00\xff\xff\xff", 5));
  EXPECT_TRUE(large.Receive().ends_with("<closed>"));
  EXPECT_EQ(Refused("too_large"), 1);
}

TEST_F(ForwardReceiverTest, WhatCannotBeReadClosesTheConnection) {
  Start(sink_);
  const std::pair<std::string, const char*> cases[] = {
      {"{\"json\":", "bad_input"},
      {"\xc1", "bad_input"},
      {"\x93\xa3tag", ""},
      {std::string("\x93\xa3tag\xc6\x7f\xff\xff\xff", 10), "too_large"},
  };
  for (const auto& [bytes, reason] : cases) {
    const double before = Refused(reason);
    RawClient client(receiver_->port());
    client.Send(bytes);
    if (*reason == '\0') continue;  // not whole yet: that is no fault
    EXPECT_EQ(client.Receive(), "<closed>");
    EXPECT_EQ(Refused(reason), before + 1);
  }
}

TEST_F(ForwardReceiverTest, AtTheEndWhatWasReadIsKept) {
  Start(sink_);
  RawClient client(receiver_->port());
  client.Send(Event("web", "one") + Event("web", "two", "c"));
  EXPECT_EQ(client.Receive(Ack("c")), Ack("c"));
  receiver_->Stop();
  size_t lines = 0;
  for (const LogBatch& batch : sink_.logs()) lines += batch.lines.size();
  EXPECT_EQ(lines, 2u);
  EXPECT_EQ(client.Receive(), "<closed>");
}

}  // namespace
}  // namespace kizashi
