// Sends one e-mail over SMTP (RFC 5321), by libcurl.
//
// Blocks the caller for at most `timeout`; any thread. TLS is used where the server offers it, and
// asked for when there is a password or the URL is smtps://. No message or error shows the
// password.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

struct MailServer {
  std::string url;                  // "smtp://HOST:PORT" or "smtps://HOST:PORT"
  std::string user;                 // "": no login
  std::string password;             // secret
  std::string from;                 // an address
  std::string ca_file;              // "": the system's authorities
  bool needs_tls = false;           // also without a password
  bool skips_verification = false;  // of the server's certificate
  Duration timeout{30'000};
};

struct Mail {
  std::string to;          // addresses, separated by commas
  std::string subject;     // UTF-8, one line
  std::string text;        // UTF-8
  std::string message_id;  // the same for every copy of one message, "x@y"
  Time date{};
  std::string html = {};  // "": plain text alone
  /// Further ones; "from" and "to" replace what is shown of these. Values are one line.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// The message as it goes over the wire (RFC 5322): plain text, and HTML beside it when there is
/// some, in UTF-8, base64.
std::string MailText(const MailServer& server, const Mail& mail);

/// OK once the server took it. InvalidArgument when it refused the message for good (5xx, but for
/// those about the login), Unavailable when another try may help.
Status SendMail(const MailServer& server, const Mail& mail);

/// "smtp://user@host:587" apart: the URL without the user, and the user. InvalidArgument when it is
/// none of smtp:// and smtps://, or holds a password, which belongs into a file.
Status ParseMailUrl(const std::string& text, MailServer* server);

}  // namespace kizashi
