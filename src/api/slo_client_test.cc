#include "api/slo_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <mutex>

#include "catalog/test_folder.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

class SloClientTest : public testing::Test {
 protected:
  SloClientTest() {
    server_ = *HttpServer::Start(
        {},
        [this](const HttpRequest& request, const Responder& respond) {
          const std::lock_guard lock(mutex_);
          asked_ =
              fmt::format("{}?{} {}", request.path, request.query, request.Header("Authorization"));
          respond(answer_);
        },
        nullptr);
    options_.server = fmt::format("http://127.0.0.1:{}/", server_->port());
  }

  int Run() {
    printed_.clear();
    char* text = nullptr;
    size_t size = 0;
    std::FILE* file = open_memstream(&text, &size);
    const int code = SloReportCommand(options_, file);
    std::fclose(file);
    printed_.assign(text, size);
    std::free(text);
    return code;
  }

  TestFolder folder_;
  std::mutex mutex_;
  std::string asked_;
  HttpResponse answer_ = JsonResponse(200, R"({"markdown":"# Review\n","html":"<p>Review</p>"})");
  std::unique_ptr<HttpServer> server_;
  SloReportCommandOptions options_;
  std::string printed_;
};

TEST_F(SloClientTest, AsksForTheReportAndPrintsIt) {
  folder_.Write("tokens", "# ours\nsecret \n");
  options_.token_file = folder_.name() + "/tokens";
  options_.team = "a b&c";
  options_.period = "quarter";
  options_.language = "ja";
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(printed_, "# Review\n");
  EXPECT_EQ(asked_,
            "/kizashi/v1/slos/report?team=a%20b%26c&period=quarter&language=ja Bearer secret");
  options_.format = "html";
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(printed_, "<p>Review</p>");
}

TEST_F(SloClientTest, SaysWhatIsWrongByItsExitCode) {
  const auto answers = [&](HttpResponse answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  };
  answers(ErrorResponse(404, "there is no such team", "x"));
  EXPECT_EQ(Run(), 2);
  answers(ErrorResponse(400, "until is 'x'"));
  EXPECT_EQ(Run(), 2);
  answers(ErrorResponse(503, "another report is being made"));
  EXPECT_EQ(Run(), 3);
  answers(JsonResponse(200, "[]"));
  EXPECT_EQ(Run(), 3);
  EXPECT_EQ(printed_, "");
  options_.token_file = folder_.name() + "/none";
  EXPECT_EQ(Run(), 2);
  options_.token_file.clear();
  options_.server = "http://127.0.0.1:1";
  EXPECT_EQ(Run(), 3);
}

}  // namespace
}  // namespace kizashi
