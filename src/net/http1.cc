#include "net/http1.h"

#include <http_parser.h>
#include <strings.h>

namespace kizashi {

struct Http1Parser::Impl {
  explicit Impl(Http1Limits limits_in) : limits(limits_in) {
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = this;
  }

  // Parses what is pending until a request is whole; the parser pauses there.
  void Advance() {
    if (whole || error_status != 0 || pending.empty()) return;
    const size_t used = http_parser_execute(&parser, &Settings(), pending.data(), pending.size());
    const auto error = HTTP_PARSER_ERRNO(&parser);
    if (error == HPE_PAUSED) {
      http_parser_pause(&parser, 0);
      pending.erase(0, used);
      return;
    }
    pending.clear();
    if (error != HPE_OK && error_status == 0) error_status = 400;
    // An upgrade would hand the connection to another protocol; none is spoken here.
    if (parser.upgrade && error_status == 0) error_status = 400;
  }

  bool CountHeader(size_t bytes) {
    header_bytes += bytes;
    if (header_bytes <= limits.header_bytes_max) return true;
    error_status = 431;
    return false;
  }

  static Impl& Of(http_parser* parser) { return *static_cast<Impl*>(parser->data); }
  static int OnBegin(http_parser* parser) {
    Impl& impl = Of(parser);
    impl.request = {};
    impl.url.clear();
    impl.header_bytes = 0;
    impl.in_value = false;
    impl.headers_done = false;
    impl.started = true;
    return 0;
  }
  static int OnUrl(http_parser* parser, const char* at, size_t size) {
    Of(parser).url.append(at, size);
    return Of(parser).CountHeader(size) ? 0 : 1;
  }
  static int OnField(http_parser* parser, const char* at, size_t size) {
    Impl& impl = Of(parser);
    if (impl.in_value || impl.request.headers.empty()) impl.request.headers.emplace_back();
    impl.in_value = false;
    impl.request.headers.back().first.append(at, size);
    return impl.CountHeader(size + 32) ? 0 : 1;
  }
  static int OnValue(http_parser* parser, const char* at, size_t size) {
    Impl& impl = Of(parser);
    impl.in_value = true;
    impl.request.headers.back().second.append(at, size);
    return impl.CountHeader(size) ? 0 : 1;
  }
  static int OnHeaders(http_parser* parser) {
    Impl& impl = Of(parser);
    impl.headers_done = true;
    if (parser->content_length != ULLONG_MAX &&
        parser->content_length > impl.limits.body_bytes_max) {
      impl.error_status = 413;
      return -1;
    }
    const std::string_view expect = impl.request.Header("Expect");
    impl.expect_continue =
        expect.size() == 12 && strncasecmp(expect.data(), "100-continue", 12) == 0;
    return 0;
  }
  static int OnBody(http_parser* parser, const char* at, size_t size) {
    Impl& impl = Of(parser);
    if (impl.request.body.size() + size > impl.limits.body_bytes_max) {
      impl.error_status = 413;
      return 1;
    }
    impl.request.body.append(at, size);
    return 0;
  }
  static int OnComplete(http_parser* parser) {
    Impl& impl = Of(parser);
    const size_t mark = impl.url.find('?');
    const size_t hash = impl.url.find('#');
    impl.request.method = http_method_str(static_cast<http_method>(parser->method));
    impl.request.path = PercentDecode(impl.url.substr(0, std::min(mark, hash)));
    if (mark != std::string::npos && mark < hash) {
      impl.request.query =
          impl.url.substr(mark + 1, hash == std::string::npos ? hash : hash - mark - 1);
    }
    impl.keep_alive = http_should_keep_alive(parser) != 0;
    impl.whole = true;
    impl.started = false;
    if (!impl.request.path.starts_with('/')) impl.error_status = 400;
    http_parser_pause(parser, 1);
    return 0;
  }
  static const http_parser_settings& Settings() {
    static const http_parser_settings settings = [] {
      http_parser_settings made;
      http_parser_settings_init(&made);
      made.on_message_begin = OnBegin;
      made.on_url = OnUrl;
      made.on_header_field = OnField;
      made.on_header_value = OnValue;
      made.on_headers_complete = OnHeaders;
      made.on_body = OnBody;
      made.on_message_complete = OnComplete;
      return made;
    }();
    return settings;
  }

  const Http1Limits limits;
  http_parser parser{};
  std::string pending;  // bytes not parsed yet
  HttpRequest request;
  std::string url;
  size_t header_bytes = 0;
  bool in_value = false;
  bool started = false;
  bool headers_done = false;
  bool expect_continue = false;
  bool whole = false;
  bool keep_alive = false;
  int error_status = 0;
};

Http1Parser::Http1Parser(Http1Limits limits) : impl_(std::make_unique<Impl>(limits)) {}
Http1Parser::~Http1Parser() = default;

bool Http1Parser::Feed(std::string_view bytes) {
  impl_->pending.append(bytes);
  impl_->Advance();
  return impl_->error_status == 0;
}

std::optional<HttpRequest> Http1Parser::Take(bool* keep_alive) {
  impl_->Advance();
  if (!impl_->whole || impl_->error_status != 0) return std::nullopt;
  impl_->whole = false;
  impl_->headers_done = false;
  *keep_alive = impl_->keep_alive;
  return std::exchange(impl_->request, {});
}

int Http1Parser::error_status() const { return impl_->error_status; }
bool Http1Parser::in_request() const { return impl_->started || !impl_->pending.empty(); }
bool Http1Parser::in_body() const { return impl_->started && impl_->headers_done; }
bool Http1Parser::TakeExpectContinue() {
  return impl_->started && std::exchange(impl_->expect_continue, false);
}

}  // namespace kizashi
