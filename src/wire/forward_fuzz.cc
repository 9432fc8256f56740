// Any bytes, in pieces, through the way of a connection: found whole, read as a message or as a
// PING, within the limits. What is read does not depend on how the bytes come.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/forward.h"
#include "wire/forward_handshake.h"
#include "wire/msgpack.h"
#include "wire/msgpack_json.h"

namespace {

using namespace kizashi;

constexpr Time kReceived = TimeFromMs(1'700'000'000'000);

void CheckMessage(std::string_view bytes) {
  KZ_CHECK(MsgpackReader(bytes).Skip());
  const auto json = MsgpackToJson(bytes, 1000);
  KZ_CHECK(json.ok() && json->size() <= 1004);
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

// The whole messages, up to the first bytes that are none.
std::vector<std::string> Messages(std::string_view bytes, size_t piece) {
  std::vector<std::string> messages;
  MsgpackScanner scanner;
  size_t begin = 0;
  for (size_t end = 0; end < bytes.size();) {
    end = std::min(bytes.size(), end + piece);
    while (true) {
      const std::string_view rest = bytes.substr(begin, end - begin);
      const MsgpackScanner::Result result = scanner.Scan(rest);
      if (result == MsgpackScanner::Result::kBad) return messages;
      if (result == MsgpackScanner::Result::kMore) break;
      messages.emplace_back(rest.substr(0, scanner.size()));
      begin += scanner.size();
      scanner.Reset();
    }
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> whole = Messages(bytes, bytes.size() + 1);
  KZ_CHECK(whole == Messages(bytes, data[0] % 16 + 1u));
  for (const std::string& message : whole) CheckMessage(message);
  // Bytes that nobody looked at before, too: those of packed entries.
  (void)ReadForward(bytes, kReceived);
  (void)AnswerPing(bytes, {"nonce", "shared key", "server"});
  return 0;
}
