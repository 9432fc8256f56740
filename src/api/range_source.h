// Where `kizashi slo backfill` reads the past: a server with Prometheus' HTTP API, or a file of
// series. And the requests of a command that tries again while a server is busy or away.
//
// Any thread may call; calls wait.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "judge/slo/series_file.h"
#include "net/http_client.h"
#include "query/promql/engine.h"

namespace kizashi {

class RangeSource {
 public:
  virtual ~RangeSource() = default;
  /// A range query: its series at the multiples of `step` in (from, until]. Errors as of Ask.
  virtual StatusOr<std::vector<promql::ResultSeries>> Query(const std::string& promql, Time from,
                                                            Time until, Duration step) = 0;
};

/// Asks until there is an answer that is final: 429 and 5xx, and a server that cannot be reached,
/// are tried again for about a minute. The body of an answer of 200; InvalidArgument with the
/// server's reason for any other, Unavailable when it goes on not answering.
StatusOr<std::string> Ask(HttpClient* client, const FetchRequest& request);

/// `url` of a Prometheus-compatible server, without the path of the API.
std::unique_ptr<RangeSource> MakeServerSource(const std::string& url, HttpHeaders headers,
                                              HttpClient* client);

/// The series of `file`, whose first values are of `begin`.
std::unique_ptr<RangeSource> MakeFileSource(const SeriesFile& file, Time begin);

}  // namespace kizashi
