#include "api/credentials.h"

#include <gtest/gtest.h>

#include "wire/signature.h"

namespace kizashi {
namespace {

std::string SecretIn(const std::string& authorization) {
  HttpRequest request;
  request.headers = {{"authorization", authorization}};
  return SecretOf(request);
}

TEST(CredentialsTest, ASecretIsABearerTokenOrABasicPassword) {
  EXPECT_EQ(SecretIn("Bearer abc"), "abc");
  EXPECT_EQ(SecretIn("Basic c25zOnNlY3JldA=="), "secret");   // sns:secret
  EXPECT_EQ(SecretIn("Basic c25zOnM6ZWNyZXQ="), "s:ecret");  // sns:s:ecret
  EXPECT_EQ(SecretIn("Basic OnNlY3JldDEy"), "secret12");     // :secret12
  for (const char* none : {"", "Bearer", "Digest x", "Basic", "Basic ", "Basic ===", "Basic ====",
                           "Basic c25z", "Basic c25zOnNlY3JldA", "Basic \x80\x80\x80\x80"}) {
    EXPECT_EQ(SecretIn(none), "") << none;
  }
  EXPECT_EQ(SecretIn("Basic " + std::string(8000, 'A')), "");
  EXPECT_EQ(SecretOf(HttpRequest{}), "");
}

// RFC 4231, test case 2.
TEST(CredentialsTest, TheSignatureIsHmacSha256) {
  const std::string_view body = "what do ya want for nothing?";
  const std::string_view expected =
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(HmacSha256Hex("Jefe", body), expected);
  EXPECT_TRUE(IsSigned({"old", "Jefe"}, body, expected));
  EXPECT_FALSE(IsSigned({"old"}, body, expected));
  EXPECT_FALSE(IsSigned({}, body, expected));
  EXPECT_FALSE(IsSigned({"Jefe"}, "another body", expected));
  EXPECT_FALSE(IsSigned({"Jefe"}, body, ""));
  EXPECT_FALSE(IsSigned({"Jefe"}, body, expected.substr(1)));
}

}  // namespace
}  // namespace kizashi
