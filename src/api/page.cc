#include "api/page.h"

#include <zlib.h>

#include "api/page_files.h"
#include "base/check.h"

namespace kizashi {
namespace {

std::string_view ContentType(std::string_view path) {
  const std::string_view extension = path.substr(path.rfind('.') + 1);
  if (extension == "html") return "text/html; charset=utf-8";
  if (extension == "js") return "text/javascript; charset=utf-8";
  if (extension == "css") return "text/css; charset=utf-8";
  if (extension == "svg") return "image/svg+xml";
  if (extension == "png") return "image/png";
  if (extension == "json" || extension == "webmanifest") return "application/json";
  return "application/octet-stream";
}

std::string Gunzip(std::string_view gzip) {
  z_stream stream{};
  KZ_CHECK(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  char buffer[16384];
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof(buffer) - stream.avail_out);
  }
  inflateEnd(&stream);
  KZ_CHECK(result == Z_STREAM_END, "an embedded file is no gzip");
  return out;
}

}  // namespace

Page::Page() {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    files_[file.path] = {{file.begin, static_cast<size_t>(file.end - file.begin)},
                         std::string(ContentType(file.path)),
                         std::string_view(file.path).starts_with("/assets/")};
  }
}

std::optional<HttpResponse> Page::Get(std::string_view path, bool accepts_gzip) const {
  auto found = files_.find(path);
  if (found == files_.end()) {
    // Names of services may hold dots.
    const bool is_view =
        path.starts_with("/services/") ||
        (!path.starts_with("/assets/") && path.substr(path.rfind('/') + 1).find('.') == path.npos);
    if (is_view) found = files_.find("/index.html");
  }
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;
  HttpResponse response;
  response.headers = {
      {"Content-Type", file.content_type},
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy",
       "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
       "form-action 'self'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Vary", "Accept-Encoding"}};
  if (accepts_gzip) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.headers.emplace_back("Content-Encoding", "identity");
    response.body = Gunzip(file.gzip);
  }
  return response;
}

}  // namespace kizashi
