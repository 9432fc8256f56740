// Asio's own code, compiled once (ASIO_SEPARATE_COMPILATION).
//
// A header of the standard library comes first, as everywhere else: Asio asks its macros which
// allocator to use, and memory of the one is not to be freed by the other.
// clang-format off
#include <cstdlib>
// clang-format on

#include <asio/impl/src.hpp>
