#include "net/datagram_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace kizashi {
namespace {

// A UDP socket on loopback that talks to one port.
class Sender {
 public:
  explicit Sender(uint16_t port) : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Sender() { close(fd_); }
  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  std::string Receive() {
    pollfd wait{fd_, POLLIN, 0};
    char buffer[100];
    if (poll(&wait, 1, 5000) <= 0) return "<timeout>";
    const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
    return size < 0 ? "<error>" : std::string(buffer, static_cast<size_t>(size));
  }

 private:
  const int fd_;
};

class DatagramServerTest : public ::testing::Test {
 protected:
  void Start(size_t receive_buffer_bytes = 8 << 20) {
    DatagramServerOptions options;
    options.name = "test";
    options.receive_buffer_bytes = receive_buffer_bytes;
    auto server = DatagramServer::Start(
        loop_, options, [this](std::span<const Datagram> datagrams) { return Take(datagrams); },
        &registry_);
    ASSERT_TRUE(server.ok()) << Message(server.status());
    server_ = *std::move(server);
  }
  bool Take(std::span<const Datagram> datagrams) {
    const std::lock_guard lock(mutex_);
    for (const Datagram& one : datagrams) {
      EXPECT_EQ(one.sender, "127.0.0.1");
      got_.emplace_back(one.bytes);
      if (one.bytes == "ping") one.reply("pong");
      if (one.bytes == "pause") paused_ = true;
    }
    return !paused_;
  }
  std::vector<std::string> WaitFor(size_t count) {
    const Stopwatch watch;
    while (watch.Elapsed() < std::chrono::seconds(5)) {
      {
        const std::lock_guard lock(mutex_);
        if (got_.size() >= count) return got_;
      }
      std::this_thread::sleep_for(Duration(1));
    }
    const std::lock_guard lock(mutex_);
    return got_;
  }

  Registry registry_;
  std::mutex mutex_;
  std::vector<std::string> got_;
  bool paused_ = false;
  EventLoop loop_;
  std::unique_ptr<DatagramServer> server_;
};

TEST_F(DatagramServerTest, DatagramsComeWholeAndAreAnswered) {
  Start();
  Sender sender(server_->port());
  const std::string longest(65'507, 'x');
  sender.Send("one\ntwo");
  sender.Send("");
  sender.Send(longest);
  sender.Send("ping");
  EXPECT_EQ(sender.Receive(), "pong");
  EXPECT_EQ(WaitFor(4), (std::vector<std::string>{"one\ntwo", "", longest, "ping"}));
  EXPECT_GT(server_->receive_buffer_bytes(), 0u);
}

TEST_F(DatagramServerTest, WhileItIsPausedTheSystemKeepsOrDropsAndTells) {
  Start(64 << 10);
  Sender sender(server_->port());
  sender.Send("pause");
  WaitFor(1);
  for (int i = 0; i < 1000; ++i) sender.Send(std::string(1000, 'x'));
  EXPECT_EQ(WaitFor(1).size(), 1u);
  {
    const std::lock_guard lock(mutex_);
    paused_ = false;
  }
  loop_.Run([&] { server_->Resume(); });
  sender.Send("last");
  const Stopwatch watch;
  while (WaitFor(1).back() != "last" && watch.Elapsed() < std::chrono::seconds(5)) {
    sender.Send("last");
    std::this_thread::sleep_for(Duration(5));
  }
  EXPECT_EQ(WaitFor(1).back(), "last");
  const double dropped =
      registry_.GetCounter("kizashi_datagrams_dropped_total", "h", {{"receiver", "test"}}).value();
  EXPECT_GT(dropped, 100);
  size_t large = 0;
  for (const std::string& one : WaitFor(1)) large += one.size() == 1000;
  EXPECT_GE(static_cast<double>(large) + dropped, 1000);
}

TEST_F(DatagramServerTest, WhatHasComeIsStillTakenAtTheEnd) {
  Start();
  Sender sender(server_->port());
  loop_.Run([&] {
    for (int i = 0; i < 200; ++i) sender.Send("x");
  });
  server_->StopReading();
  EXPECT_EQ(WaitFor(200).size(), 200u);
  sender.Send("late");
  server_.reset();
  EXPECT_EQ(WaitFor(200).size(), 200u);
}

}  // namespace
}  // namespace kizashi
