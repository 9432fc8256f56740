// One call over SIP, from INVITE to the end of its last transaction; with a SIP stack of its own.
//
// Nothing listens while nobody is called, and each call has the local address that is near whom it
// calls. Lives on the SipThread. The way of a call:
//
//   kCalling    INVITE was sent; digest is answered once. Ends after reach_max without any answer,
//               and after ring_max with CANCEL.
//   kTalking    2xx came. The text is said, keys are heard. Ends after call_max with BYE.
//   kListening  all was said: a while longer for a key, then BYE.
//   kLeaving    a key said what to do: one more sentence, then BYE.
//   kEnded      kEnded was told. BYE or CANCEL is repeated until it is answered, or given up.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/notify/phone/call_audio.h"
#include "act/notify/phone/phone.h"
#include "act/notify/phone/re_headers.h"
#include "act/notify/phone/sip_route.h"
#include "act/notify/phone/sip_thread.h"
#include "act/notify/phone/speech.h"

namespace kizashi::phone {

/// What a call says; made while it rings.
struct CallSpeech {
  std::shared_ptr<const Samples> text;
  std::shared_ptr<const Samples> acknowledged;
  std::shared_ptr<const Samples> escalated;
};

struct CallHooks {
  std::function<void(PhoneEventKind kind, char digit, PhoneEnd end, std::string detail)> on_event;
  /// After kEnded and the end of all transactions: the call may be destroyed, in a later task.
  std::function<void()> on_gone;
};

class SipCall {
 public:
  SipCall(const SipOptions& options, const PhoneLimits& limits, std::string to, SipThread* thread,
          CallHooks hooks);
  ~SipCall();
  SipCall(const SipCall&) = delete;
  SipCall& operator=(const SipCall&) = delete;

  /// Sends INVITE. What fails is told as kEnded, at once or later.
  void Begin();
  /// What to say, as soon as it is made. Until then silence is said.
  void TakeSpeech(CallSpeech speech);
  void End(PhoneEnd end, std::string detail);

 private:
  enum class State { kCalling, kTalking, kListening, kLeaving, kEnded };

  Status Open();
  Status AddTransport(const struct sa& local);
  Status Invite(const SipRoute& route);
  StatusOr<struct sa> LocalAddress(const std::string& host) const;

  int Authenticate(char** user, char** secret);
  int OnOffer(struct mbuf** answer, const struct sip_msg* message);
  int OnAnswer(const struct sip_msg* message);
  void OnProgress(const struct sip_msg* message);
  void OnEstablished(const struct sip_msg* message);
  void OnInfo(const struct sip_msg* message);
  void OnClose(int error, const struct sip_msg* message);
  void OnDeadline();
  void OnDigit(char digit);
  void OnSaid();
  void SayText();
  void Release();
  void OnReleased();

  void Heard();
  /// OnDeadline comes `max` after `begin_ms`, of tmr_jiffies.
  void StartTimerUntil(uint64_t begin_ms, Duration max);

  const SipOptions& options_;
  const PhoneLimits& limits_;
  const std::string to_;
  SipThread* const thread_;
  const CallHooks hooks_;

  State state_ = State::kCalling;
  bool heard_ = false;  // anything from the other side
  bool deaf_ = false;   // and nothing is to be waited for
  bool rang_ = false;
  bool closing_ = false;   // the stack was told to end
  bool released_ = false;  // and did
  bool gone_ = false;
  PhoneEnd leaves_by_ = PhoneEnd::kNone;  // the end of kLeaving
  CallSpeech speech_;
  std::unique_ptr<CallAudio> audio_;
  struct sip* sip_ = nullptr;  // released in steps: see Release
  Re<struct tls> tls_;
  Re<struct sipsess_sock> listener_;
  Re<struct sipsess> session_;
  struct tmr timer_ {};
  uint64_t begin_ms_ = 0;
  uint64_t answered_ms_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kizashi::phone
