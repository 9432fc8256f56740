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

FetchRequest ServerClient::To(std::string_view path) const {
  FetchRequest request;
  request.url = server_;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  request.timeout = kTimeout;
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  return request;
}

int ServerClient::Get(std::string_view path, const Query& query, std::string* body) {
  FetchRequest request = To(path);
  char sign = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    request.url += sign + name + "=" + PercentEncode(value);
    sign = '&';
  }
  return Ask(std::move(request), body);
}

int ServerClient::Post(std::string_view path, std::string json, std::string* body) {
  FetchRequest request = To(path);
  request.method = "POST";
  request.body = std::move(json);
  request.headers.emplace_back("Content-Type", "application/json");
  return Ask(std::move(request), body);
}

int ServerClient::Ask(FetchRequest request, std::string* body) {
  FetchResult result = http_.FetchAndWait(std::move(request));
  if (!result.status.ok()) {
    return Fail(kCouldNot, fmt::format("{} does not answer: {}", server_, Message(result.status)));
  }
  *body = std::move(result.body);
  if (result.code == 200) return 0;
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view error = "no reason is given";
  std::string_view item;
  if (parser.parse(*body).get(answer) == simdjson::SUCCESS) {
    if (answer["error"].get(error) != simdjson::SUCCESS) error = "no reason is given";
    if (answer["item"].get(item) != simdjson::SUCCESS) item = "";
  }
  const std::string reason = item.empty() ? std::string(error) : fmt::format("{}: {}", item, error);
  // There is no such thing, or it is not in a state for that.
  if (result.code == 404 || result.code == 409) return Fail(kNotFound, error);
  return Fail(result.code == 400 ? kUsage : kCouldNot,
              fmt::format("{} answers {}: {}", server_, result.code, reason));
}

}  // namespace kizashi
