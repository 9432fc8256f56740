#include "act/notify/phone/call_audio.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace kizashi::phone {
namespace {

constexpr uint32_t kPacketMs = 20;
constexpr uint32_t kPacketSamples = kSampleRate * kPacketMs / 1000;
constexpr size_t kPauseSamples = kSampleRate;
// Behind by more than this (a machine that slept), what is late is left out rather than sent in one
// burst.
constexpr uint64_t kBehindPacketsMax = 10;
constexpr char kPcmu[] = "PCMU";
constexpr char kPcma[] = "PCMA";
constexpr char kEvents[] = "telephone-event";

}  // namespace

StatusOr<std::unique_ptr<CallAudio>> CallAudio::Open(const struct sa& local, uint16_t port_min,
                                                     uint16_t port_max, AudioEvents events) {
  std::unique_ptr<CallAudio> self(new CallAudio(std::move(events)));
  tmr_init(&self->timer_);
  KZ_RETURN_IF_ERROR(self->OpenSession(local, port_min, port_max));
  return self;
}

CallAudio::~CallAudio() { tmr_cancel(&timer_); }

Status CallAudio::OpenSession(const struct sa& local, uint16_t port_min, uint16_t port_max) {
  const auto receive = [](const struct sa* from, const struct rtp_header* header,
                          struct mbuf* payload, void* self) {
    static_cast<CallAudio*>(self)->Receive(*from, *header, payload);
  };
  KZ_RETURN_IF_ERROR(ReStatus(rtp_listen(rtp_.Out(), IPPROTO_UDP, &local, port_min, port_max, false,
                                         receive, nullptr, this),
                              "no port for RTP"));
  int error = sdp_session_alloc(session_.Out(), &local);
  if (error == 0) {
    error = sdp_media_add(&media_, session_.get(), sdp_media_audio, sa_port(rtp_local(rtp_.get())),
                          sdp_proto_rtpavp);
  }
  const auto add = [&](const char* id, const char* name, const char* parameters) {
    if (error != 0) return;
    error = sdp_format_add(nullptr, media_, false, id, name, kSampleRate, 1, nullptr, nullptr,
                           nullptr, false, parameters);
  };
  add("0", kPcmu, nullptr);
  add("8", kPcma, nullptr);
  add("101", kEvents, "0-15");
  if (error == 0) error = sdp_media_set_lattr(media_, true, "ptime", "%u", kPacketMs);
  return ReStatus(error, "cannot describe the session");
}

StatusOr<Re<struct mbuf>> CallAudio::Describe(bool offer) {
  Re<struct mbuf> out;
  const int error = sdp_encode(out.Out(), session_.get(), offer);
  KZ_RETURN_IF_ERROR(ReStatus(error, "cannot describe the session"));
  return out;
}

Status CallAudio::TakeDescription(struct mbuf* description, bool offer) {
  const Status wrong = InvalidArgument("the other side offers no sound in G.711");
  if (mbuf_get_left(description) == 0) return wrong;
  if (sdp_decode(session_.get(), description, offer) != 0) return wrong;
  const struct sa* const to = sdp_media_raddr(media_);
  const bool has_format =
      sdp_media_rformat(media_, kPcmu) != nullptr || sdp_media_rformat(media_, kPcma) != nullptr;
  if (!has_format || sdp_media_rport(media_) == 0 || !sa_isset(to, SA_ALL)) return wrong;
  ChooseFormats();
  return OkStatus();
}

// Theirs that comes first, as RFC 3264 asks for.
void CallAudio::ChooseFormats() {
  const auto* ulaw = sdp_media_rformat(media_, kPcmu);
  const auto* alaw = sdp_media_rformat(media_, kPcma);
  is_alaw_ = ulaw == nullptr;
  if (ulaw != nullptr && alaw != nullptr) {
    const struct list* const formats = sdp_media_format_lst(media_, false);
    for (const struct le* le = list_head(formats); le != nullptr; le = le->next) {
      if (le->data != ulaw && le->data != alaw) continue;
      is_alaw_ = le->data == alaw;
      break;
    }
  }
  audio_type_ = static_cast<uint8_t>((is_alaw_ ? alaw : ulaw)->pt);
  const auto* const events = sdp_media_rformat(media_, kEvents);
  if (events != nullptr) event_type_ = events->pt;
}

