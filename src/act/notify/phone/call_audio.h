// The sound of one SIP call: what is said goes out as RTP in G.711, keys come in as RTP events.
//
// Lives on the SipThread. Sends one packet every 20 ms from Begin to its end, silence when nothing
// is said, which keeps the way through NATs open. Packets count only when they come from the
// machine that the session description names, or from the one that speaks SIP with us.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "act/notify/phone/digits.h"
#include "act/notify/phone/re_headers.h"
#include "act/notify/phone/sip_thread.h"
#include "act/notify/phone/speech.h"
#include "base/status.h"

namespace kizashi::phone {

struct AudioEvents {
  std::function<void(char digit)> on_digit;
  std::function<void()> on_said;   // all of what Say was given
  std::function<void()> on_flood;  // more packets than any telephone sends; once
};

class CallAudio {
 public:
  static constexpr uint32_t kPacketsPerSecondMax = 1000;

  /// Takes a free pair of UDP ports of `local` in [port_min, port_max]. The events' functions may
  /// not destroy this.
  static StatusOr<std::unique_ptr<CallAudio>> Open(const struct sa& local, uint16_t port_min,
                                                   uint16_t port_max, AudioEvents events);
  ~CallAudio();
  CallAudio(const CallAudio&) = delete;
  CallAudio& operator=(const CallAudio&) = delete;

  /// Our session description (RFC 4566): PCMU, PCMA and telephone-event.
  StatusOr<Re<struct mbuf>> Describe(bool offer);
  /// Theirs. InvalidArgument when there is no audio that both can.
  Status TakeDescription(struct mbuf* description, bool offer);
  /// The machine that speaks SIP.
  void TrustAddress(const struct sa& address) { sip_peer_ = address; }

  /// Begins to send. Needs a description of theirs.
  void Begin();
  /// Says `speech` `times` times with a second in between, in place of what is being said.
  void Say(std::shared_ptr<const Samples> speech, int times);

 private:
  explicit CallAudio(AudioEvents events) : events_(std::move(events)) {}
  Status OpenSession(const struct sa& local, uint16_t port_min, uint16_t port_max);
  void ChooseFormats();
  void Receive(const struct sa& from, const struct rtp_header& header, struct mbuf* payload);
  void SendDue();
  void SendPacket();
  int16_t NextSample();

  const AudioEvents events_;
  Re<struct sdp_session> session_;
  struct sdp_media* media_ = nullptr;  // the session's
  Re<struct rtp_sock> rtp_;
  struct tmr timer_ {};
  struct sa sip_peer_ {};

  bool sends_ = false;
  bool is_alaw_ = false;
  uint8_t audio_type_ = 0;
  int event_type_ = 101;
  uint64_t begin_ms_ = 0;
  uint64_t packets_sent_ = 0;
  uint32_t timestamp_ = 0;

  std::shared_ptr<const Samples> speech_;
  size_t spoken_ = 0;  // samples of this time, with the pause
  int times_left_ = 0;

  TelephoneEvents keys_;
  uint64_t second_begin_ms_ = 0;
  uint32_t packets_this_second_ = 0;
  bool flooded_ = false;
};

}  // namespace kizashi::phone
