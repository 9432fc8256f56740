#include "price_commands.h"

#include <memory>

#include "api/price_client.h"

namespace kizashi {
namespace {

void AddCommon(Command explain, ExplainCommandOptions* options) {
  explain.Option("--server", &options->server, "The server that is asked");
  explain.Option("--token-file", &options->token_file, "Its first token is sent to --server");
  explain.Option("--language", &options->language, "Of the words", {.choices = {"en", "ja"}});
}

}  // namespace

void AddPriceCommands(Command root) {
  Command price = root.Add("price", "What a kind of anomaly costs, and why");
  price.RequireCommand();
  Command one = price.Add("explain", "Derive the price of a kind of anomaly, in words");
  auto options = std::make_shared<ExplainCommandOptions>();
  one.Option("kind", &options->name, "As the ledger names it: SERVICE/SOURCE/...");
  one.Option("--from", &options->from,
             "A file with an anomaly or its price as JSON, computed again without a server");
  AddCommon(one, options.get());
  one.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  one.Footer(
      "Exit code: 0 fine, 1 no such kind, or the price is not what its numbers give, 2 wrong "
      "usage,\n"
      "3 a server cannot be asked.");
  one.Action([=] { return PriceExplainCommand(*options, stdout); });

  Command together = root.Add("together", "What a redundancy group has to fear, and what if");
  together.RequireCommand();
  Command group = together.Add("explain", "How likely too few members are left, and what if");
  auto asked = std::make_shared<ExplainCommandOptions>();
  group.Option("group", &asked->name, "The service with redundancy", {.required = true});
  AddCommon(group, asked.get());
  group.Option("--format", &asked->format, "How it is printed", {.choices = {"text", "json"}});
  group.Footer("Exit code: 0 fine, 1 no such group, 2 wrong usage, 3 a server cannot be asked.");
  group.Action([=] { return TogetherExplainCommand(*asked, stdout); });
}

}  // namespace kizashi
