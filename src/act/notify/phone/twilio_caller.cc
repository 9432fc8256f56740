#include "act/notify/phone/twilio_caller.h"

#include <openssl/evp.h>
#include <simdjson.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "act/format.h"
#include "act/notify/phone/call_book.h"
#include "act/notify/phone/twilio_signature.h"
#include "act/notify/phone/twiml.h"
#include "base/log.h"
#include "net/event_loop.h"

namespace kizashi::phone {
namespace {

constexpr Duration kReportMax{8'000};  // after ring_max and call_max, for the last callback
constexpr std::chrono::seconds kStopMax{3};
constexpr size_t kAnswerBytesMax = 64 << 10;
constexpr size_t kDetailBytesMax = 200;

std::string Base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

HttpResponse Twiml(std::string xml) {
  return TextResponse(200, std::move(xml), "application/xml; charset=utf-8");
}

bool IsHttpUrl(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

/// What the provider's answer to a new call says is wrong.
struct Refusal {
  PhoneEnd end = PhoneEnd::kNone;
  std::string detail;
};

// Shared by the caller and by what it asked the provider for.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(TwilioOptions options, PhoneLimits limits, Fetch fetch, const Clock* clock,
       Registry* registry)
      : options_(std::move(options)),
        limits_(limits),
        fetch_(std::move(fetch)),
        book_("twilio", limits.calls_max, clock, registry) {
    if (registry == nullptr) return;
    refused_ = &registry->GetCounter("kizashi_phone_callbacks_refused_total",
                                     "Callbacks without the provider's signature");
  }

  Status Call(PhoneCall call, PhoneCaller::Tell tell, EventLoop* timers);
  void HangUp(const std::string& id);
  HttpResponse HandleCallback(const HttpRequest& request);
  /// Ends every call, and waits shortly until the provider was told to hang up.
  void Stop();

 private:
  struct Entry {
    PhoneCall call;
    std::string sid;                       // the provider's; empty until it answered
    PhoneEnd leaves_by = PhoneEnd::kNone;  // what a key said
    bool answered = false;
    uint64_t number = 0;  // of all calls
  };

  FetchRequest Request(const std::string& path, const FormFields& form) const;
  std::string CallbackUrl(const std::string& id, std::string_view what) const;
  Refusal ReadRefusal(const FetchResult& answer) const;
  std::string Clean(std::string_view text) const;
  void OnCreated(const std::string& id, const FetchResult& answer);
  void OnLate(const std::string& id, uint64_t number);
  void Complete(const std::string& sid);
  HttpResponse OnDigits(const std::string& id, const FormFields& fields);
  void OnStatus(const std::string& id, std::string_view status);
  void End(const std::string& id, PhoneEnd end, std::string detail);

  const TwilioOptions options_;
  const PhoneLimits limits_;
  const Fetch fetch_;
  CallBook book_;
  Counter* refused_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Entry> calls_;  // guarded by mutex_
  uint64_t calls_made_ = 0;             // guarded by mutex_
  int completing_ = 0;                  // guarded by mutex_; requests under way that hang up
  std::condition_variable changed_;
};

Status Core::Call(PhoneCall call, PhoneCaller::Tell tell, EventLoop* timers) {
  KZ_RETURN_IF_ERROR(CheckPhoneCall(&call));
  KZ_RETURN_IF_ERROR(book_.Add(call, std::move(tell)));
  uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++calls_made_;
    Entry& entry = calls_[call.id];
    entry.call = call;
    entry.number = number;
  }
  timers->After(limits_.ring_max + limits_.call_max + kReportMax,
                [self = weak_from_this(), id = call.id, number] {
                  if (const auto core = self.lock()) core->OnLate(id, number);
                });
  FormFields form = {{"To", call.to},
                     {"From", options_.from},
                     {"Twiml", AskTwiml(call, limits_.repeats, CallbackUrl(call.id, "digits"))},
                     {"Timeout", std::to_string(limits_.ring_max.count() / 1000)},
                     {"TimeLimit", std::to_string(limits_.call_max.count() / 1000)},
                     {"StatusCallback", CallbackUrl(call.id, "status")},
                     {"StatusCallbackMethod", "POST"}};
  for (const char* event : {"ringing", "answered", "completed"}) {
    form.emplace_back("StatusCallbackEvent", event);
  }
  fetch_(Request("Calls.json", form),
         [self = weak_from_this(), id = call.id](const FetchResult& answer) {
           if (const auto core = self.lock()) core->OnCreated(id, answer);
         });
  return OkStatus();
}

FetchRequest Core::Request(const std::string& path, const FormFields& form) const {
  FetchRequest request;
  request.method = "POST";
  request.url =
      fmt::format("{}/2010-04-01/Accounts/{}/{}", options_.api_url, options_.account, path);
  request.headers.emplace_back("Authorization",
                               "Basic " + Base64(options_.account + ":" + options_.token));
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = WriteForm(form);
  request.timeout = options_.request_timeout;
  request.body_bytes_max = kAnswerBytesMax;
  return request;
}

std::string Core::CallbackUrl(const std::string& id, std::string_view what) const {
  return fmt::format("{}?call={}&what={}", options_.callback_url, id, what);
}

std::string Core::Clean(std::string_view text) const {
  std::string clean = OneLine(text);
  for (size_t at = clean.find(options_.token); at != clean.npos; at = clean.find(options_.token)) {
    clean.replace(at, options_.token.size(), "…");
  }
  return CutText(clean, kDetailBytesMax / 4);
}

Refusal Core::ReadRefusal(const FetchResult& answer) const {
  if (answer.code >= 200 && answer.code < 300) return {};
  if (answer.code == 0) return {PhoneEnd::kUnreachable, Clean(Message(answer.status))};
  simdjson::dom::parser parser;
  std::string_view message;
  int64_t code = 0;
  simdjson::dom::element json;
  if (parser.parse(answer.body).get(json) == simdjson::SUCCESS) {
    if (json["message"].get(message) != simdjson::SUCCESS) message = "";
    if (json["code"].get(code) != simdjson::SUCCESS) code = 0;
  }
  Refusal refusal;
  refusal.detail = Clean(fmt::format("{}{}{}", answer.code, message.empty() ? "" : " ", message));
  // Twilio's "invalid 'To' number" and "no such number to call".
  constexpr int64_t kInvalidTo = 21211;
  constexpr int64_t kUnreachableTo = 21214;
  if (code == kInvalidTo || code == kUnreachableTo) {
    refusal.end = PhoneEnd::kNotFound;
  } else if (answer.code == 429 || answer.code >= 500) {
    refusal.end = PhoneEnd::kUnreachable;
  } else {
    refusal.end = PhoneEnd::kRefused;
  }
  return refusal;
}

void Core::OnCreated(const std::string& id, const FetchResult& answer) {
  if (Refusal refusal = ReadRefusal(answer); refusal.end != PhoneEnd::kNone) {
    return End(id, refusal.end, std::move(refusal.detail));
  }
  simdjson::dom::parser parser;
  std::string_view sid;
  if (parser.parse(answer.body)["sid"].get(sid) != simdjson::SUCCESS || sid.size() > 64 ||
      sid.empty() ||
      !std::all_of(sid.begin(), sid.end(), [](unsigned char c) { return std::isalnum(c) != 0; })) {
    return End(id, PhoneEnd::kFailed, "the provider's answer names no call");
  }
  bool unwanted = true;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found != calls_.end()) {
      found->second.sid = sid;
      unwanted = false;
    }
  }
  if (unwanted) Complete(std::string(sid));
}

