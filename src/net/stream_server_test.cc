#include "net/stream_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/http_server_test_support.h"

namespace kizashi {
namespace {

using Next = StreamHandler::Next;

// Answers each line with itself; "busy" pauses, "big" answers much, "bye" ends.
class LineEcho final : public StreamHandler {
 public:
  LineEcho(StreamConnection& connection, std::atomic<int>* ended, std::atomic<int>* busy)
      : connection_(connection), ended_(ended), busy_(busy) {}
  Next OnOpen() override {
    connection_.Send("hello\n");
    return Next::kIdle;
  }
  Next OnBytes(std::string_view bytes) override {
    held_ += bytes;
    while (true) {
      const size_t end = held_.find('\n');
      if (end == std::string::npos) return held_.empty() ? Next::kIdle : Next::kWithin;
      const std::string line = held_.substr(0, end + 1);
      held_.erase(0, end + 1);
      ++messages_;
      if (line == "big\n") connection_.Send(std::string(5000, 'b'));
      connection_.Send(line);
      if (line == "bye\n") connection_.Finish();
      if (line == "busy\n") {
        ++*busy_;
        connection_.Resume();
        return Next::kBusy;
      }
    }
  }
  uint64_t messages() const override { return messages_; }
  size_t buffered_bytes() const override { return held_.size(); }
  void OnEnd() override { ++*ended_; }

 private:
  StreamConnection& connection_;
  std::atomic<int>* const ended_;
  std::atomic<int>* const busy_;
  std::string held_;
  uint64_t messages_ = 0;
};

class StreamServerTest : public ::testing::Test {
 protected:
  void Start(StreamServerOptions options = {}) {
    options.name = "test";
    auto server = StreamServer::Start(
        loop_, options,
        [this](StreamConnection& connection) {
          return std::make_shared<LineEcho>(connection, &ended_, &busy_);
        },
        &registry_);
    ASSERT_TRUE(server.ok()) << Message(server.status());
    server_ = *std::move(server);
  }
  double Refused(const char* reason) {
    return registry_
        .GetCounter("kizashi_stream_refused_total", "h", {{"receiver", "test"}, {"reason", reason}})
        .value();
  }
  double Open() {
    return registry_.GetGauge("kizashi_stream_open_connections", "h", {{"receiver", "test"}})
        .value();
  }

