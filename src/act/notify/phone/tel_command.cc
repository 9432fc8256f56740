#include "act/notify/phone/tel_command.h"

#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi::phone {
namespace {

constexpr int kUnanswered = 1;
constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr std::chrono::milliseconds kSignalPoll{100};

std::atomic<bool> interrupted{false};

int Fail(int code, std::string_view message) {
  fmt::print(stderr, "kizashi tel: {}\n", message);
  return code;
}

int ExitCode(PhoneEnd end) {
  switch (end) {
    case PhoneEnd::kAcknowledged:
    case PhoneEnd::kEscalated: return 0;
    case PhoneEnd::kUnreachable:
    case PhoneEnd::kRefused:
    case PhoneEnd::kFailed: return kCouldNot;
    default: return kUnanswered;
  }
}

// Waits for the end of one call.
class Waiter {
 public:
  Waiter(Language language, std::FILE* out) : language_(language), out_(out) {}

  void Take(const PhoneEvent& event) {
    fmt::print(out_, "{} {} {}\n", FormatTime(event.at), PhoneEventName(event.kind),
               DescribePhoneEvent(event, language_));
    std::fflush(out_);
    if (event.kind != PhoneEventKind::kEnded) return;
    const std::lock_guard lock(mutex_);
    end_ = event.end;
    changed_.notify_all();
  }

  PhoneEnd Wait(PhoneCaller* caller, const std::string& id) {
    std::unique_lock lock(mutex_);
    while (end_ == PhoneEnd::kNone) {
      changed_.wait_for(lock, kSignalPoll);
      if (!interrupted.exchange(false)) continue;
      lock.unlock();
      caller->HangUp(id);
      lock.lock();
    }
    return end_;
  }

 private:
  const Language language_;
  std::FILE* const out_;
  std::mutex mutex_;
  std::condition_variable changed_;
  PhoneEnd end_ = PhoneEnd::kNone;
};

}  // namespace

int TelCommand(const TelOptions& options, std::FILE* out) {
  const SystemClock clock;
  HttpClient client;
  const Fetch fetch = [&client](FetchRequest request, HttpClient::Callback done) {
    client.Fetch(std::move(request), std::move(done));
  };
  auto setup = MakePhone(options.config, fetch, &clock, nullptr);
  if (!setup.ok()) return Fail(kUsage, Message(setup.status()));

  std::unique_ptr<HttpServer> server;
  if (setup->twilio != nullptr) {
    HttpServerOptions listen;
    listen.host = options.listen_host;
    listen.port = options.listen_port;
    auto started = HttpServer::Start(
        listen,
        [twilio = setup->twilio](const HttpRequest& request, const Responder& respond) {
          respond(twilio->HandleCallback(request));
        },
        nullptr);
    if (!started.ok()) return Fail(kCouldNot, Message(started.status()));
    server = *std::move(started);
    fmt::print(out, "{} listening {}:{}\n", FormatTime(clock.Now()), options.listen_host,
               server->port());
    std::fflush(out);
  }

  struct sigaction on_signal {};
  on_signal.sa_handler = [](int) { interrupted = true; };
  sigaction(SIGINT, &on_signal, nullptr);
  sigaction(SIGTERM, &on_signal, nullptr);
  Waiter waiter(options.language, out);
  PhoneCall call{"tel", options.to, options.text, options.language};
  const std::string id = call.id;
  const Status begun = setup->caller->Call(
      std::move(call), [&waiter](const PhoneEvent& event) { waiter.Take(event); });
  if (!begun.ok()) return Fail(kUsage, Message(begun));
  const PhoneEnd end = waiter.Wait(setup->caller.get(), id);
  if (server) server->Drain(Duration(1000));
  return ExitCode(end);
}

}  // namespace kizashi::phone
