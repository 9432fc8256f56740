// Writes HTTP/1.1 responses.
#pragma once

#include <string>

#include "net/http.h"

namespace kizashi {

/// The response's head and body as they go over the wire; larger text is compressed for those who
/// take gzip. `head_only`: the answer to HEAD.
std::string SerializeResponse(HttpResponse response, bool head_only, bool accepts_gzip,
                              bool keep_alive);

}  // namespace kizashi
