// The type rules of PromQL.
#pragma once

#include "query/promql/ast.h"
#include "query/promql/token_reader.h"

namespace kizashi::promql {

/// Checks a parsed tree; reports the first violation to `*report` and gives false. Settles what the
/// grammar leaves open: set operators match many to many, scalars match nothing.
bool CheckTypes(Expr& expr, TokenReader* report);

}  // namespace kizashi::promql
