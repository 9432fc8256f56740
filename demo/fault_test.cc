#include "demo/fault.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

const std::vector<std::string> kServers = {"a", "b", "c"};

std::string Refusal(std::string_view json) {
  const auto request = ParseFaultRequest(json, kServers);
  EXPECT_FALSE(request.ok()) << json;
  EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument) << json;
  return std::string(Message(request.status()));
}

TEST(FaultTest, EveryFaultHasANameThatFindsIt) {
  for (const Fault fault : {Fault::kDown, Fault::kSlow, Fault::kErrors, Fault::kCpu,
                            Fault::kNewLine, Fault::kLogFlood, Fault::kTraffic}) {
    EXPECT_FALSE(FaultName(fault).empty());
    EXPECT_EQ(FindFault(FaultName(fault)), fault) << FaultName(fault);
    // The unknown fault's message names them all.
    EXPECT_NE(Refusal(R"({"fault":"x","seconds":1})").find(FaultName(fault)), std::string::npos);
  }
  for (const char* name : {"", "Down", "down ", "new-line", "x"}) EXPECT_FALSE(FindFault(name));
}

TEST(FaultTest, RequestsRoundTrip) {
  for (const FaultRequest& request : {FaultRequest{Fault::kDown, "c", std::chrono::minutes(5)},
                                      FaultRequest{Fault::kTraffic, "", std::chrono::hours(24)}}) {
    const auto read = ParseFaultRequest(FormatFaultRequest(request), kServers);
    ASSERT_TRUE(read.ok()) << Message(read.status());
    EXPECT_EQ(read->fault, request.fault);
    EXPECT_EQ(read->server, request.server);
    EXPECT_EQ(read->duration, request.duration);
  }
}

TEST(FaultTest, TrafficIsOfTheWholeShopWhateverServerIsNamed) {
  const auto read = ParseFaultRequest(R"({"fault":"traffic","server":"z","seconds":9})", kServers);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->server, "");
}

TEST(FaultTest, WrongRequestsSayWhatIsWrong) {
  EXPECT_NE(Refusal(R"({"fault":"melt","server":"a","seconds":5})").find("'melt'"),
            std::string::npos);
  EXPECT_NE(Refusal(R"({"server":"a","seconds":5})").find("fault is missing"), std::string::npos);
  for (const char* server : {R"("server":"z",)", R"("server":5,)", R"("server":"",)", ""}) {
    const std::string json = R"({"fault":"down",)" + std::string(server) + R"("seconds":5})";
    EXPECT_NE(Refusal(json).find("server is one of a, b, c"), std::string::npos) << Refusal(json);
  }
  for (const char* seconds : {"0", "-5", "86401", "1.5", "\"5\"", "null", "9999999999999999"}) {
    EXPECT_NE(Refusal(fmt::format(R"({{"fault":"down","server":"a","seconds":{}}})", seconds))
                  .find("from 1 to 86400"),
              std::string::npos)
        << seconds;
  }
  for (const char* json : {"", "{", "[]", "\"down\"", "null", "{}{}", "\xff\xfe", "{\"fault\":"}) {
    EXPECT_NE(Refusal(json).find("not a JSON object"), std::string::npos) << json;
  }
}

TEST(FaultTest, NumbersAreReadFromFlatObjects) {
  EXPECT_EQ(*ReadJsonNumber(R"({"factor":3})", "factor"), 3);
  EXPECT_EQ(*ReadJsonNumber(R"({"factor":0.25})", "factor"), 0.25);
  for (const char* json : {R"({"factor":"3"})", "{}", "3", "[3]", "", R"({"factor":{}})"}) {
    EXPECT_FALSE(ReadJsonNumber(json, "factor").ok()) << json;
  }
}

}  // namespace
}  // namespace kizashi
