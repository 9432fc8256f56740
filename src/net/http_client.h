// The HTTP client: libcurl's multi interface on one thread of its own.
//
// Fetch returns at once; the callback runs on the client's thread and must be short (hand work on).
// Connections are kept and reused. No redirects are followed unless asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "net/http.h"

namespace kizashi {

/// Files in PEM. Nothing set: the system's authorities, no certificate of our own.
struct FetchTls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool skips_verification = false;
  bool operator==(const FetchTls&) const = default;
};

struct FetchRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;
  Duration timeout{10'000};
  static constexpr size_t kBodyBytesMax = 64 << 20;
  size_t body_bytes_max = kBodyBytesMax;  // a longer answer is ResourceExhausted
  bool accept_gzip = true;
  bool keeps_coding = false;  // the body stays as it came; its Content-Encoding is in the headers
  bool follow_redirects = false;  // at most 10; credentials go to the first host alone
  FetchTls tls = {};
};

struct FetchResult {
  Status status;  // OK when an HTTP answer came, whatever its code
  int code = 0;
  HttpHeaders headers;
  std::string body;  // decoded, unless keeps_coding
  Duration elapsed{0};
};

class HttpClient {
 public:
  HttpClient();
  /// Cancels what is under way; its callbacks get Unavailable.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  using Callback = std::function<void(FetchResult)>;
  void Fetch(FetchRequest request, Callback done);
  /// Waits for the answer. Not to be called from a callback.
  FetchResult FetchAndWait(FetchRequest request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
