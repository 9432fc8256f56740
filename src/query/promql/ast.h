// The syntax tree of a PromQL expression.
//
// A tree belongs to one thread; a query changes it (offsets of the @ modifier, step-invariant
// parts), so every evaluation parses or clones its own. Depth is bounded by kDepthMax, therefore
// recursion over a tree is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "query/promql/token.h"

namespace kizashi::promql {

/// Levels of the deepest tree that is parsed, printed or evaluated.
inline constexpr int kDepthMax = 500;

enum class ValueType : uint8_t { kNone, kScalar, kString, kVector, kMatrix };

/// "scalar", "instant vector", "range vector", as messages say.
std::string_view DocumentedType(ValueType type);
/// "vector", "matrix", as results say.
std::string_view ResultType(ValueType type);

struct Function;

enum class ExprKind : uint8_t {
  kNumber,
  kString,
  kParen,
  kUnary,
  kBinary,
  kAggregate,
  kCall,
  kSelector,
  kMatrixSelector,
  kSubquery,
  kStepInvariant,
};

struct Expr {
  explicit Expr(ExprKind k) : kind(k) {}
  virtual ~Expr() = default;
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;

  const ExprKind kind;
  Span span;
  int depth = 1;  // levels from here down
};
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral : Expr {
  explicit NumberLiteral(double v) : Expr(ExprKind::kNumber), value(v) {}
  double value;
};

struct StringLiteral : Expr {
  explicit StringLiteral(std::string v) : Expr(ExprKind::kString), value(std::move(v)) {}
  std::string value;
};

struct ParenExpr : Expr {
  explicit ParenExpr(ExprPtr e) : Expr(ExprKind::kParen), inner(std::move(e)) {}
  ExprPtr inner;
};

struct UnaryExpr : Expr {
  UnaryExpr(TokenType o, ExprPtr e) : Expr(ExprKind::kUnary), op(o), inner(std::move(e)) {}
  TokenType op;
  ExprPtr inner;
};

enum class MatchCardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

/// How the series of both sides of an operator find each other.
struct VectorMatching {
  MatchCardinality cardinality = MatchCardinality::kOneToOne;
  std::vector<std::string> labels;
  bool on = false;                   // only by `labels`; else by all others
  std::vector<std::string> include;  // copied from the "one" side
};

struct BinaryExpr : Expr {
  BinaryExpr() : Expr(ExprKind::kBinary) {}
  TokenType op = TokenType::kAdd;
  ExprPtr lhs;
  ExprPtr rhs;
  std::optional<VectorMatching> matching = VectorMatching{};  // none: a side is a scalar
  bool return_bool = false;
};

struct AggregateExpr : Expr {
  AggregateExpr() : Expr(ExprKind::kAggregate) {}
  TokenType op = TokenType::kSum;
  ExprPtr inner;
  ExprPtr parameter;  // none unless TakesParameter(op)
  std::vector<std::string> grouping;
  bool without = false;
};

struct Call : Expr {
  Call() : Expr(ExprKind::kCall) {}
  const Function* function = nullptr;
  std::vector<ExprPtr> arguments;
};

enum class RangeBound : uint8_t { kNone, kStart, kEnd };

/// The modifiers `offset` and `@` of a selector or subquery.
struct TimeShift {
  int64_t original_offset_ms = 0;           // as written
  int64_t offset_ms = 0;                    // with what @ adds; set by SetAtOffsets
  std::optional<int64_t> at_ms;             // @ T
  RangeBound at_bound = RangeBound::kNone;  // @ start(), @ end()
};

struct VectorSelector : Expr {
  VectorSelector() : Expr(ExprKind::kSelector) {}
  std::string name;
  /// The name's own matcher comes last.
  std::vector<LabelMatcher> matchers;
  TimeShift shift;
  /// The samples that the query may look at, both ends included; set by SetReadSpans.
  int64_t read_from_ms = std::numeric_limits<int64_t>::min();
  int64_t read_to_ms = std::numeric_limits<int64_t>::max();
};

struct MatrixSelector : Expr {
  MatrixSelector() : Expr(ExprKind::kMatrixSelector) {}
  std::unique_ptr<VectorSelector> selector;
  int64_t range_ms = 0;
};

struct SubqueryExpr : Expr {
  SubqueryExpr() : Expr(ExprKind::kSubquery) {}
  ExprPtr inner;
  int64_t range_ms = 0;
  int64_t step_ms = 0;  // 0: the engine's default
  TimeShift shift;
};

/// A part whose value is the same at every step; made by Preprocess, never by the parser.
struct StepInvariantExpr : Expr {
  explicit StepInvariantExpr(ExprPtr e) : Expr(ExprKind::kStepInvariant), inner(std::move(e)) {}
  ExprPtr inner;
};

/// The node as its type; the caller knows its kind.
template <typename T>
T& As(Expr& expr) {
  return static_cast<T&>(expr);
}
template <typename T>
const T& As(const Expr& expr) {
  return static_cast<const T&>(expr);
}

ValueType TypeOf(const Expr& expr);

/// The owning pointers of the parts of `expr`, in order; a matrix selector has none.
std::vector<ExprPtr*> Children(Expr& expr);

/// The node below parentheses and StepInvariantExpr.
Expr& Unwrap(Expr& expr);
const Expr& Unwrap(const Expr& expr);

/// The canonical text: parsing it gives an equal tree.
std::string Print(const Expr& expr);
/// `name="value"` as Prometheus prints a matcher.
std::string PrintMatcher(const LabelMatcher& matcher);

}  // namespace kizashi::promql
