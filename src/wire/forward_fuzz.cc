// Any bytes through the way of a connection, with a shared key and without: within the limits, and
// what comes of them does not depend on how they come.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/forward.h"
#include "wire/forward_session.h"
#include "wire/msgpack_json.h"

namespace {

using namespace kizashi;

constexpr Time kReceived = TimeFromMs(1'700'000'000'000);

void CheckMessage(std::string_view bytes) {
  const auto json = MsgpackToJson(bytes, 1000);
  KZ_CHECK(!json.ok() || json->size() <= 1004);
  const auto message = ReadForward(bytes, kReceived);
  if (message.ok()) {
    KZ_CHECK(message->tag.size() <= kForwardNameBytesMax);
    KZ_CHECK(message->chunk.size() <= kForwardChunkBytesMax);
    KZ_CHECK(message->heartbeat || !bytes.empty());
    for (const ForwardEvent& event : message->events) {
      KZ_CHECK(event.service.size() <= kForwardNameBytesMax);
      KZ_CHECK(event.line.text.size() <= kForwardTextBytesMax);
      KZ_CHECK(event.line.metadata.size() <= kForwardMembersMax + 1);
    }
  }
  const auto pong = AnswerPing(bytes, {"nonce", "shared key", "server"});
  if (pong.ok()) KZ_CHECK(MsgpackReader(pong->bytes).Skip());
}

// What a connection does with the bytes, up to its end.
std::vector<std::string> Steps(std::string_view bytes, size_t piece, std::string_view key) {
  std::vector<std::string> steps;
  ForwardSession session({"nonce", std::string(key), "server"});
  for (size_t begin = 0; begin < bytes.size(); begin += piece) {
    session.Feed(bytes.substr(begin, piece));
    while (true) {
      const ForwardStep step = session.Next(kReceived);
      if (step.kind == ForwardStep::Kind::kMore) break;
      steps.push_back(step.answer + step.why + step.message.tag + step.message.chunk);
      for (const ForwardEvent& event : step.message.events) {
        steps.push_back(event.service + event.line.text + event.line.metadata.ToString());
      }
      if (step.kind == ForwardStep::Kind::kRefuse) {
        KZ_CHECK(!step.reason.empty() && !step.why.empty());
        KZ_CHECK(session.Next(kReceived).kind == ForwardStep::Kind::kMore);
        return steps;
      }
    }
    session.Compact();
    KZ_CHECK(session.size() <= kForwardMessageBytesMax + piece);
  }
  return steps;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const std::string_view key : {"", "shared key"}) {
    KZ_CHECK(Steps(bytes, bytes.size() + 1, key) == Steps(bytes, data[0] % 16 + 1u, key));
  }
  CheckMessage(bytes);
  return 0;
}
