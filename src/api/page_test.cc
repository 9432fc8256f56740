#include "api/page.h"

#include <gtest/gtest.h>

#include "api/page_files.h"

namespace kizashi {
namespace {

constexpr std::string_view kOpenApi = "/kizashi/v1/openapi.yaml";

class PageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!page_.Get("/index.html", false)) GTEST_SKIP() << "web/dist is not built";
  }
  std::string Header(const HttpResponse& response, std::string_view name) const {
    return std::string(FindHeader(response.headers, name));
  }

  const Page page_;
};

TEST(OpenApiFileTest, IsCarriedInTheBinary) {
  const auto response = Page().Get(kOpenApi, false);
  ASSERT_TRUE(response.has_value());
  EXPECT_TRUE(response->body.starts_with("openapi: 3."));
}

TEST_F(PageTest, EveryViewsAddressIsAnsweredByThePage) {
  const std::string index = page_.Get("/index.html", false)->body;
  ASSERT_NE(index.find("<title>"), index.npos);
  // A service's name may hold dots.
  for (const char* path : {"/", "/services/shop", "/services/pay.api", "/anomalies",
                           "/anomalies/00ff", "/report", "/demo"}) {
    const auto response = page_.Get(path, false);
    ASSERT_TRUE(response.has_value()) << path;
    EXPECT_EQ(response->body, index) << path;
    EXPECT_EQ(Header(*response, "Content-Type"), "text/html; charset=utf-8") << path;
  }
}

TEST_F(PageTest, AFileThatIsNotThereIsNotThePage) {
  for (const char* path : {"/assets/old-1234.js", "/assets/gone", "/favicon.ico",
                           "/../etc/passwd.x", "/services.map"}) {
    EXPECT_FALSE(page_.Get(path, true).has_value()) << path;
  }
}

TEST_F(PageTest, ThePolicyLetsNoForeignOrInlineScriptRun) {
  const auto response = page_.Get("/", false);
  const std::string policy = Header(*response, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'self';")) << policy;
  for (const char* weak : {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"}) {
    EXPECT_EQ(policy.find(weak), policy.npos) << policy;
  }
  for (const char* strict : {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"}) {
    EXPECT_NE(policy.find(strict), policy.npos) << policy;
  }
  EXPECT_EQ(Header(*response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(Header(*response, "Referrer-Policy"), "no-referrer");
  // The page keeps to it: no script, style or handler of its own stands in the HTML.
  for (const char* inline_code : {"<script>", "<style", " style=", " onload=", " onclick="}) {
    EXPECT_EQ(response->body.find(inline_code), response->body.npos) << inline_code;
  }
}

TEST_F(PageTest, OnlyFilesWithAHashInTheirNameAreKeptForGood) {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    const auto packed = page_.Get(file.path, true);
    const auto plain = page_.Get(file.path, false);
    ASSERT_TRUE(packed && plain) << file.path;
    const bool hashed = std::string_view(file.path).starts_with("/assets/");
    EXPECT_EQ(Header(*packed, "Cache-Control").find("immutable") != std::string::npos, hashed)
        << file.path;
    EXPECT_EQ(Header(*packed, "Vary"), "Accept-Encoding");
    EXPECT_EQ(Header(*packed, "Content-Encoding"), "gzip");
    EXPECT_TRUE(packed->body.starts_with("\x1f\x8b")) << file.path;
    EXPECT_NE(Header(*plain, "Content-Encoding"), "gzip");
    EXPECT_FALSE(plain->body.starts_with("\x1f\x8b")) << file.path;
  }
}

}  // namespace
}  // namespace kizashi
