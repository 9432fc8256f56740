#include "act/notify/phone/sip_call.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "act/notify/phone/digits.h"
#include "base/check.h"

namespace kizashi::phone {
namespace {

constexpr Duration kListenMax{10'000};  // for a key, after all was said
constexpr Duration kReleaseMax{4'000};  // for the answers to BYE and CANCEL
constexpr uint32_t kTableSize = 16;     // of libre's tables, of one call
constexpr size_t kDetailBytesMax = 200;
constexpr char kSdp[] = "application/sdp";

std::string_view View(const struct pl& text) { return {text.p, text.p == nullptr ? 0 : text.l}; }

// "486 Busy Here", whatever bytes came.
std::string DescribeMessage(const struct sip_msg& message) {
  std::string text = fmt::format("{} {}", message.scode, View(message.reason));
  if (text.size() > kDetailBytesMax) text.resize(kDetailBytesMax);
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

// The address of ours from which packets to `to` leave. Sends nothing.
Status FindSource(const struct sa& to, struct sa* source) {
  const int fd = socket(sa_af(&to), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ReStatus(errno, "no socket");
  sockaddr_storage found{};
  socklen_t size = sizeof(found);
  struct sa target = to;
  sa_set_port(&target, 5060);
  int error = 0;
  if (connect(fd, &target.u.sa, target.len) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&found), &size) != 0) {
    error = errno;
  }
  close(fd);
  if (error == 0) error = sa_set_sa(source, reinterpret_cast<const sockaddr*>(&found));
  return ReStatus(error, "no way to the trunk");
}

// libre connects to any certificate; OpenSSL checks it when the context says so. A context is of
// one call, so it knows the one name.
Status CheckCertificates(struct tls* tls, const std::string& host) {
  SSL_CTX* const context = tls_openssl_context(tls);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  X509_VERIFY_PARAM* const wanted = SSL_CTX_get0_param(context);
  struct sa address {};
  const bool is_address = sa_set_str(&address, host.c_str(), 0) == 0;
  const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                             : X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
  return set == 1 ? OkStatus() : InvalidArgument("no certificate can be of '{}'", host);
}

SipCall* Self(void* self) { return static_cast<SipCall*>(self); }

}  // namespace

SipCall::SipCall(const SipOptions& options, const PhoneLimits& limits, std::string to,
                 SipThread* thread, CallHooks hooks)
    : options_(options),
      limits_(limits),
      to_(std::move(to)),
      thread_(thread),
      hooks_(std::move(hooks)) {
  tmr_init(&timer_);
}

SipCall::~SipCall() {
  gone_ = true;  // nobody is told any more
  tmr_cancel(&timer_);
  audio_.reset();
  session_.Reset();
  listener_.Reset();
  if (closing_ && !released_) sip_close(sip_, true);
  // A stack that still does not let go belongs to what it waits for; the thread ends with it.
  if (!closing_ || released_) ReleaseRe(sip_);
}

void SipCall::Begin() {
  begin_ms_ = tmr_jiffies();
  StartTimerUntil(begin_ms_, std::min(options_.reach_max, limits_.ring_max));
  if (const Status opened = Open(); !opened.ok()) {
    const bool ours = opened.code() == absl::StatusCode::kInvalidArgument;
    End(ours ? PhoneEnd::kFailed : PhoneEnd::kUnreachable, std::string(Message(opened)));
  }
}

Status SipCall::Open() {
  KZ_ASSIGN_OR_RETURN(const struct sa local, LocalAddress(NextSipHost(options_, to_)));
  std::array<char, 64> local_host{};
  (void)sa_ntop(&local, local_host.data(), static_cast<int>(local_host.size()));
  KZ_ASSIGN_OR_RETURN(const SipRoute route, MakeSipRoute(options_, to_, local_host.data()));
  const auto released = [](void* self) { Self(self)->OnReleased(); };
  KZ_RETURN_IF_ERROR(ReStatus(sip_alloc(&sip_, thread_->dns(), kTableSize, kTableSize, kTableSize,
                                        "Kizashi", released, this),
                              "cannot start the SIP stack"));
  KZ_RETURN_IF_ERROR(AddTransport(local));
  // Nobody calls us.
  const auto refuse = [](const struct sip_msg* message, void* self) {
    (void)sip_treply(nullptr, Self(self)->sip_, message, 603, "Decline");
  };
  KZ_RETURN_IF_ERROR(ReStatus(sipsess_listen(listener_.Out(), sip_, kTableSize, refuse, this),
                              "cannot start the SIP stack"));
  AudioEvents events;
  events.on_digit = [this](char digit) { OnDigit(digit); };
  events.on_said = [this] { OnSaid(); };
  events.on_flood = [this] { End(PhoneEnd::kFailed, "flooded with RTP packets"); };
  KZ_ASSIGN_OR_RETURN(audio_, CallAudio::Open(local, options_.rtp_port_min, options_.rtp_port_max,
                                              std::move(events)));
  return Invite(route);
}

StatusOr<struct sa> SipCall::LocalAddress(const std::string& host) const {
  struct sa local {};
  if (!options_.local_address.empty()) {
    if (sa_set_str(&local, options_.local_address.c_str(), 0) != 0) {
      return InvalidArgument("local_address is an IP address of this machine");
    }
    return local;
  }
  struct sa to {};
  if (sa_set_str(&to, host.c_str(), 0) == 0) {
    KZ_RETURN_IF_ERROR(FindSource(to, &local));
  } else {
    KZ_RETURN_IF_ERROR(
        ReStatus(net_default_source_addr_get(AF_INET, &local), "no network; say local_address"));
  }
  sa_set_port(&local, 0);
  return local;
}

Status SipCall::AddTransport(const struct sa& local) {
  switch (options_.transport) {
    case SipTransport::kUdp:
      return ReStatus(sip_transp_add(sip_, SIP_TRANSP_UDP, &local), "no port for SIP");
    case SipTransport::kTcp:
      return ReStatus(sip_transp_add(sip_, SIP_TRANSP_TCP, &local), "no port for SIP");
    case SipTransport::kTls: break;
  }
  KZ_RETURN_IF_ERROR(
      ReStatus(tls_alloc(tls_.Out(), TLS_METHOD_SSLV23, nullptr, nullptr), "cannot start TLS"));
  if (tls_add_ca(tls_.get(), options_.tls_ca_file.c_str()) != 0) {
    return InvalidArgument("tls_ca_file {} cannot be read", options_.tls_ca_file);
  }
  KZ_RETURN_IF_ERROR(CheckCertificates(tls_.get(), NextSipHost(options_, to_)));
  return ReStatus(sip_transp_add(sip_, SIP_TRANSP_TLS, &local, tls_.get()), "no port for SIP");
}

Status SipCall::Invite(const SipRoute& route) {
  KZ_ASSIGN_OR_RETURN(const Re<struct mbuf> offer, audio_->Describe(true));
  std::array<const char*, 1> routes = {route.via.c_str()};
  const int error = sipsess_connect(
      session_.Out(), listener_.get(), route.to.c_str(), options_.caller_name.c_str(),
      route.from.c_str(), route.contact_user.c_str(), routes.data(), route.via.empty() ? 0 : 1,
      kSdp, offer.get(),
      [](char** user, char** secret, const char* /*realm*/, void* self) {
        return Self(self)->Authenticate(user, secret);
      },
      this, false,
      [](struct mbuf** answer, const struct sip_msg* message, void* self) {
        return Self(self)->OnOffer(answer, message);
      },
      [](const struct sip_msg* message, void* self) { return Self(self)->OnAnswer(message); },
      [](const struct sip_msg* message, void* self) { Self(self)->OnProgress(message); },
      [](const struct sip_msg* message, void* self) { Self(self)->OnEstablished(message); },
      [](struct sip* sip, const struct sip_msg* message, void* self) {
        (void)sip_treply(nullptr, sip, message, 200, "OK");
        Self(self)->OnInfo(message);
      },
      nullptr,
      [](int closed, const struct sip_msg* message, void* self) {
        Self(self)->OnClose(closed, message);
      },
      this, nullptr);
  return ReStatus(error, "cannot send INVITE");
}

void SipCall::TakeSpeech(CallSpeech speech) {
  speech_ = std::move(speech);
  if (state_ == State::kTalking) SayText();
}

// From the first answer on there is time to ring.
void SipCall::Heard() {
  if (!std::exchange(heard_, true)) StartTimerUntil(begin_ms_, limits_.ring_max);
}

int SipCall::Authenticate(char** user, char** secret) {
  Heard();
  if (options_.user.empty()) return EAUTH;
  const int error = str_dup(user, options_.user.c_str());
  return error != 0 ? error : str_dup(secret, options_.secret.c_str());
}

// Theirs, after the call was answered: a hold, or another address.
int SipCall::OnOffer(struct mbuf** answer, const struct sip_msg* message) {
  if (audio_ == nullptr || state_ == State::kEnded) return ENOSYS;
  if (mbuf_get_left(message->mb) > 0 && !audio_->TakeDescription(message->mb, true).ok()) {
    return EPROTO;
  }
  auto description = audio_->Describe(mbuf_get_left(message->mb) == 0);
  if (!description.ok()) return ENOMEM;
  *answer = static_cast<struct mbuf*>(mem_ref(description->get()));
  return 0;
}

int SipCall::OnAnswer(const struct sip_msg* message) {
  if (audio_ == nullptr || state_ == State::kEnded) return ENOSYS;
  audio_->TrustAddress(message->src);
  const Status taken = audio_->TakeDescription(message->mb, false);
  if (taken.ok()) return 0;
  End(PhoneEnd::kFailed, std::string(Message(taken)));
  return EPROTO;
}

void SipCall::OnProgress(const struct sip_msg* message) {
  if (state_ != State::kCalling) return;
  Heard();
  const bool rings = message->scode == 180 || message->scode == 183;
  if (!rings || std::exchange(rang_, true)) return;
  hooks_.on_event(PhoneEventKind::kRinging, 0, PhoneEnd::kNone, DescribeMessage(*message));
}

void SipCall::OnEstablished(const struct sip_msg* message) {
  if (state_ != State::kCalling) return;
  state_ = State::kTalking;
  answered_ms_ = tmr_jiffies();
  StartTimerUntil(answered_ms_, limits_.call_max);
  audio_->Begin();
  SayText();
  hooks_.on_event(PhoneEventKind::kAnswered, 0, PhoneEnd::kNone, DescribeMessage(*message));
}

void SipCall::OnInfo(const struct sip_msg* message) {
  const std::string type =
      fmt::format("{}/{}", View(message->ctyp.type), View(message->ctyp.subtype));
  const std::string_view body(reinterpret_cast<const char*>(mbuf_buf(message->mb)),
                              mbuf_get_left(message->mb));
  if (const auto digit = DigitOfInfo(type, body)) OnDigit(*digit);
}

void SipCall::OnClose(int error, const struct sip_msg* message) {
  const bool answered = state_ != State::kCalling;
  if (state_ == State::kEnded) return;
  if (answered) {
    const bool hung_up = error == 0 || error == ECONNRESET;  // libre's word for BYE
    End(PhoneEnd::kNoDigit, hung_up ? "the other side hung up" : std::strerror(error));
  } else if (message != nullptr && message->scode >= 300) {
    End(EndOfSipCode(message->scode), DescribeMessage(*message));
  } else if (message != nullptr) {
    End(PhoneEnd::kFailed, "the answer cannot be understood");
  } else {
    End(PhoneEnd::kUnreachable, error == 0 ? "the call was cut" : std::strerror(error));
  }
}

void SipCall::OnDeadline() {
  switch (state_) {
    case State::kCalling:
      deaf_ = !heard_;
      if (deaf_) return End(PhoneEnd::kUnreachable, "nothing answered");
      return End(PhoneEnd::kNoAnswer,
                 fmt::format("rang for {} s", limits_.ring_max.count() / 1000));
    case State::kTalking:
    case State::kListening: return End(PhoneEnd::kNoDigit, "nobody pressed a key");
    case State::kLeaving: return;  // its end is told: OnSaid
    case State::kEnded: break;
  }
  // What was not answered is given up; OnReleased follows.
  if (closing_ && !released_) sip_close(sip_, true);
}

void SipCall::OnDigit(char digit) {
  if (state_ != State::kTalking && state_ != State::kListening) return;
  const bool acknowledges = digit == kAcknowledgeDigit;
  if (!acknowledges && digit != kEscalateDigit) {
    state_ = State::kTalking;
    StartTimerUntil(answered_ms_, limits_.call_max);
    SayText();
    return hooks_.on_event(PhoneEventKind::kDigit, digit, PhoneEnd::kNone, "");
  }
  state_ = State::kLeaving;
  const auto& farewell = acknowledges ? speech_.acknowledged : speech_.escalated;
  leaves_by_ = acknowledges ? PhoneEnd::kAcknowledged : PhoneEnd::kEscalated;
  hooks_.on_event(PhoneEventKind::kDigit, digit, PhoneEnd::kNone, "");
  if (farewell == nullptr) return End(leaves_by_, "");
  audio_->Say(farewell, 1);
}

void SipCall::OnSaid() {
  if (state_ == State::kLeaving) return End(leaves_by_, "");
  if (state_ != State::kTalking) return;
  state_ = State::kListening;
  const uint64_t said_ms = tmr_jiffies() - answered_ms_;
  StartTimerUntil(answered_ms_,
                  std::min(limits_.call_max, Duration(static_cast<int64_t>(said_ms)) + kListenMax));
}

void SipCall::SayText() {
  if (speech_.text != nullptr) audio_->Say(speech_.text, limits_.repeats);
}

void SipCall::End(PhoneEnd end, std::string detail) {
  if (std::exchange(state_, State::kEnded) == State::kEnded) return;
  tmr_cancel(&timer_);
  hooks_.on_event(PhoneEventKind::kEnded, 0, end, std::move(detail));
  // Not here: a function of libre or of the sound may be what called.
  thread_->Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) Release();
  });
}

// Hangs up, and waits for the answers: a stack that is closed says so once nothing is under way.
void SipCall::Release() {
  audio_.reset();
  session_.Reset();
  listener_.Reset();
  if (sip_ == nullptr) return OnReleased();
  StartTimerUntil(tmr_jiffies(), kReleaseMax);
  closing_ = true;
  sip_close(sip_, false);
  if (deaf_ && !released_) sip_close(sip_, true);
}

void SipCall::OnReleased() {
  released_ = true;
  if (std::exchange(gone_, true)) return;
  tmr_cancel(&timer_);
  hooks_.on_gone();
}

void SipCall::StartTimerUntil(uint64_t begin_ms, Duration max) {
  const auto ring = [](void* self) { Self(self)->OnDeadline(); };
  const uint64_t spent_ms = tmr_jiffies() - begin_ms;
  const auto max_ms = static_cast<uint64_t>(max.count());
  tmr_start(&timer_, max_ms > spent_ms ? max_ms - spent_ms : 1, ring, this);
}

}  // namespace kizashi::phone
