#include "wire/forward_handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "wire/msgpack.h"

namespace kizashi {

std::string ForwardHelo(std::string_view nonce) {
  MsgpackWriter out;
  out.Array(2).String("HELO").Map(3);
  // An empty auth: no user name and password are asked for.
  out.String("nonce").String(nonce).String("auth").String("").String("keepalive").Bool(true);
  return out.Take();
}

StatusOr<ForwardPong> AnswerPing(std::string_view message, const ForwardServer& server) {
  MsgpackReader reader(message);
  MsgpackValue array;
  if (!reader.Next(&array) || array.type != MsgpackValue::Type::kArray || array.members != 6) {
    return InvalidArgument("found no PING of six members: does the sender have a shared key?");
  }
  // PING, host name, salt, digest, user name, digest of the password
  std::array<MsgpackValue, 6> members;
  for (MsgpackValue& member : members) {
    if (!reader.Next(&member) || (!member.is_text() && member.type != MsgpackValue::Type::kNil)) {
      return InvalidArgument("found a PING with a member that is no string");
    }
  }
  if (members[0].bytes != "PING") return InvalidArgument("found no PING: is there a shared key?");
  ForwardPong pong;
  pong.client = members[1].bytes.substr(0, 255);
  const std::string expected =
      ForwardDigest(members[2].bytes, members[1].bytes, server.nonce, server.shared_key);
  const std::string_view found = members[3].bytes;
  if (found.size() != expected.size() ||
      CRYPTO_memcmp(found.data(), expected.data(), expected.size()) != 0) {
    pong.reason = "shared_key mismatch";
  } else if (!members[4].bytes.empty()) {
    pong.reason = "user names are not known here: send the shared key alone";
  } else {
    pong.accepted = true;
  }
  MsgpackWriter out;
  out.Array(5).String("PONG").Bool(pong.accepted).String(pong.reason).String(server.host);
  out.String(pong.accepted
                 ? ForwardDigest(members[2].bytes, server.host, server.nonce, server.shared_key)
                 : "");
  pong.bytes = out.Take();
  return pong;
}

std::string ForwardDigest(std::string_view salt, std::string_view host, std::string_view nonce,
                          std::string_view shared_key) {
  std::string all(salt);
  all.append(host).append(nonce).append(shared_key);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  KZ_CHECK(EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha512(), nullptr) == 1);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace kizashi
