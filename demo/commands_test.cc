#include <gtest/gtest.h>

#include <cstdlib>

#include "demo/demo.h"
#include "demo/supervisor.h"
#include "demo/test_folder.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

// The commands against the control API of a supervisor that has not started anything.
class DemoCommandsTest : public testing::Test {
 protected:
  DemoCommandsTest() {
    auto server = HttpServer::Start(
        {},
        [this](HttpRequest request, const Responder& respond) {
          supervisor_.Handle(std::move(request), respond);
        },
        nullptr);
    EXPECT_TRUE(server.ok());
    server_ = *std::move(server);
    folder_.Write("control", fmt::format("http://127.0.0.1:{}\n", server_->port()));
    control_.directory = folder_.path();
  }
  template <typename Command>
  int Run(Command command) {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    const int code = command(out);
    std::fclose(out);
    printed_.assign(text, size);
    std::free(text);
    return code;
  }
  int Fault(const std::string& fault, const std::string& server, const std::string& duration) {
    return Run(
        [&](std::FILE* out) { return DemoFaultCommand(control_, fault, server, duration, out); });
  }
  int Status() {
    return Run([&](std::FILE* out) { return DemoStatusCommand(control_, out); });
  }

  DemoFolder folder_;
  Supervisor supervisor_{DemoOptions{}};
  std::unique_ptr<HttpServer> server_;
  DemoControl control_;
  std::string printed_;
};

TEST_F(DemoCommandsTest, StatusFindsTheDemoByItsFolder) {
  EXPECT_EQ(Status(), 0);
  EXPECT_EQ(printed_, "{\"running\":true,\"servers\":[],\"faults\":[]}\n");
}

TEST_F(DemoCommandsTest, WhatIsNotKnownIsAUsageError) {
  EXPECT_EQ(Fault("melt", "a", "5m"), 2);
  EXPECT_EQ(Fault("down", "a", "soon"), 2);
  EXPECT_EQ(Fault("down", "a", "2d"), 2) << "longer than a day";
  EXPECT_EQ(Fault("down", "a", "100ms"), 2) << "shorter than a second";
  EXPECT_EQ(Fault("down", "z", "5m"), 2) << "no such server";
  EXPECT_EQ(printed_, "") << "what is wrong goes to standard error";
}

TEST_F(DemoCommandsTest, NoDemoIsCouldNotRun) {
  control_.directory = folder_.path() + "/elsewhere";
  EXPECT_EQ(Status(), 3);
  server_.reset();
  control_.directory = folder_.path();
  EXPECT_EQ(Status(), 3) << "its file is there, but nobody answers";
  EXPECT_EQ(Fault("down", "a", "5m"), 3);
}

TEST_F(DemoCommandsTest, TheControlTakesNothingElse) {
  HttpClient client;
  const auto code = [&](const std::string& method, const std::string& path) {
    FetchRequest request;
    request.method = method;
    request.url = fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
    return client.FetchAndWait(std::move(request)).code;
  };
  EXPECT_EQ(code("PUT", "/demo/faults"), 405);
  EXPECT_EQ(code("POST", "/demo"), 404);
  EXPECT_EQ(code("GET", "/"), 404);
  EXPECT_EQ(code("POST", "/demo/faults"), 400);
}

}  // namespace
}  // namespace kizashi
