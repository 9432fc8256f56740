#include "act/alert/email_receiver.h"

#include <gtest/gtest.h>

#include "act/alert/receiver_test_support.h"

namespace kizashi::alerts {
namespace {

using Outcome = SendResult::Outcome;

class EmailReceiverTest : public testing::Test {
 protected:
  SendResult Send(const Notification& notification, const Status& status = OkStatus()) {
    const auto receiver = MakeEmailReceiver(
        *config, config->receivers[0].integrations[0],
        {"http://me/", "abc", Duration(10'000), true},
        [this](const std::function<void()>& work) {
          if (has_room) work();
          return has_room;
        },
        [&](const MailServer& to, const Mail& sent) {
          server = to;
          mail = sent;
          return status;
        },
        clock);
    return OtherEnd().Send(*receiver, notification);
  }

  ManualClock clock{kTestNow};
  AlertConfigPtr config = ConfigOfReceiver(
      "  email_configs: [{to: 'a@x.example, B <b@x.example>', headers: {Subject: '{{ .Status }}'"
      ", X-Team: shop}, html: '<p>{{ .CommonLabels.host }}</p>'}]\n",
      "{smtp_from: 'K <k@x.example>', smtp_smarthost: 'mail:587', smtp_auth_username: u, "
      "smtp_auth_password: HUNTER2}");
  MailServer server;
  Mail mail;
  bool has_room = true;
};

TEST_F(EmailReceiverTest, Sends) {
  Notification notification = MakeNotification(1);
  notification.alerts.pop_back();
  Alert alert = *notification.alerts[0].alert;
  alert.labels.Set("host", "<b>&'\"");
  notification.alerts[0].alert = std::make_shared<const Alert>(alert);
  EXPECT_EQ(Send(notification).outcome, Outcome::kDelivered);
  EXPECT_EQ(server.url, "smtp://mail:587");
  EXPECT_EQ(server.user, "u");
  EXPECT_EQ(server.password, "HUNTER2");
  EXPECT_EQ(server.from, "k@x.example");
  EXPECT_TRUE(server.needs_tls);
  EXPECT_EQ(mail.to, "a@x.example,b@x.example");
  EXPECT_EQ(mail.subject, "firing");
  EXPECT_NE(mail.text.find(" - host = <b>&'\"\n"), std::string::npos) << mail.text;
  EXPECT_EQ(mail.html, "<p>&lt;b&gt;&amp;&#39;&#34;</p>");
  EXPECT_EQ(mail.message_id, "abc-7@kizashi");
  const std::string id = mail.message_id;
  EXPECT_EQ(Send(notification).outcome, Outcome::kDelivered);
  EXPECT_EQ(mail.message_id, id) << "a copy after a crash is known by it";
  EXPECT_EQ(FindHeader(mail.headers, "x-team"), "shop");
  EXPECT_FALSE(FindHeader(mail.headers, "References").empty());
}

TEST_F(EmailReceiverTest, ReadsWhatCameOfIt) {
  EXPECT_EQ(Send(MakeNotification(1), InvalidArgument("no such user")).outcome, Outcome::kRefused);
  const SendResult result = Send(MakeNotification(1), Unavailable("no answer"));
  EXPECT_EQ(result.outcome, Outcome::kNoAnswer);
  EXPECT_EQ(result.error, "no answer");
  has_room = false;
  EXPECT_EQ(Send(MakeNotification(1)).outcome, Outcome::kFailed);
}

}  // namespace
}  // namespace kizashi::alerts
