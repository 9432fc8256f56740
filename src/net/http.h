// What an HTTP request and a response are, for the server, the client and their handlers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kizashi {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header called `name` (any case), empty when absent.
std::string_view FindHeader(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method;  // "GET", "POST", ...
  std::string path;    // percent-decoded, without the query, begins with '/'
  std::string query;   // raw, without '?'
  HttpHeaders headers;
  std::string body;    // whole, already decoded as Content-Encoding says
  std::string remote;  // "127.0.0.1:51234"
  /// Turns true when the client left before the answer: long work may end. Null outside a server.
  std::shared_ptr<std::atomic<bool>> gone;

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
  /// The decoded value of query parameter `name`; nothing when it is absent.
  std::optional<std::string> Query(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // Content-Length, Date and Connection are written by the server
  std::string body;
};

/// A JSON response. `json` is the whole text.
HttpResponse JsonResponse(int status, std::string json);
/// {"error": message, "item": item} with the status code.
HttpResponse ErrorResponse(int status, std::string_view message, std::string_view item = "");
HttpResponse TextResponse(int status, std::string text,
                          std::string_view content_type = "text/plain; charset=utf-8");

/// Answers a request. Called exactly once per request, from any thread; later than the connection's
/// or the server's end it does nothing.
using Responder = std::function<void(HttpResponse)>;
/// Called on a thread of the server's pool; it may block shortly or keep the Responder for later.
using HttpHandler = std::function<void(HttpRequest, Responder)>;

/// Decodes %XX (and '+' as space when `plus_is_space`); malformed escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_space = false);
std::string PercentEncode(std::string_view text);

}  // namespace kizashi
