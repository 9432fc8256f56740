#include "net/http_client.h"

#include <curl/curl.h>
#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace kizashi {
namespace {

constexpr size_t kSpareMax = 64;              // handles kept for later requests
constexpr uint64_t kConnectionsKept = 2'048;  // idle ones, to be used again; see ConnectionsKept
constexpr long kReadBytes = 64 << 10;         // at once
constexpr size_t kReservedMax = 1 << 20;      // of a body, when its length was told

// One request under way.
struct Transfer {
  CURL* easy = nullptr;
  FetchRequest request;
  HttpClient::Callback done;
  FetchResult result;
  curl_slist* headers = nullptr;
  bool too_large = false;
  char error[CURL_ERROR_SIZE] = {};

  Transfer() = default;
  ~Transfer() { curl_slist_free_all(headers); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
};

// No more than a quarter of the files that the process may have open.
long ConnectionsKept() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1'024;
  return static_cast<long>(std::min<uint64_t>(kConnectionsKept, limit.rlim_cur / 4));
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.result.body.size() + size * count > transfer.request.body_bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  if (transfer.result.body.empty()) {
    curl_off_t length = 0;  // -1 when it was not told; of what is compressed, less than comes
    curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0)
      transfer.result.body.reserve(std::min(static_cast<size_t>(length), kReservedMax));
  }
  transfer.result.body.append(data, size * count);
  return size * count;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size * count);
  while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) transfer.result.headers.clear();  // of "100 Continue"
  const size_t colon = line.find(':');
  if (colon != line.npos && transfer.result.headers.size() < 200) {
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    transfer.result.headers.emplace_back(std::string(line.substr(0, colon)), std::string(value));
  }
  return size * count;
}

void SetUpTls(CURL* easy, const FetchTls& tls) {
  if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
  if (tls.skips_verification) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void SetUp(CURL* easy, Transfer& transfer) {
  transfer.easy = easy;
  const FetchRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "kizashi");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReadBytes);
  if (request.follow_redirects) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
  }
  SetUpTls(easy, request.tls);
  if (request.accept_gzip && request.keeps_coding) {
    transfer.headers = curl_slist_append(transfer.headers, "Accept-Encoding: gzip");
  } else if (request.accept_gzip) {
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  }
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method != "GET" && request.method != "HEAD") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  for (const auto& [name, value] : request.headers) {
    transfer.headers = curl_slist_append(transfer.headers, (name + ": " + value).c_str());
  }
  // Without this curl waits a second for "100 Continue" before larger bodies.
  transfer.headers = curl_slist_append(transfer.headers, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
}

Status StatusOf(CURLcode code, const Transfer& transfer) {
  if (code == CURLE_OK) return OkStatus();
  if (transfer.too_large) {
    return ResourceExhausted("the answer is larger than {} bytes", transfer.request.body_bytes_max);
  }
  // curl's own text may hold the address; of that only the host may be shown.
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Unavailable("no answer within {}", FormatDuration(transfer.request.timeout));
  }
  return Unavailable("{}", curl_easy_strerror(code));
}

}  // namespace

struct HttpClient::Impl {
  CURLM* multi = nullptr;
  std::mutex mutex;
  std::deque<std::unique_ptr<Transfer>> waiting;
  bool stopping = false;
  std::map<CURL*, std::unique_ptr<Transfer>> running;  // the thread's, as is
  std::vector<CURL*> spare;                            // at most kSpareMax
  std::thread thread;

  void Begin() {
    std::deque<std::unique_ptr<Transfer>> begun;
    {
      const std::lock_guard lock(mutex);
      begun.swap(waiting);
    }
    for (auto& transfer : begun) {
      CURL* const easy = TakeHandle();
      SetUp(easy, *transfer);
      running[easy] = std::move(transfer);
      curl_multi_add_handle(multi, easy);
    }
  }

  CURL* TakeHandle() {
    if (spare.empty()) {
      CURL* const easy = curl_easy_init();
      KZ_CHECK(easy != nullptr);
      return easy;
    }
    CURL* const easy = spare.back();
    spare.pop_back();
    return easy;
  }

  // Nothing of the request stays in the handle: connections belong to `multi`.
  void GiveBack(CURL* easy) {
    if (spare.size() == kSpareMax) return curl_easy_cleanup(easy);
    curl_easy_reset(easy);
    spare.push_back(easy);
  }

  void End(CURL* easy, CURLcode code) {
    auto node = running.extract(easy);
    Transfer& transfer = *node.mapped();
    long http_code = 0;
    double seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_code);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &seconds);
    curl_multi_remove_handle(multi, easy);
    GiveBack(easy);
    transfer.result.status = StatusOf(code, transfer);
    transfer.result.code = static_cast<int>(http_code);
    transfer.result.elapsed = Duration(static_cast<int64_t>(seconds * 1000));
    transfer.done(std::move(transfer.result));
  }

  void Run() {
    while (true) {
      Begin();
      int still_running = 0;
      curl_multi_perform(multi, &still_running);
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) End(message->easy_handle, message->data.result);
      }
      {
        const std::lock_guard lock(mutex);
        if (stopping) break;
        if (!waiting.empty()) continue;
      }
      curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    while (!running.empty()) End(running.begin()->first, CURLE_ABORTED_BY_CALLBACK);
    for (CURL* const easy : spare) curl_easy_cleanup(easy);
    std::deque<std::unique_ptr<Transfer>> never_begun;
    {
      const std::lock_guard lock(mutex);
      never_begun.swap(waiting);
    }
    for (auto& transfer : never_begun) {
      transfer->result.status = Unavailable("the client is stopping");
      transfer->done(std::move(transfer->result));
    }
  }
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_ALL);
  KZ_CHECK(global == CURLE_OK);
  impl_->multi = curl_multi_init();
  KZ_CHECK(impl_->multi != nullptr);
  // By default as many as four times the requests under way, which are few at most moments.
  curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, ConnectionsKept());
  impl_->thread = std::thread([this] { impl_->Run(); });
}

HttpClient::~HttpClient() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  curl_multi_wakeup(impl_->multi);
  impl_->thread.join();
  curl_multi_cleanup(impl_->multi);
}

void HttpClient::Fetch(FetchRequest request, Callback done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  bool is_first = false;
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      is_first = impl_->waiting.empty();
      impl_->waiting.push_back(std::move(transfer));
    }
  }
  if (transfer) {
    transfer->result.status = Unavailable("the client is stopping");
    transfer->done(std::move(transfer->result));
    return;
  }
  // Those that wait are taken together.
  if (is_first) curl_multi_wakeup(impl_->multi);
}

FetchResult HttpClient::FetchAndWait(FetchRequest request) {
  std::promise<FetchResult> promise;
  Fetch(std::move(request), [&](FetchResult result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

}  // namespace kizashi
