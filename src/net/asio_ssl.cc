// The TLS part of Asio's own code, compiled once (ASIO_SEPARATE_COMPILATION); see asio.cc for why
// the first line is there.
// clang-format off
#include <cstdlib>
// clang-format on

#include <asio/ssl/impl/src.hpp>
