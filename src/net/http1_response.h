// Writes HTTP/1.1 responses.
#pragma once

#include <string>

#include "net/http.h"

namespace kizashi {

/// Larger text as gzip, for a client that takes it. Costs time by its size: not for the event loop.
void CompressResponse(HttpResponse* response);

/// The response up to its body, as it goes over the wire.
std::string ResponseHead(const HttpResponse& response, bool keep_alive);

/// What goes over the wire behind the head; "" for the answer to HEAD and where a status has none.
std::string TakeResponseBody(HttpResponse response, bool head_only);

}  // namespace kizashi
