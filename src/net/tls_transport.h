// The TLS kind of transport, for transport.cc alone.
#pragma once

#include <memory>
#include <string>

#include "net/transport.h"

namespace kizashi {

/// Takes over `socket`, a connected TCP socket of `remote`; `ipv6` says its family.
std::unique_ptr<Transport> MakeTlsTransport(asio::io_context& io, int socket, bool ipv6,
                                            std::string remote,
                                            const std::shared_ptr<TlsContext>& context);

}  // namespace kizashi
