// E-mail by SMTP: one message for each notification, threaded by group.
//
// Its Message-ID is that of the notification's number, so that a copy after a crash is known by
// whoever drops doubles. SMTP blocks, so that it runs on threads of its own: `mailer`.
#pragma once

#include <functional>
#include <memory>

#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"
#include "net/mail.h"

namespace kizashi::alerts {

/// Runs work on another thread, at once or soon; false when there is no room for more.
using RunFunction = std::function<bool(std::function<void()> work)>;
using SendMailFunction = std::function<Status(const MailServer& server, const Mail& mail)>;

/// `clock` outlives what is under way.
std::shared_ptr<Receiver> MakeEmailReceiver(const AlertConfig& config,
                                            const Integration& integration, ReceiverOptions options,
                                            RunFunction run, SendMailFunction send,
                                            const Clock& clock);

}  // namespace kizashi::alerts
