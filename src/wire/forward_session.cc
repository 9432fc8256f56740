#include "wire/forward_session.h"

#include <utility>

namespace kizashi {
namespace {

constexpr size_t kCompactBytes = 256 << 10;

}  // namespace

ForwardSession::ForwardSession(ForwardServer server)
    : server_(std::move(server)), trusted_(server_.shared_key.empty()) {}

std::string ForwardSession::Greeting() const {
  return trusted_ ? std::string() : ForwardHelo(server_.nonce);
}

ForwardStep ForwardSession::Next(Time received) {
  if (refused_) return {};
  const std::string_view rest = std::string_view(held_).substr(begin_);
  const MsgpackScanner::Result result = scanner_.Scan(rest);
  const size_t bytes_max = trusted_ ? kForwardMessageBytesMax : kForwardPingBytesMax;
  if (scanner_.size() > bytes_max) {
    return Refuse("too_large", fmt::format("found a message of more than {} bytes: send smaller "
                                           "chunks (Fluentd: chunk_limit_size)",
                                           bytes_max));
  }
  if (result == MsgpackScanner::Result::kBad) {
    return Refuse("bad_input", "found bytes that are no MessagePack value, or one nested too deep");
  }
  if (result == MsgpackScanner::Result::kMore) return {};
  const std::string_view message = rest.substr(0, scanner_.size());
  begin_ += scanner_.size();
  scanner_.Reset();
  ++messages_;
  return trusted_ ? OnMessage(message, received) : OnPing(message);
}

ForwardStep ForwardSession::OnPing(std::string_view message) {
  StatusOr<ForwardPong> pong = AnswerPing(message, server_);
  if (!pong.ok()) return Refuse("unauthenticated", std::string(Message(pong.status())));
  if (!pong->accepted) {
    return Refuse("unauthenticated", fmt::format("{}: {}", pong->client, pong->reason),
                  std::move(pong->bytes));
  }
  trusted_ = true;
  ForwardStep step;
  step.kind = ForwardStep::Kind::kAnswer;
  step.answer = std::move(pong->bytes);
  return step;
}

ForwardStep ForwardSession::OnMessage(std::string_view message, Time received) {
  StatusOr<ForwardMessage> read = ReadForward(message, received);
  if (!read.ok()) {
    const bool large = read.status().code() == absl::StatusCode::kResourceExhausted;
    return Refuse(large ? "too_large" : "bad_input", std::string(Message(read.status())));
  }
  ForwardStep step;
  step.kind = ForwardStep::Kind::kMessage;
  step.message = *std::move(read);
  return step;
}

ForwardStep ForwardSession::Refuse(std::string_view reason, std::string why, std::string answer) {
  refused_ = true;
  ForwardStep step;
  step.kind = ForwardStep::Kind::kRefuse;
  step.reason = reason;
  step.why = std::move(why);
  step.answer = std::move(answer);
  return step;
}

void ForwardSession::Compact() {
  if (refused_) begin_ = held_.size();
  held_.erase(0, begin_);
  begin_ = 0;
  if (held_.size() < kCompactBytes && held_.capacity() > 4 * kCompactBytes) held_.shrink_to_fit();
}

}  // namespace kizashi
