#include "net/http1_response.h"

#include <fmt/core.h>

#include <ctime>
#include <utility>

#include "net/content_coding.h"

namespace kizashi {
namespace {

constexpr size_t kGzipBytesMin = 1024;

std::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  const size_t size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

bool IsText(std::string_view type) {
  return type.starts_with("text/") || type.find("json") != type.npos ||
         type.find("javascript") != type.npos || type.find("svg") != type.npos ||
         type.find("yaml") != type.npos;
}

bool HasBody(int status) { return status != 204 && status != 304; }

}  // namespace

void CompressResponse(HttpResponse* response) {
  if (!FindHeader(response->headers, "Content-Encoding").empty() ||
      response->body.size() <= kGzipBytesMin ||
      !IsText(FindHeader(response->headers, "Content-Type"))) {
    return;
  }
  response->body = Gzip(response->body);
  response->headers.emplace_back("Content-Encoding", "gzip");
  response->headers.emplace_back("Vary", "Accept-Encoding");
}

std::string ResponseHead(const HttpResponse& response, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                Reason(response.status), HttpDate());
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Encoding" && value == "identity") continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (HasBody(response.status)) {
    out += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

std::string TakeResponseBody(HttpResponse response, bool head_only) {
  return head_only || !HasBody(response.status) ? std::string() : std::move(response.body);
}

}  // namespace kizashi