// Hangs up, also before anybody answered.
void Core::Complete(const std::string& sid) {
  {
    const std::lock_guard lock(mutex_);
    ++completing_;
  }
  fetch_(Request("Calls/" + sid + ".json", {{"Status", "completed"}}),
         [self = weak_from_this()](const FetchResult& /*answer*/) {
           const auto core = self.lock();
           if (core == nullptr) return;
           const std::lock_guard lock(core->mutex_);
           --core->completing_;
           core->changed_.notify_all();
         });
}

void Core::HangUp(const std::string& id) {
  std::string sid;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    sid = found->second.sid;
  }
  // Without a sid yet, OnCreated hangs up, since it finds no call any more.
  if (!sid.empty()) Complete(sid);
  End(id, PhoneEnd::kStopped, "");
}

// Callbacks that do not come, or calls that do not end.
void Core::OnLate(const std::string& id, uint64_t number) {
  std::string sid;
  bool answered = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end() || found->second.number != number) return;
    sid = found->second.sid;
    answered = found->second.answered;
  }
  if (!sid.empty()) Complete(sid);
  End(id, answered ? PhoneEnd::kNoDigit : PhoneEnd::kUnreachable,
      "the provider did not tell how it ended");
}

void Core::Stop() {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : calls_) ids.push_back(id);
  }
  for (const std::string& id : ids) HangUp(id);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kStopMax, [this] { return completing_ == 0; });
}

HttpResponse Core::HandleCallback(const HttpRequest& request) {
  if (request.method != "POST") return ErrorResponse(405, "only POST");
  const auto fields = ParseForm(request.body);
  const std::string url = options_.callback_url + "?" + request.query;
  // Signed is what was given to the provider, whatever Host a proxy in between writes.
  if (!fields.ok() ||
      !IsTwilioSignature(request.Header("X-Twilio-Signature"), options_.token, url, *fields)) {
    if (refused_ != nullptr) refused_->Add();
    Log(LogLevel::kDebug, "refused a telephone callback", {{"remote", request.remote}});
    return ErrorResponse(403, "the signature is not the provider's");
  }
  const std::string id = request.Query("call").value_or("");
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    const std::string_view sid = FindField(*fields, "CallSid");
    if (found == calls_.end() || (!found->second.sid.empty() && found->second.sid != sid)) {
      return ErrorResponse(404, "no such call is under way");
    }
  }
  if (request.Query("what") == "digits") return OnDigits(id, *fields);
  OnStatus(id, FindField(*fields, "CallStatus"));
  return Twiml(EmptyTwiml());
}

