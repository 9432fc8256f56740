#include "query/promql/lexer.h"

#include <gtest/gtest.h>

#include <string>

namespace kizashi::promql {
namespace {

/// All tokens as `position:text`, with a mark before those that are words of the language.
std::string Tokens(std::string_view text, bool series_description = false) {
  Lexer lexer(text, series_description);
  std::string out;
  while (true) {
    const Token token = lexer.Next();
    if (token.type == TokenType::kEof) return out;
    if (!out.empty()) out += ' ';
    out += std::to_string(token.position) + ":";
    if (token.type == TokenType::kError) return out + "error " + token.text;
    const bool word = IsKeyword(token.type) || IsAggregator(token.type) || IsOperator(token.type);
    out += (word ? "!" : "") + token.text;
  }
}

TEST(Lexer, CutsTokensWithTheirPlaces) {
  EXPECT_EQ(Tokens("sum by(a)(b{c=~\"d\"}[5m:1s])"),
            "0:!sum 4:!by 6:( 7:a 8:) 9:( 10:b 11:{ 12:c 13:!=~ 15:\"d\" 18:} 19:[ 20:5m 22:: "
            "23:1s 25:] 26:)");
  EXPECT_EQ(Tokens("1.5e-3 .5 0x1F 5m1s NaN iNF"), "0:1.5e-3 7:.5 10:0x1F 15:5m1s 20:NaN 24:iNF");
  EXPECT_EQ(Tokens("a:b :c _d é"), "0:a:b 4::c 7:_d 10:error unexpected character: 'é'");
  EXPECT_EQ(Tokens("# only\n a # rest"), "8:a");
  EXPECT_EQ(Tokens("AND OFFSET Sum"), "0:!AND 4:!OFFSET 11:!Sum");
}

TEST(Lexer, IsInsideBracesBetweenThem) {
  EXPECT_EQ(Tokens("{sum!=\"a\", by='b'}"), "0:{ 1:sum 4:!!= 6:\"a\" 9:, 11:by 13:= 14:'b' 17:}");
  EXPECT_EQ(Tokens("{1}"), "0:{ 1:error unexpected character inside braces: '1'");
  EXPECT_EQ(Tokens("{{"), "0:{ 1:error unexpected left brace '{'");
  EXPECT_EQ(Tokens("{a!b"), "0:{ 1:a 2:error unexpected character after '!' inside braces: 'b'");
}

TEST(Lexer, CountsBracketsAndParentheses) {
  EXPECT_EQ(Tokens("a[[5m]"), "0:a 1:[ 2:error missing unit character in duration");
  EXPECT_EQ(Tokens("a[5m[1m"), "0:a 1:[ 2:5m 4:error unexpected left bracket '['");
  EXPECT_EQ(Tokens("a]"), "0:a 1:error unexpected right bracket ']'");
  EXPECT_EQ(Tokens("a[5m:5m:"), "0:a 1:[ 2:5m 4:: 5:5m 7:error unexpected colon ':'");
  EXPECT_EQ(Tokens("())"), "0:( 1:) 3:error unexpected right parenthesis ')'");
}

TEST(Lexer, GivesTheEndForEverAfterAnError) {
  Lexer lexer("$ a b");
  EXPECT_EQ(lexer.Next().type, TokenType::kError);
  EXPECT_EQ(lexer.Next().type, TokenType::kEof);
  EXPECT_EQ(lexer.Next().type, TokenType::kEof);
}

TEST(Lexer, ReadsTheValuesOfASeries) {
  EXPECT_EQ(Tokens("m{a=\"b\"} 1x2 _ -3+4x5", true),
            "0:m 1:{ 2:a 3:= 4:\"b\" 7:} 8:  9:1 10:x 11:2 12:  13:_ 14:  15:!- 16:3 17:!+ 18:4 "
            "19:x 20:5");
  EXPECT_EQ(Tokens("m $", true), "0:m 1:  2:error unexpected character in series sequence: '$'");
}

}  // namespace
}  // namespace kizashi::promql
