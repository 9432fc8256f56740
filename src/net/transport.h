// A byte stream of an accepted connection: plain TCP or TLS, told apart here and nowhere else.
//
// One thread (that of the event loop). Callbacks get an error message, empty when all is well.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace asio {
class io_context;
}

namespace kizashi {

class Transport {
 public:
  virtual ~Transport() = default;

  using Done = std::function<void(bool ok, size_t bytes)>;
  /// Ready to read and write (a TLS handshake is over).
  virtual void Handshake(std::function<void(bool ok)> done) = 0;
  virtual void ReadSome(char* data, size_t size, Done done) = 0;
  /// Writes all of `head`, then all of `body`. Both stay until `done`.
  virtual void Write(std::string_view head, std::string_view body, Done done) = 0;
  /// Ends both directions at once; what is under way is told as failed.
  virtual void Close() = 0;
  /// "127.0.0.1:51234"
  virtual std::string remote() const = 0;
};

/// A TLS server's certificate and key, shared by its connections.
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  /// PEM files; TLS 1.2 and newer.
  static StatusOr<std::shared_ptr<TlsContext>> Load(const std::string& cert_file,
                                                    const std::string& key_file);
};

/// Accepts connections on one address.
class Listener {
 public:
  virtual ~Listener() = default;
  static StatusOr<std::unique_ptr<Listener>> Open(asio::io_context& io, const std::string& host,
                                                  uint16_t port);
  virtual uint16_t port() const = 0;
  /// Calls `accepted` for every connection from now on, with TLS when `tls()` gives a context.
  virtual void Start(std::function<std::shared_ptr<TlsContext>()> tls,
                     std::function<void(std::unique_ptr<Transport>)> accepted) = 0;
  virtual void Close() = 0;
};

}  // namespace kizashi
