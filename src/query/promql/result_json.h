// Results and errors as Prometheus' HTTP API writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "query/promql/engine.h"

namespace kizashi::promql {

/// `{"status":"success","data":{"resultType":"vector","result":[...]}}`
std::string ResultJson(const QueryResult& result);

/// `{"status":"error","errorType":"bad_data","error":"..."}`
std::string ErrorJson(const Status& error);

/// Prometheus' name for the kind of error: bad_data, execution, timeout, canceled, internal.
std::string_view ErrorType(const Status& error);

}  // namespace kizashi::promql
