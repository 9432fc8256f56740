#include "ingest/syslog.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "ingest/line_group.h"
#include "ingest/line_pipe.h"
#include "ingest/scrape_test_sink.h"

namespace kizashi {
namespace {

constexpr Time kNow = TimeFromMs(1'767'225'600'000);

// A connected socket on loopback.
class Client {
 public:
  Client(int type, uint16_t port) : fd_(socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Client() { close(fd_); }
  // As much as the server takes within a moment.
  size_t Send(std::string_view bytes) {
    timeval wait{0, 300'000};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t now = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) break;
      sent += static_cast<size_t>(now);
    }
    return sent;
  }

 private:
  const int fd_;
};

class SyslogReceiverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SyslogOptions options;
    options.udp.emplace();
    options.tcp.emplace();
    auto receiver = SyslogReceiver::Start(sink_, clock_, &registry_, options);
    ASSERT_TRUE(receiver.ok()) << Message(receiver.status());
    receiver_ = *std::move(receiver);
  }
  // "{labels} text" of every line kept so far, once there are so many.
  std::vector<std::string> Lines(size_t count) {
    std::vector<std::string> lines;
    const Stopwatch watch;
    while (lines.size() < count && watch.Elapsed() < std::chrono::seconds(10)) {
      lines.clear();
      for (const LogBatch& batch : sink_.logs()) {
        for (const LogLine& line : batch.lines) {
          lines.push_back(sink_.stream(batch.stream).ToString() + " " + line.text);
        }
      }
      std::this_thread::sleep_for(Duration(1));
    }
    return lines;
  }
  double Counted(const char* name) {
    return registry_.GetCounter(name, "h", {{"receiver", "syslog"}}).value();
  }

  TestSink sink_;
  ManualClock clock_{kNow};
  Registry registry_;
  std::unique_ptr<SyslogReceiver> receiver_;
};

TEST_F(SyslogReceiverTest, UdpAndTcpWithEitherFraming) {
  Client(SOCK_DGRAM, receiver_->udp_port()).Send("<13>Jan  1 00:00:00 web-1 app[1]: over UDP\n");
  EXPECT_EQ(Lines(1).at(0), R"({host="web-1", service_name="app"} over UDP)");
  Client tcp(SOCK_STREAM, receiver_->tcp_port());
  tcp.Send("27 <13>1 - web-1 app - - - one<13>1 - web-1 app - - - two\n");
  EXPECT_EQ(Lines(3).at(1), R"({host="web-1", service_name="app"} one)");
  EXPECT_EQ(Lines(3).at(2), R"({host="web-1", service_name="app"} two)");
  EXPECT_EQ(Counted("kizashi_ingest_lines_total"), 3);
}

TEST_F(SyslogReceiverTest, TheSenderStandsInForAHost) {
  {
    Client tcp(SOCK_STREAM, receiver_->tcp_port());
    tcp.Send("<13>no host");
  }
  Client(SOCK_DGRAM, receiver_->udp_port()).Send("two\nlines");
  const std::vector<std::string> lines = Lines(2);
  EXPECT_EQ(
      std::set<std::string>(lines.begin(), lines.end()),
      (std::set<std::string>{R"({host="127.0.0.1"} no host)", "{host=\"127.0.0.1\"} two\nlines"}));
}

TEST_F(SyslogReceiverTest, LongMessagesAreCutAndCounted) {
  Client tcp(SOCK_STREAM, receiver_->tcp_port());
  const std::string text(600 << 10, 'x');
  std::thread sending(
      [&] { tcp.Send("<13>1 - h a - - - " + text + "\n<13>1 - h a - - - next\n"); });
  const std::vector<std::string> lines = Lines(2);
  sending.join();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].size(), (256 << 10) + std::string(R"({host="h", service_name="a"} )").size());
  EXPECT_TRUE(sink_.logs().at(0).lines.at(0).cut);
  EXPECT_TRUE(lines[1].ends_with(" next"));
  EXPECT_EQ(Counted("kizashi_ingest_lines_cut_total"), 1);
}

