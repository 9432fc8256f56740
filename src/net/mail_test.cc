#include "net/mail.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace kizashi {
namespace {

/// A mail server for one connection: answers each line, keeps what it heard.
class MailPeer {
 public:
  explicit MailPeer(std::string answer_to_data) : answer_(std::move(answer_to_data)) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~MailPeer() { Join(); }
  int port() const { return port_; }
  const std::string& heard() {
    Join();
    return heard_;
  }

 private:
  void Join() {
    if (thread_.joinable()) thread_.join();
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }
  void Say(int peer, const std::string& line) {
    const std::string text = line + "\r\n";
    EXPECT_EQ(send(peer, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void Serve() {
    const int peer = accept(socket_, nullptr, nullptr);
    Say(peer, "220 ready");
    std::string line;
    bool data = false;
    for (char c = 0; recv(peer, &c, 1, 0) == 1;) {
      heard_ += c;
      line += c;
      if (c != '\n') continue;
      if (data) {
        if (line == ".\r\n") {
          data = false;
          Say(peer, answer_);
        }
      } else if (line.starts_with("DATA")) {
        data = true;
        Say(peer, "354 go on");
      } else if (line.starts_with("QUIT")) {
        Say(peer, "221 bye");
        break;
      } else {
        Say(peer, "250 fine");
      }
      line.clear();
    }
    close(peer);
  }

  const std::string answer_;
  int socket_ = -1;
  int port_ = 0;
  std::string heard_;
  std::thread thread_;
};

Mail Report() {
  Mail mail;
  mail.to = "team@example.com";
  mail.subject = "日次レポート: Shop";
  mail.text = "# 兆し\n\n" + std::string(100, 'x') + "\n.\n";
  mail.message_id = "report.shop.2026-11-27@kizashi";
  mail.date = *ParseTime("2026-11-27T08:00:00Z");
  return mail;
}

MailServer To(int port) {
  MailServer server;
  server.url = fmt::format("smtp://127.0.0.1:{}", port);
  server.from = "kizashi@example.com";
  return server;
}

TEST(Mail, IsHeardAsItWasSent) {
  MailPeer peer("250 taken");
  const MailServer server = To(peer.port());
  ASSERT_TRUE(SendMail(server, Report()).ok());
  const std::string& heard = peer.heard();
  for (const char* part :
       {"MAIL FROM:<kizashi@example.com>", "RCPT TO:<team@example.com>",
        "Subject: =?UTF-8?B?5pel5qyh44Os44Od44O844OIOiBTaG9w?=", "Fri, 27 Nov 2026 08:00:00 +0000",
        "Message-ID: <report.shop.2026-11-27@kizashi>", "IyDlhYbjgZcK"}) {
    EXPECT_NE(heard.find(part), std::string::npos) << part << " in " << heard;
  }
}

TEST(Mail, GoesToAllAndMayHaveHtmlBesideTheText) {
  MailPeer peer("250 taken");
  Mail mail = Report();
  mail.to = "a@example.com, b@example.com";
  mail.html = "<p>兆し</p>";
  mail.headers = {{"x-team", "shop"}, {"from", "兆し <kizashi@example.com>"}};
  ASSERT_TRUE(SendMail(To(peer.port()), mail).ok());
  const std::string& heard = peer.heard();
  for (const char* part :
       {"RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>",
        "To: <a@example.com>, <b@example.com>", "x-team: shop\r\n", "From: =?UTF-8?B?",
        "multipart/alternative", "text/html", "PHA+5YWG44GXPC9wPg=="}) {
    EXPECT_NE(heard.find(part), std::string::npos) << part << " in " << heard;
  }
}

TEST(Mail, AWrongPasswordMayBePutRight) {
  MailPeer peer("535 authentication failed");
  EXPECT_EQ(SendMail(To(peer.port()), Report()).code(), absl::StatusCode::kUnavailable);
}

TEST(Mail, ARefusalForGoodIsNoTemporaryOne) {
  {
    MailPeer peer("554 not here");
    const Status refused = SendMail(To(peer.port()), Report());
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << Message(refused);
  }
  {
    MailPeer peer("451 later");
    EXPECT_EQ(SendMail(To(peer.port()), Report()).code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(SendMail(To(1), Report()).code(), absl::StatusCode::kUnavailable);
}

TEST(Mail, APasswordIsNotSentInTheClear) {
  MailPeer peer("250 taken");
  MailServer server = To(peer.port());
  server.user = "kizashi";
  server.password = "sesame";
  const Status refused = SendMail(server, Report());
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Message(refused).find("sesame"), std::string::npos);
  EXPECT_EQ(peer.heard().find("AUTH"), std::string::npos);
}

TEST(Mail, LongSubjectsAreFoldedBetweenCharacters) {
  Mail mail = Report();
  mail.subject.clear();
  for (int i = 0; i < 40; ++i) mail.subject += "兆";
  const std::string text = MailText(To(25), mail);
  const size_t subject = text.find("Subject: ");
  for (size_t at = subject; at < text.find("\r\nDate:");) {
    const size_t end = text.find("\r\n", at);
    EXPECT_LE(end - at, 78u);
    at = end + 2;
  }
  EXPECT_NE(text.find("?=\r\n =?UTF-8?B?"), std::string::npos);
}

TEST(Mail, TheServersAddressIsRead) {
  MailServer server;
  ASSERT_TRUE(ParseMailUrl("smtps://me@mail.example.com:465", &server).ok());
  EXPECT_EQ(server.url, "smtps://mail.example.com:465");
  EXPECT_EQ(server.user, "me");
  for (const char* wrong :
       {"", "mail.example.com", "http://mail", "smtp://", "smtp://a/b", "smtp://me:secret@host"}) {
    const Status status = ParseMailUrl(wrong, &server);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_EQ(Message(status).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace kizashi
