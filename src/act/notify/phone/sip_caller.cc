#include "act/notify/phone/sip_caller.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "act/notify/phone/call_book.h"
#include "act/notify/phone/sip_call.h"
#include "act/notify/phone/sip_thread.h"
#include "base/log.h"
#include "net/handler_pool.h"

namespace kizashi::phone {
namespace {

constexpr size_t kSpeechThreads = 2;
constexpr std::chrono::seconds kStopMax{3};

class SipCaller final : public PhoneCaller {
 public:
  SipCaller(SipOptions options, PhoneLimits limits, const Speaker* speaker, const Clock* clock,
            Registry* registry, std::unique_ptr<SipThread> thread)
      : options_(std::move(options)),
        limits_(limits),
        speaker_(speaker),
        book_("sip", limits.calls_max, clock, registry),
        thread_(std::move(thread)),
        speech_pool_(kSpeechThreads, 2 * limits.calls_max) {}
  ~SipCaller() override;

  Status Call(PhoneCall call, Tell tell) override;
  void HangUp(const std::string& call_id) override;

 private:
  void Begin(const PhoneCall& call);
  void MakeSpeech(const PhoneCall& call);
  std::shared_ptr<const Samples> Say(const std::string& text, Language language) const;
  void EndAll();

  const SipOptions options_;
  const PhoneLimits limits_;
  const Speaker* const speaker_;
  CallBook book_;
  std::map<std::string, std::unique_ptr<SipCall>> calls_;  // of the thread; also those of the end
  uint64_t endings_ = 0;                                   // of the thread
  bool stopping_ = false;                                  // of the thread
  std::mutex mutex_;
  std::condition_variable changed_;
  bool empty_ = false;  // guarded by mutex_; once stopping: no call is left
  std::unique_ptr<SipThread> thread_;
  HandlerPool speech_pool_;
};

SipCaller::~SipCaller() {
  thread_->Post([this] { EndAll(); });
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kStopMax, [this] { return empty_; });
  }
  speech_pool_.Stop();
  thread_->Post([this] { calls_.clear(); });
  thread_->Stop();
}

Status SipCaller::Call(PhoneCall call, Tell tell) {
  KZ_RETURN_IF_ERROR(CheckPhoneCall(&call));
  KZ_RETURN_IF_ERROR(MakeSipRoute(options_, call.to, "127.0.0.1").status());
  KZ_RETURN_IF_ERROR(book_.Add(call, std::move(tell)));
  thread_->Post([this, call] { Begin(call); });
  return OkStatus();
}

void SipCaller::HangUp(const std::string& call_id) {
  thread_->Post([this, call_id] {
    const auto found = calls_.find(call_id);
    if (found != calls_.end()) found->second->End(PhoneEnd::kStopped, "");
  });
}

void SipCaller::Begin(const PhoneCall& call) {
  if (stopping_) return book_.Tell(call.id, PhoneEventKind::kEnded, 0, PhoneEnd::kStopped, "");
  // The one before it with this id may still wait for the answer to its BYE.
  if (auto ending = calls_.extract(call.id); !ending.empty()) {
    ending.key() = fmt::format("{} {}", call.id, ++endings_);
    calls_.insert(std::move(ending));
  }
  CallHooks hooks;
  hooks.on_event = [this, id = call.id](PhoneEventKind kind, char digit, PhoneEnd end,
                                        std::string detail) {
    book_.Tell(id, kind, digit, end, std::move(detail));
  };
  auto owned = std::make_shared<SipCall*>(nullptr);
  hooks.on_gone = [this, owned] {
    thread_->Post([this, gone = *owned] {
      std::erase_if(calls_, [&](const auto& entry) { return entry.second.get() == gone; });
      if (!stopping_ || !calls_.empty()) return;
      const std::lock_guard lock(mutex_);
      empty_ = true;
      changed_.notify_all();
    });
  };
  auto sip_call = std::make_unique<SipCall>(options_, limits_, call.to, thread_.get(), hooks);
  *owned = sip_call.get();
  SipCall* const begun = calls_.emplace(call.id, std::move(sip_call)).first->second.get();
  begun->Begin();
  const bool queued = speech_pool_.Post([this, call] { MakeSpeech(call); });
  if (!queued) {
    CallSpeech beeps;
    beeps.text = std::make_shared<const Samples>(Beeps());
    begun->TakeSpeech(std::move(beeps));
  }
}

// On a thread of the pool: the other side rings meanwhile.
void SipCaller::MakeSpeech(const PhoneCall& call) {
  if (!book_.Has(call.id)) return;
  CallSpeech speech;
  speech.text = Say(SpokenText(call), call.language);
  if (speech.text == nullptr) {
    Log(LogLevel::kWarn, "no speech for a phone call; it beeps", {{"call", call.id}});
    speech.text = std::make_shared<const Samples>(Beeps());
  }
  speech.acknowledged = Say(SpokenFarewell(kAcknowledgeDigit, call.language), call.language);
  speech.escalated = Say(SpokenFarewell(kEscalateDigit, call.language), call.language);
  thread_->Post([this, id = call.id, speech = std::move(speech)] {
    const auto found = calls_.find(id);
    if (found != calls_.end()) found->second->TakeSpeech(speech);
  });
}

// Null when it cannot be said.
std::shared_ptr<const Samples> SipCaller::Say(const std::string& text, Language language) const {
  auto said = speaker_->Say(text, language);
  if (said.ok() && !said->empty()) return std::make_shared<const Samples>(*std::move(said));
  Log(LogLevel::kDebug, "no speech", {{"reason", Message(said.status())}});
  return nullptr;
}

void SipCaller::EndAll() {
  stopping_ = true;
  for (const auto& [id, call] : calls_) call->End(PhoneEnd::kStopped, "");
  if (!calls_.empty()) return;
  const std::lock_guard lock(mutex_);
  empty_ = true;
  changed_.notify_all();
}

}  // namespace

StatusOr<std::unique_ptr<PhoneCaller>> MakeSipCaller(SipOptions options, PhoneLimits limits,
                                                     const Speaker* speaker, const Clock* clock,
                                                     Registry* registry) {
  KZ_RETURN_IF_ERROR(CheckSipOptions(options));
  KZ_ASSIGN_OR_RETURN(auto thread, SipThread::Start());
  return std::make_unique<SipCaller>(std::move(options), limits, speaker, clock, registry,
                                     std::move(thread));
}

}  // namespace kizashi::phone
