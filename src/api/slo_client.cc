#include "api/slo_client.h"

#include <simdjson.h>

#include "api/server_client.h"

namespace kizashi {

int SloReportCommand(const SloReportCommandOptions& options, std::FILE* out) {
  ServerClient client("report slo", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  const int failed = client.Get("/kizashi/v1/slos/report",
                                {{"team", options.team},
                                 {"period", options.period},
                                 {"language", options.language},
                                 {"until", options.until}},
                                &body);
  if (failed == ServerClient::kNotFound) return ServerClient::kUsage;
  if (failed != 0) return failed;
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(body)[options.format].get(text) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (!written || std::fflush(out) != 0) {
    return client.Fail(ServerClient::kCouldNot, "cannot write the report");
  }
  return 0;
}

}  // namespace kizashi