TEST_F(SyslogReceiverTest, AStoreWithoutRoomHoldsSendersBackAndLosesNothing) {
  sink_.AnswerWith(ResourceExhausted("full"));
  std::string line = "<13>1 - h a - - - ";
  line += std::string(1000 - line.size() - 1, 'x') + "\n";
  std::string all;
  while (all.size() < (64 << 20)) all += line;
  Client tcp(SOCK_STREAM, receiver_->tcp_port());
  const size_t sent = tcp.Send(all);
  // The pipe, what the sockets buffer, and no more.
  EXPECT_GT(sent, LinePipe::kBytesMax / 2);
  EXPECT_LT(sent, size_t{32} << 20);
  EXPECT_EQ(Counted("kizashi_ingest_lines_total"), 0);
  sink_.AnswerWith(OkStatus());
  EXPECT_EQ(Lines(sent / 1000).size(), sent / 1000);
  EXPECT_GT(Counted("kizashi_ingest_held_back_total"), 0);
}

TEST_F(SyslogReceiverTest, WhatWasReadIsKeptAtTheEnd) {
  Client udp(SOCK_DGRAM, receiver_->udp_port());
  for (int i = 0; i < 100; ++i) udp.Send("<13>x");
  receiver_->Stop();
  size_t lines = 0;
  for (const LogBatch& batch : sink_.logs()) lines += batch.lines.size();
  EXPECT_EQ(lines, 100u);
}

TEST(StreamIdsTest, SendersDoNotMakeStreamsWithoutEnd) {
  TestSink sink;
  auto ids = StreamIds::Open(sink, "syslog", 2);
  ASSERT_TRUE(ids.ok());
  const auto of = [&](std::string host, LogLine* line) {
    const std::array<Label, 2> labels = {Label{"host", std::move(host)}, Label{"service_name", ""}};
    return sink.stream(ids->Of(labels, line)).ToString();
  };
  LogLine line;
  EXPECT_EQ(of("", &line), R"({job="syslog"})");
  EXPECT_EQ(of("a", &line), R"({host="a"})");
  EXPECT_EQ(of("b", &line), R"({host="b"})");
  EXPECT_EQ(of("a", &line), R"({host="a"})");
  EXPECT_TRUE(line.metadata.empty());
  EXPECT_EQ(of("c", &line), R"({job="syslog"})");
  EXPECT_EQ(line.metadata.ToString(), R"({host="c"})");
}

TEST(AppendGroupTest, TheAnswerWaitsForEveryStreamAndHandsBackTheRest) {
  class Sink final : public TelemetrySink {
   public:
    StatusOr<SeriesId> InternSeries(const Labels&) override { return 0; }
    StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
    void Append(ScrapeBatch, Done) override {}
    std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
    void Append(LogBatch, Done done) override { open.push_back(std::move(done)); }
    std::string ReadCursor(const std::string&) override { return ""; }
    std::vector<Done> open;
  } sink;
  LineGroup group;
  group.Add(1, {kNow, "a"});
  group.Add(2, {kNow, "b"});
  group.Add(1, {kNow, "c"});
  EXPECT_EQ(group.lines(), 3u);
  int answers = 0;
  AppendGroup(sink, std::move(group), true, [&](const Status& status, size_t kept, LineGroup back) {
    ++answers;
    EXPECT_EQ(Message(status), "full");
    EXPECT_EQ(kept, 1u);
    const std::vector<LogBatch> batches = back.Take();
    ASSERT_EQ(batches.size(), 1u);
    EXPECT_EQ(batches[0].stream, 1u);
    EXPECT_EQ(batches[0].lines.at(1).text, "c");
  });
  ASSERT_EQ(sink.open.size(), 2u);
  sink.open[0](ResourceExhausted("full"));
  EXPECT_EQ(answers, 0);
  sink.open[1](OkStatus());
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace kizashi