HttpResponse Core::OnDigits(const std::string& id, const FormFields& fields) {
  const std::string_view digits = FindField(fields, "Digits");
  const char digit = digits.size() == 1 ? digits[0] : '\0';
  const bool is_key = std::string_view("0123456789*#").find(digit) != std::string_view::npos;
  if (!is_key) return Twiml(EmptyTwiml());
  const bool leaves = digit == kAcknowledgeDigit || digit == kEscalateDigit;
  PhoneCall call;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return ErrorResponse(404, "no such call is under way");
    Entry& entry = found->second;
    // The same callback again, when our answer to it was lost: what it did is not undone.
    if (entry.leaves_by != PhoneEnd::kNone) return Twiml(FarewellTwiml(digit, entry.call.language));
    entry.answered = true;
    if (leaves) {
      entry.leaves_by = digit == kAcknowledgeDigit ? PhoneEnd::kAcknowledged : PhoneEnd::kEscalated;
    }
    call = entry.call;
  }
  book_.Tell(id, PhoneEventKind::kAnswered, 0, PhoneEnd::kNone, "");
  book_.Tell(id, PhoneEventKind::kDigit, digit, PhoneEnd::kNone, "");
  return Twiml(leaves ? FarewellTwiml(digit, call.language)
                      : AskTwiml(call, limits_.repeats, CallbackUrl(id, "digits")));
}

void Core::OnStatus(const std::string& id, std::string_view status) {
  if (status == "ringing") {
    return book_.Tell(id, PhoneEventKind::kRinging, 0, PhoneEnd::kNone, "");
  }
  if (status == "in-progress") {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = calls_.find(id); found != calls_.end()) found->second.answered = true;
    }
    return book_.Tell(id, PhoneEventKind::kAnswered, 0, PhoneEnd::kNone, "");
  }
  if (status == "completed") return End(id, PhoneEnd::kNoDigit, "");
  if (status == "busy") return End(id, PhoneEnd::kBusy, "");
  if (status == "no-answer") return End(id, PhoneEnd::kNoAnswer, "");
  if (status == "failed") return End(id, PhoneEnd::kUnreachable, "the provider could not call");
  if (status == "canceled") return End(id, PhoneEnd::kStopped, "");
}

void Core::End(const std::string& id, PhoneEnd end, std::string detail) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    if (found->second.leaves_by != PhoneEnd::kNone) {
      end = found->second.leaves_by;
      detail.clear();
    }
    calls_.erase(found);
  }
  book_.Tell(id, PhoneEventKind::kEnded, 0, end, std::move(detail));
}

class Caller final : public TwilioCaller {
 public:
  explicit Caller(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~Caller() override {
    core_->Stop();
    timers_.Stop();
  }
  Status Call(PhoneCall call, Tell tell) override {
    return core_->Call(std::move(call), std::move(tell), &timers_);
  }
  void HangUp(const std::string& call_id) override { core_->HangUp(call_id); }
  HttpResponse HandleCallback(const HttpRequest& request) override {
    return core_->HandleCallback(request);
  }

 private:
  const std::shared_ptr<Core> core_;
  EventLoop timers_;  // not the core's, whose last owner may be a task of it
};

}  // namespace

Status CheckTwilioOptions(const TwilioOptions& options) {
  const bool account_fits =
      !options.account.empty() && std::all_of(options.account.begin(), options.account.end(),
                                              [](unsigned char c) { return std::isalnum(c) != 0; });
  if (!account_fits) return InvalidArgument("account is the provider's AC...");
  if (options.token.empty()) return InvalidArgument("the token of the account is missing");
  if (options.from.empty()) return InvalidArgument("from is a number of the account");
  if (!IsHttpUrl(options.api_url) || options.api_url.ends_with('/')) {
    return InvalidArgument("api_url is http(s)://HOST without a slash at its end");
  }
  if (!IsHttpUrl(options.callback_url) ||
      options.callback_url.find_first_of("?# ") != std::string::npos) {
    return InvalidArgument("callback_url is http(s)://HOST/PATH without a query");
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<TwilioCaller>> MakeTwilioCaller(TwilioOptions options, PhoneLimits limits,
                                                         Fetch fetch, const Clock* clock,
                                                         Registry* registry) {
  KZ_RETURN_IF_ERROR(CheckTwilioOptions(options));
  return std::make_unique<Caller>(
      std::make_shared<Core>(std::move(options), limits, std::move(fetch), clock, registry));
}

}  // namespace kizashi::phone
