// The server's side of one Fluent Forward connection, without the connection: bytes in, what to do
// with them out.
//
// With a shared key, the first message has to be a PING that proves it; until then hardly anything
// is kept in memory. Messages are taken one at a time, so that whoever is busy just asks later.
// After a refusal there is nothing more. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "wire/forward.h"
#include "wire/forward_handshake.h"
#include "wire/msgpack.h"

namespace kizashi {

struct ForwardStep {
  enum class Kind {
    kMore,     // no whole message yet
    kAnswer,   // send `answer` and go on
    kMessage,  // `message` is to be kept
    kRefuse    // send `answer`, if there is one, and close
  };
  Kind kind = Kind::kMore;
  ForwardMessage message;
  std::string answer;
  std::string_view reason;  // of a refusal: bad_input, too_large or unauthenticated
  std::string why;          // the same for people
};

class ForwardSession {
 public:
  /// Without a shared key in `server` there is no handshake.
  explicit ForwardSession(ForwardServer server);

  /// What the server says first; nothing without a handshake.
  std::string Greeting() const;
  void Feed(std::string_view bytes) { held_.append(bytes); }
  ForwardStep Next(Time received);

  /// Bytes that are kept.
  size_t size() const { return held_.size() - begin_; }
  /// In the middle of a message or of the handshake.
  bool within() const { return size() > 0 || !trusted_; }
  /// Whole messages so far.
  uint64_t messages() const { return messages_; }
  /// Gives back the memory of what was taken.
  void Compact();

 private:
  ForwardStep Refuse(std::string_view reason, std::string why, std::string answer = "");
  ForwardStep OnPing(std::string_view message);
  ForwardStep OnMessage(std::string_view message, Time received);

  const ForwardServer server_;
  bool trusted_;
  bool refused_ = false;
  std::string held_;
  size_t begin_ = 0;  // what is before was taken
  MsgpackScanner scanner_;
  uint64_t messages_ = 0;
};

}  // namespace kizashi
