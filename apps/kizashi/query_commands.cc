#include "query_commands.h"

#include <memory>
#include <string>
#include <vector>

#include "query/promql/file_commands.h"

namespace kizashi {
namespace {

using promql::QueryFileOptions;

void AddFiles(Command command, QueryFileOptions* options) {
  command.Option("--file", &options->files,
                 "Samples with timestamps, as Prometheus text or OpenMetrics; - for standard input "
                 "(repeatable)",
                 {.required = true});
}

void AddInstant(Command query) {
  Command instant = query.Add("instant", "The value of a query at one time, over files");
  auto options = std::make_shared<QueryFileOptions>();
  instant.Option("query", &options->query, "PromQL", {.required = true});
  AddFiles(instant, options.get());
  instant.Option("--time", &options->time,
                 "As 2026-01-31T09:00:00Z or seconds; the last sample's when not given");
  instant.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  instant.Action([=] { return promql::QueryInstantCommand(*options, stdout); });
}

void AddRange(Command query) {
  Command range = query.Add("range", "The values of a query over a time, over files");
  auto options = std::make_shared<QueryFileOptions>();
  range.Option("query", &options->query, "PromQL", {.required = true});
  AddFiles(range, options.get());
  range.Option("--start", &options->start, "As 2026-01-31T09:00:00Z or seconds",
               {.required = true});
  range.Option("--end", &options->end, "The same", {.required = true});
  range.Option("--step", &options->step, "Time between two values");
  range.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  range.Action([=] { return promql::QueryRangeCommand(*options, stdout); });
}

void AddBatch(Command query) {
  Command batch =
      query.Add("batch", "Answer queries from standard input, a JSON object a line, over files");
  auto options = std::make_shared<QueryFileOptions>();
  AddFiles(batch, options.get());
  batch.Footer(
      "A line is {\"query\":\"up\",\"time\":1700000000}, or has start, end and step in seconds.\n"
      "Each is answered by a line as Prometheus' HTTP API does.");
  batch.Action([=] { return promql::QueryBatchCommand(*options, stdin, stdout); });
}

void AddParse(Command query) {
  Command parse = query.Add("parse", "The canonical form of a query, or what is wrong with it");
  auto text = std::make_shared<std::string>();
  parse.Option("query", text.get(), "PromQL", {.required = true});
  parse.Action([=] { return promql::QueryParseCommand(*text, stdout); });
}

void AddTest(Command query) {
  Command test = query.Add("test", "Run Prometheus' PromQL test files");
  auto files = std::make_shared<std::vector<std::string>>();
  test.Option("file", files.get(), "Test files", {.required = true});
  test.Footer("Exit code: 0 all passed, 1 a case failed, 3 a file cannot be read.");
  test.Action([=] { return promql::QueryTestCommand(*files, stdout); });
}

}  // namespace

void AddQueryCommands(Command root) {
  Command query = root.Add("query", "PromQL without a server: over files, and its tests");
  query.RequireCommand();
  AddInstant(query);
  AddRange(query);
  AddBatch(query);
  AddParse(query);
  AddTest(query);
}

}  // namespace kizashi