  Registry registry_;
  std::atomic<int> ended_ = 0;
  std::atomic<int> busy_ = 0;
  EventLoop loop_;
  std::unique_ptr<StreamServer> server_;
};

TEST_F(StreamServerTest, BytesGoInAndOutInOrder) {
  Start();
  {
    RawClient client(server_->port());
    EXPECT_EQ(client.Receive("\n"), "hello\n");
    client.Send("on");
    client.Send("e\nbusy\ntwo\n");
    EXPECT_EQ(client.Receive("two\n"), "one\nbusy\ntwo\n");
    EXPECT_EQ(busy_, 1);
    EXPECT_EQ(Open(), 1);
    client.Send("bye\n");
    EXPECT_EQ(client.Receive("bye\n"), "bye\n");
  }
  loop_.Run([] {});
  while (ended_ == 0) std::this_thread::yield();
  loop_.Run([] {});
  EXPECT_EQ(Open(), 0);
}

TEST_F(StreamServerTest, TooManyConnectionsAreClosed) {
  StreamServerOptions options;
  options.connections_max = 1;
  Start(options);
  RawClient first(server_->port());
  EXPECT_EQ(first.Receive("\n"), "hello\n");
  RawClient second(server_->port());
  EXPECT_EQ(second.Receive(), "<closed>");
  EXPECT_EQ(Refused("connections"), 1);
  first.Send("still\n");
  EXPECT_EQ(first.Receive("\n"), "still\n");
}

TEST_F(StreamServerTest, TricklingDoesNotRenewAMessagesDeadline) {
  StreamServerOptions options;
  options.message_timeout = Duration(200);
  Start(options);
  RawClient client(server_->port());
  EXPECT_EQ(client.Receive("\n"), "hello\n");
  const Stopwatch watch;
  while (client.SendSome("x") && watch.Elapsed() < std::chrono::seconds(5)) {
    std::this_thread::sleep_for(Duration(20));
  }
  EXPECT_LT(watch.Elapsed(), std::chrono::seconds(4));
  EXPECT_EQ(Refused("timeout"), 1);
}

TEST_F(StreamServerTest, EachMessageHasADeadlineOfItsOwn) {
  StreamServerOptions options;
  options.message_timeout = Duration(400);
  Start(options);
  RawClient client(server_->port());
  const Stopwatch watch;
  // Always in the middle of a message, and never long in the same one.
  while (watch.Elapsed() < Duration(1200)) {
    ASSERT_TRUE(client.SendSome("x\nx"));
    std::this_thread::sleep_for(Duration(50));
  }
  EXPECT_EQ(Refused("timeout"), 0);
}

TEST_F(StreamServerTest, SilenceEndsAConnection) {
  StreamServerOptions options;
  options.idle_timeout = Duration(50);
  Start(options);
  RawClient client(server_->port());
  EXPECT_EQ(client.Receive(), "hello\n<closed>");
  EXPECT_EQ(Refused("timeout"), 0);
}

TEST_F(StreamServerTest, WhatHandlersHoldIsBounded) {
  StreamServerOptions options;
  options.buffered_bytes_max = 100;
  Start(options);
  RawClient first(server_->port());
  first.Send(std::string(60, 'a'));
  EXPECT_EQ(first.Receive("\n"), "hello\n");
  RawClient second(server_->port());
  second.Send(std::string(60, 'b'));
  second.Receive();
  EXPECT_EQ(Refused("memory"), 1);
  first.Send("\n");
  EXPECT_EQ(first.Receive("\n"), std::string(60, 'a') + "\n");
}

TEST_F(StreamServerTest, AClientThatDoesNotReadIsClosed) {
  StreamServerOptions options;
  options.unsent_bytes_max = 100'000;
  Start(options);
  RawClient client(server_->port());
  const Stopwatch watch;
  while (client.SendSome("big\nbig\nbig\nbig\n") && watch.Elapsed() < std::chrono::seconds(10)) {
  }
  EXPECT_EQ(Refused("unsent"), 1);
}

TEST_F(StreamServerTest, AServerThatStoppedReadingAnswersNothingMore) {
  Start();
  RawClient client(server_->port());
  EXPECT_EQ(client.Receive("\n"), "hello\n");
  server_->StopReading();
  client.Send("late\n");
  EXPECT_FALSE(RawClient(server_->port()).connected());
  server_.reset();
  EXPECT_EQ(client.Receive(), "<closed>");
  EXPECT_EQ(ended_, 1);
}

TEST_F(StreamServerTest, AnAddressThatIsTakenIsSaid) {
  Start();
  StreamServerOptions options;
  options.port = server_->port();
  const auto second = StreamServer::Start(
      loop_, options, [](StreamConnection&) { return nullptr; }, nullptr);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(Message(second.status()).find(std::to_string(options.port)), std::string_view::npos);
}

TEST(EventLoopTest, TasksRunInOrderAndLateOnesAreDropped) {
  std::string seen;
  EventLoop loop;
  loop.After(Duration(20), [&] { seen += 'c'; });
  loop.After(std::chrono::hours(1), [&] { seen += 'x'; });
  loop.Post([&] { seen += 'a'; });
  loop.Run([&] { seen += 'b'; });
  std::atomic<bool> passed = false;
  loop.After(Duration(60), [&] { passed = true; });
  while (!passed) std::this_thread::sleep_for(Duration(1));
  loop.Stop();
  loop.Post([&] { seen += 'y'; });
  EXPECT_EQ(seen, "abc");
}

}  // namespace
}  // namespace kizashi
