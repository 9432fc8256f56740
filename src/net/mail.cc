#include "net/mail.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>

namespace kizashi {
namespace {

constexpr size_t kBase64Line = 57;  // bytes, which are 76 characters (RFC 2045, 6.8)

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (k < left ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= left ? kDigits[(group >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return out;
}

// An encoded word holds 75 characters at most, whole ones, and its line 76 (RFC 2047, 2 and 5).
std::string EncodedSubject(std::string_view subject) {
  std::string out;
  while (!subject.empty()) {
    size_t take = std::min<size_t>(42, subject.size());
    while (take > 1 && take < subject.size() &&
           (static_cast<uint8_t>(subject[take]) & 0xC0) == 0x80) {
      --take;
    }
    out +=
        (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + Base64(subject.substr(0, take)) + "?=";
    subject.remove_prefix(take);
  }
  return out;
}

std::string DateText(Time time) {
  const std::time_t seconds = ToMs(time) / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

struct Upload {
  std::string text;
  size_t at = 0;
};

size_t OnRead(char* to, size_t size, size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const size_t take = std::min(size * count, upload.text.size() - upload.at);
  std::memcpy(to, upload.text.data() + upload.at, take);
  upload.at += take;
  return take;
}

struct EndCurl {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

namespace {

std::vector<std::string> AddressesOf(std::string_view list) {
  std::vector<std::string> addresses;
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, end);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) addresses.emplace_back(one);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return addresses;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 32 && c < 127; });
}

void AddPart(std::string_view type, std::string_view text, std::string* out) {
  *out += fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  for (size_t i = 0; i < text.size(); i += kBase64Line) {
    *out += Base64(text.substr(i, kBase64Line)) + "\r\n";
  }
}

}  // namespace

std::string MailText(const MailServer& server, const Mail& mail) {
  std::string from = "<" + server.from + ">";
  std::string to;
  for (const std::string& one : AddressesOf(mail.to)) {
    to += (to.empty() ? "<" : ", <") + one + ">";
  }
  std::string more;
  for (const auto& [name, value] : mail.headers) {
    std::string shown = IsAscii(value) ? value : EncodedSubject(value);
    if (name == "from") {
      from = std::move(shown);
    } else if (name == "to") {
      to = std::move(shown);
    } else {
      more += name + ": " + shown + "\r\n";
    }
  }
  std::string out = fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n{}"
      "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n",
      from, to, EncodedSubject(mail.subject), DateText(mail.date), mail.message_id, more);
  if (mail.html.empty()) {
    AddPart("text/plain", mail.text, &out);
    return out;
  }
  // Base64 has no '-', so that no part holds the boundary.
  out += "Content-Type: multipart/alternative; boundary=\"--kizashi--\"\r\n\r\n----kizashi--\r\n";
  AddPart("text/plain", mail.text, &out);
  out += "----kizashi--\r\n";
  AddPart("text/html", mail.html, &out);
  out += "----kizashi----\r\n";
  return out;
}

Status SendMail(const MailServer& server, const Mail& mail) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, EndCurl> easy(curl_easy_init());
  std::unique_ptr<curl_slist, EndCurl> to;
  for (const std::string& one : AddressesOf(mail.to)) {
    curl_slist* const longer = curl_slist_append(to.get(), fmt::format("<{}>", one).c_str());
    if (longer == nullptr) return Unavailable("no memory to send e-mail");
    static_cast<void>(to.release());
    to.reset(longer);
  }
  if (to == nullptr) return InvalidArgument("no address to send e-mail to");
  if (easy == nullptr) return Unavailable("no memory to send e-mail");
  Upload upload{MailText(server, mail)};
  char reason[CURL_ERROR_SIZE] = {};
  CURL* const curl = easy.get();
  curl_easy_setopt(curl, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  if (!server.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.c_str());
  }
  const bool needs_tls = server.needs_tls || !server.user.empty();
  const long tls = needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY;
  curl_easy_setopt(curl, CURLOPT_USE_SSL, tls);
  if (server.skips_verification) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!server.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, server.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, fmt::format("<{}>", server.from).c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, OnRead);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return OkStatus();
  long answer = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  const std::string_view text = reason[0] != 0 ? reason : curl_easy_strerror(code);
  const bool is_about_login = answer == 530 || answer == 534 || answer == 535 || answer == 538;
  if (answer >= 500 && answer < 600 && !is_about_login) {
    return InvalidArgument("the mail server answers {}: {}", answer, text);
  }
  return Unavailable("the mail server did not take it: {}", text);
}

Status ParseMailUrl(const std::string& text, MailServer* server) {
  const size_t scheme = text.find("://");
  const std::string_view name = std::string_view(text).substr(0, scheme);
  if (scheme == text.npos || (name != "smtp" && name != "smtps")) {
    return InvalidArgument("expected smtp://HOST:PORT or smtps://HOST:PORT");
  }
  std::string rest = text.substr(scheme + 3);
  const size_t at = rest.rfind('@');
  if (at != rest.npos) {
    server->user = rest.substr(0, at);
    rest.erase(0, at + 1);
    if (server->user.find(':') != std::string::npos) {
      return InvalidArgument("a password does not belong into the URL: give a file that holds it");
    }
  }
  if (rest.empty() || rest.find_first_of("/?# \t\r\n") != rest.npos) {
    return InvalidArgument("expected a host, and a port where it is not the usual one");
  }
  server->url = fmt::format("{}://{}", name, rest);
  return OkStatus();
}

}  // namespace kizashi
