#include "api/server_client.h"

#include <simdjson.h>

#include <cctype>
#include <cstdio>
#include <fstream>

namespace kizashi {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(60);

}  // namespace

int ServerClient::Fail(int code, std::string_view reason) const {
  fmt::print(stderr, "kizashi {}: {}\n", command_, reason);
  return code;
}

int ServerClient::Prepare() {
  if (token_file_.empty()) return 0;
  std::ifstream file(token_file_);
  while (std::getline(file, token_)) {
    while (!token_.empty() && std::isspace(static_cast<unsigned char>(token_.back()))) {
      token_.pop_back();
    }
    if (token_.empty() || token_[0] == '#') continue;
    token_.erase(0, token_.find(' ') + 1);  // of "NAME TOKEN"
    return 0;
  }
  return Fail(kUsage, fmt::format("--token-file {}: no token is in it", token_file_));
}

int ServerClient::Get(std::string_view path, const Query& query, std::string* body) {
  FetchRequest request;
  request.url = server_;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  char sign = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    request.url += sign + name + "=" + PercentEncode(value);
    sign = '&';
  }
  request.timeout = kTimeout;
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  FetchResult result = http_.FetchAndWait(std::move(request));
  if (!result.status.ok()) {
    return Fail(kCouldNot, fmt::format("{} does not answer: {}", server_, Message(result.status)));
  }
  *body = std::move(result.body);
  if (result.code == 200) return 0;
  simdjson::dom::parser parser;
  std::string_view error;
  if (parser.parse(*body)["error"].get(error) != simdjson::SUCCESS) error = "no reason is given";
  if (result.code == 404) return Fail(kNotFound, error);
  return Fail(result.code == 400 ? kUsage : kCouldNot,
              fmt::format("{} answers {}: {}", server_, result.code, error));
}

}  // namespace kizashi
