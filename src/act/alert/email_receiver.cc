#include "act/alert/email_receiver.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "act/alert/notification_templates.h"
#include "act/format.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi::alerts {
namespace {

constexpr size_t kSubjectMax = 200;
constexpr size_t kTextMax = 200'000;

std::string MessageId(const ReceiverOptions& options, const std::string& part) {
  return fmt::format("{}-{}@kizashi", options.server_id, part);
}

class EmailReceiver final : public Receiver {
 public:
  EmailReceiver(std::shared_ptr<const rules::TemplateSet> templates,
                std::shared_ptr<const EmailConfig> config, ReceiverOptions options, RunFunction run,
                SendMailFunction send, const Clock& clock)
      : templates_(std::move(templates)),
        config_(std::move(config)),
        options_(std::move(options)),
        run_(std::move(run)),
        send_(std::move(send)),
        clock_(clock) {}

  void Send(const Notification& notification, Done done) override {
    MailServer server;
    server.url = "smtp://" + config_->smarthost;
    if (config_->smarthost.ends_with(":465")) server.url = "smtps://" + config_->smarthost;
    if (!config_->hello.empty()) server.url += "/" + config_->hello;
    server.from = config_->from;
    server.ca_file = config_->tls.ca_file;
    server.skips_verification = config_->tls.skips_verification;
    server.needs_tls = config_->require_tls;
    server.user = config_->username;
    if (!server.user.empty()) {
      auto password = config_->password.Read();
      if (!password.ok()) return done(NotTried(password.status()));
      server.password = *std::move(password);
    }
    auto shared = std::make_shared<Done>(std::move(done));
    const bool runs = run_([send = send_, server = std::move(server), mail = MailOf(notification),
                            shared] { (*shared)(ResultOf(send(server, mail))); });
    if (!runs) (*shared)(NotTried(Unavailable("too many e-mails are being sent")));
  }

 private:
  static SendResult ResultOf(const Status& status) {
    using Outcome = SendResult::Outcome;
    if (status.ok()) return {};
    const bool is_refused = status.code() == absl::StatusCode::kInvalidArgument;
    return {is_refused ? Outcome::kRefused : Outcome::kNoAnswer, std::nullopt,
            OneLine(Message(status))};
  }

  Mail MailOf(const Notification& notification) const {
    NotificationTexts plain(templates_, notification, options_.external_url, Escaping::kNone);
    const std::string subject = PlainSubject(notification);
    Mail mail;
    mail.to = OneLine(plain(config_->to));
    mail.subject = CutText(OneLine(plain(config_->subject, subject)), kSubjectMax);
    mail.text = CutText(plain(config_->text, subject), kTextMax);
    if (!config_->html.empty()) {
      NotificationTexts safe(templates_, notification, options_.external_url, Escaping::kHtml);
      mail.html = safe(config_->html);
      if (!safe.error().empty()) mail.text += "\n\nhtml: " + safe.error();
    }
    if (!plain.error().empty()) mail.text += "\n\n" + plain.error();
    mail.message_id = MessageId(options_, std::to_string(notification.number));
    mail.date = clock_.Now();
    const std::string thread = MessageId(
        options_,
        fmt::format("{}-{}", HexId(Hash64(notification.group_key)), notification.state.episode));
    mail.headers = {{"References", "<" + thread + ">"}, {"In-Reply-To", "<" + thread + ">"}};
    for (const auto& [name, value] : config_->headers) {
      mail.headers.emplace_back(name, CutText(OneLine(plain(value)), kSubjectMax));
    }
    return mail;
  }

  const std::shared_ptr<const rules::TemplateSet> templates_;
  const std::shared_ptr<const EmailConfig> config_;
  const ReceiverOptions options_;
  const RunFunction run_;
  const SendMailFunction send_;
  const Clock& clock_;
};

}  // namespace

std::shared_ptr<Receiver> MakeEmailReceiver(const AlertConfig& config,
                                            const Integration& integration, ReceiverOptions options,
                                            RunFunction run, SendMailFunction send,
                                            const Clock& clock) {
  KZ_CHECK(integration.email != nullptr, "an entry of email_configs");
  return std::make_shared<EmailReceiver>(config.texts, integration.email, std::move(options),
                                         std::move(run), std::move(send), clock);
}

}  // namespace kizashi::alerts
