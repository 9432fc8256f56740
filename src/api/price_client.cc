#include "api/price_client.h"

#include <simdjson.h>

#include <cmath>

#include "act/price_text.h"
#include "api/server_client.h"
#include "api/views.h"

namespace kizashi {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

int Ask(ServerClient* client, const std::string& path, const ExplainCommandOptions& options,
        std::FILE* out) {
  if (const int failed = client->Prepare()) return failed;
  std::string body;
  if (const int failed = client->Get(path, {{"language", options.language}}, &body)) return failed;
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
    return 0;
  }
  simdjson::dom::parser parser;
  simdjson::dom::array lines;
  if (parser.parse(body)["explanation"].get(lines) != simdjson::SUCCESS) {
    return client->Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  for (const simdjson::dom::element line : lines) {
    std::string_view text;
    if (line.get(text) == simdjson::SUCCESS) fmt::print(out, "{}\n", text);
  }
  return 0;
}

StatusOr<std::string> ReadAll(const std::string& path) {
  std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError("cannot be read");
  std::string text(kFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  if (file != stdin) std::fclose(file);
  if (text.size() > kFileBytesMax)
    return ResourceExhausted("has more than {} bytes", kFileBytesMax);
  return text;
}

// An anomaly as the API gives it, or its price alone.
StatusOr<Price> ReadPrice(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS) return InvalidArgument("is no JSON");
  simdjson::dom::element inner;
  if (root["price"].get(inner) == simdjson::SUCCESS) root = inner;
  Price price;
  std::string_view basis;
  simdjson::dom::element fields;
  const bool whole = root["mean_minutes"].get(price.mean_minutes) == simdjson::SUCCESS &&
                     root["low_minutes"].get(price.low_minutes) == simdjson::SUCCESS &&
                     root["high_minutes"].get(price.high_minutes) == simdjson::SUCCESS &&
                     root["basis"].get(basis) == simdjson::SUCCESS &&
                     root["fields"].get(fields) == simdjson::SUCCESS;
  if (!whole) {
    return InvalidArgument("expected mean_minutes, low_minutes, high_minutes, basis and fields");
  }
  price.basis = basis;
  KZ_ASSIGN_OR_RETURN(price.fields, FieldsFromJson(simdjson::minify(fields)));
  return price;
}

int ExplainFile(const ServerClient& client, const ExplainCommandOptions& options, std::FILE* out) {
  const auto text = ReadAll(options.from);
  if (!text.ok()) {
    return client.Fail(ServerClient::kCouldNot,
                       fmt::format("{}: {}", options.from, Message(text.status())));
  }
  const auto price = ReadPrice(*text);
  if (!price.ok()) {
    return client.Fail(ServerClient::kUsage,
                       fmt::format("{}: {}", options.from, Message(price.status())));
  }
  const auto again = PriceAgain(*price);
  if (options.format == "json") {
    JsonWriter json;
    WritePrice(again.value_or(*price), &json);
    fmt::print(out, "{}\n", json.Take());
    return 0;
  }
  const Language language = LanguageFromCode(options.language);
  const std::string name = options.name.empty() ? price->basis : options.name;
  for (const std::string& line : ExplainPrice(name, *price, language)) {
    fmt::print(out, "{}\n", line);
  }
  const auto off = [](double a, double b) { return std::abs(a - b) > 1e-6 * (1 + std::abs(b)); };
  if (!again) return 0;
  if (off(again->mean_minutes, price->mean_minutes) ||
      off(again->low_minutes, price->low_minutes) ||
      off(again->high_minutes, price->high_minutes)) {
    return client.Fail(ServerClient::kNotFound,
                       fmt::format("its numbers give {} min ({} to {})", again->mean_minutes,
                                   again->low_minutes, again->high_minutes));
  }
  return 0;
}

}  // namespace

int PriceExplainCommand(const ExplainCommandOptions& options, std::FILE* out) {
  ServerClient client("price explain", options.server, options.token_file);
  if (!options.from.empty()) return ExplainFile(client, options, out);
  if (options.name.empty()) return client.Fail(ServerClient::kUsage, "a kind is needed, or --from");
  return Ask(&client, "/kizashi/v1/prices/" + options.name, options, out);
}

int TogetherExplainCommand(const ExplainCommandOptions& options, std::FILE* out) {
  ServerClient client("together explain", options.server, options.token_file);
  return Ask(&client, "/kizashi/v1/together/" + options.name, options, out);
}

}  // namespace kizashi