void CallAudio::Begin() {
  if (sends_) return;
  sends_ = true;
  begin_ms_ = tmr_jiffies();
  SendDue();
}

void CallAudio::Say(std::shared_ptr<const Samples> speech, int times) {
  speech_ = std::move(speech);
  spoken_ = 0;
  times_left_ = times;
}

void CallAudio::Receive(const struct sa& from, const struct rtp_header& header,
                        struct mbuf* payload) {
  const uint64_t now_ms = tmr_jiffies();
  if (now_ms - second_begin_ms_ >= 1000) {
    second_begin_ms_ = now_ms;
    packets_this_second_ = 0;
  }
  if (++packets_this_second_ > kPacketsPerSecondMax) {
    if (!std::exchange(flooded_, true)) events_.on_flood();
    return;
  }
  if (!sa_cmp(&from, sdp_media_raddr(media_), SA_ADDR) && !sa_cmp(&from, &sip_peer_, SA_ADDR)) {
    return;
  }
  // Ours, as we asked for, or theirs, which some send all the same.
  if (header.pt != 101 && header.pt != event_type_) return;
  const std::string_view bytes(reinterpret_cast<const char*>(mbuf_buf(payload)),
                               mbuf_get_left(payload));
  if (const auto key = keys_.Take(header.ts, bytes)) events_.on_digit(*key);
}

void CallAudio::SendDue() {
  const auto due = [](void* self) { static_cast<CallAudio*>(self)->SendDue(); };
  const uint64_t now_ms = tmr_jiffies();
  uint64_t wanted = (now_ms - begin_ms_) / kPacketMs + 1;
  if (wanted > packets_sent_ + kBehindPacketsMax) {
    begin_ms_ = now_ms - packets_sent_ * kPacketMs;
    wanted = packets_sent_ + 1;
  }
  while (packets_sent_ < wanted) SendPacket();
  const uint64_t next_ms = begin_ms_ + packets_sent_ * kPacketMs;
  tmr_start(&timer_, next_ms > now_ms ? next_ms - now_ms : 1, due, this);
}

void CallAudio::SendPacket() {
  std::array<uint8_t, kPacketSamples> sound{};
  const bool had_speech = speech_ != nullptr;
  for (uint8_t& byte : sound) {
    const int16_t sample = NextSample();
    byte = is_alaw_ ? g711_pcm2alaw(sample) : g711_pcm2ulaw(sample);
  }
  Re<struct mbuf> packet(mbuf_alloc(RTP_HEADER_SIZE + sound.size()));
  KZ_CHECK(packet, "no memory");
  packet->pos = packet->end = RTP_HEADER_SIZE;
  (void)mbuf_write_mem(packet.get(), sound.data(), sound.size());
  packet->pos = RTP_HEADER_SIZE;
  // What cannot be sent is lost, as on any network.
  (void)rtp_send(rtp_.get(), sdp_media_raddr(media_), false, packets_sent_ == 0, audio_type_,
                 timestamp_, packet.get());
  ++packets_sent_;
  timestamp_ += kPacketSamples;
  if (had_speech && speech_ == nullptr) events_.on_said();
}

int16_t CallAudio::NextSample() {
  if (speech_ == nullptr) return 0;
  const int16_t sample = spoken_ < speech_->size() ? (*speech_)[spoken_] : int16_t{0};
  ++spoken_;
  const bool ends = spoken_ >= speech_->size() + (times_left_ > 1 ? kPauseSamples : 0);
  if (ends) {
    spoken_ = 0;
    if (--times_left_ <= 0) speech_.reset();
  }
  return sample;
}

}  // namespace kizashi::phone
