// The TLS part of Asio's own code, compiled once (ASIO_SEPARATE_COMPILATION).
#include <asio/ssl/impl/src.hpp>
