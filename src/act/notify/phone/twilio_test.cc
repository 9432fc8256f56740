#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "act/notify/phone/phone_config.h"
#include "act/notify/phone/twilio_caller.h"
#include "act/notify/phone/twilio_signature.h"
#include "act/notify/phone/twiml.h"

namespace kizashi::phone {
namespace {

// The examples of "Webhooks security" at twilio.com/docs, of 2026 and of before.
constexpr char kExampleUrl[] = "https://mycompany.com/myapp.php?foo=1&bar=2";
FormFields Example(const std::string& caller) {
  return {{"Digits", "1234"},
          {"To", "+18005551212"},
          {"From", caller},
          {"Caller", caller},
          {"CallSid", "CA1234567890ABCDE"}};
}

TEST(TwilioSignatureTest, DocumentedExamplesVerify) {
  for (const auto& [caller, signature] :
       {std::pair("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        std::pair("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")}) {
    const FormFields fields = Example(caller);
    EXPECT_EQ(TwilioSignature("12345", kExampleUrl, fields), signature);
    EXPECT_TRUE(IsTwilioSignature(signature, "12345", kExampleUrl, fields));
    EXPECT_FALSE(IsTwilioSignature(signature, "12346", kExampleUrl, fields));
    EXPECT_FALSE(IsTwilioSignature(signature, "12345", std::string(kExampleUrl) + "&x=1", fields));
    EXPECT_FALSE(IsTwilioSignature("", "12345", kExampleUrl, fields));
    for (size_t i = 0; i < fields.size(); ++i) {
      FormFields altered = fields;
      altered[i].second += "0";
      EXPECT_FALSE(IsTwilioSignature(signature, "12345", kExampleUrl, altered)) << i;
    }
    std::string altered = signature;
    altered[3] = static_cast<char>(altered[3] + 1);
    EXPECT_FALSE(IsTwilioSignature(altered, "12345", kExampleUrl, fields));
  }
}

TEST(TwilioSignatureTest, Forms) {
  const auto fields = ParseForm("a=1&b=x+y%26z&&c&=d&e=%zz");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(*fields, (FormFields{{"a", "1"}, {"b", "x y&z"}, {"c", ""}, {"", "d"}, {"e", "%zz"}}));
  EXPECT_EQ(*ParseForm(WriteForm({{"a b", "c&d=é"}})), (FormFields{{"a b", "c&d=é"}}));
  std::string many;
  for (size_t i = 0; i <= kFormFieldsMax; ++i) many += "a&";
  EXPECT_FALSE(ParseForm(many).ok());
}

TEST(TwimlTest, EscapesWhatIsSaid) {
  PhoneCall call{"c1", "117", "<Hangup/> & \"x\"", Language::kJapanese};
  const std::string xml = AskTwiml(call, 3, "https://k/?call=c1&what=digits");
  EXPECT_NE(xml.find("&lt;Hangup/&gt; &amp; &quot;x&quot;"), std::string::npos) << xml;
  EXPECT_NE(xml.find("action=\"https://k/?call=c1&amp;what=digits\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("language=\"ja-JP\" loop=\"3\""), std::string::npos) << xml;
  EXPECT_NE(FarewellTwiml('6', Language::kEnglish).find("Escalated"), std::string::npos);
}

// A caller whose provider is the test.
class TwilioCallerTest : public testing::Test {
 protected:
  TwilioCallerTest() {
    options_.api_url = "http://provider";
    options_.account = "AC1";
    options_.token = "s3cret-token";
    options_.from = "+1500";
    options_.callback_url = "https://kizashi.example/phone";
    Make();
  }
  void Make() {
    auto made = MakeTwilioCaller(
        options_, limits_,
        [this](FetchRequest request, HttpClient::Callback done) {
          const bool hangs_up = request.body == "Status=completed";
          requests_.push_back(std::move(request));
          dones_.push_back(std::move(done));
          if (hangs_up) Answer(dones_.size() - 1, 200, "{}");
        },
        &clock_, nullptr);
    ASSERT_TRUE(made.ok()) << made.status();
    caller_ = *std::move(made);
  }
  Status Call(const std::string& id) {
    return caller_->Call({id, "+81312345678", "Shop fails"},
                         [this](const PhoneEvent& event) { events_.push_back(event); });
  }
  void Answer(size_t request, int code, std::string body) {
    FetchResult result;
    result.code = code;
    result.body = std::move(body);
    if (code == 0) result.status = Unavailable("connection refused by s3cret-token");
    dones_.at(request)(std::move(result));
  }
  HttpResponse Callback(const std::string& query, const FormFields& fields, bool right = true) {
    HttpRequest request;
    request.method = "POST";
    request.query = query;
    request.body = WriteForm(fields);
    const std::string token = right ? options_.token : "other";
    request.headers.emplace_back(
        "X-Twilio-Signature", TwilioSignature(token, options_.callback_url + "?" + query, fields));
    return caller_->HandleCallback(request);
  }
  HttpResponse Told(const std::string& status) {
    return Callback("call=c1&what=status", {{"CallSid", "CA9"}, {"CallStatus", status}});
  }
  HttpResponse Pressed(const std::string& digits) {
    return Callback("call=c1&what=digits", {{"CallSid", "CA9"}, {"Digits", digits}});
  }

  const ManualClock clock_{TimeFromMs(0)};
  TwilioOptions options_;
  PhoneLimits limits_;
  std::vector<FetchRequest> requests_;
  std::vector<HttpClient::Callback> dones_;
  std::vector<PhoneEvent> events_;
  std::unique_ptr<TwilioCaller> caller_;
};

TEST_F(TwilioCallerTest, AsksTheProvider) {
  ASSERT_TRUE(Call("c1").ok());
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].url, "http://provider/2010-04-01/Accounts/AC1/Calls.json");
  EXPECT_EQ(FindHeader(requests_[0].headers, "Authorization"), "Basic QUMxOnMzY3JldC10b2tlbg==");
  const auto form = ParseForm(requests_[0].body);
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(FindField(*form, "To"), "+81312345678");
  EXPECT_EQ(FindField(*form, "From"), "+1500");
  EXPECT_EQ(FindField(*form, "Timeout"), "45");
  EXPECT_EQ(FindField(*form, "StatusCallback"),
            "https://kizashi.example/phone?call=c1&what=status");
  EXPECT_NE(FindField(*form, "Twiml").find("Shop fails"), std::string_view::npos);
}

TEST_F(TwilioCallerTest, AKeyAcknowledges) {
  ASSERT_TRUE(Call("c1").ok());
  Answer(0, 201, R"({"sid":"CA9","status":"queued"})");
  EXPECT_EQ(Told("ringing").status, 200);
  EXPECT_EQ(Told("in-progress").status, 200);
  EXPECT_NE(Pressed("1").body.find("<Gather"), std::string::npos) << "hears it again";
  EXPECT_NE(Pressed("4").body.find("<Hangup/>"), std::string::npos);
  EXPECT_NE(Pressed("4").body.find("<Hangup/>"), std::string::npos) << "the same once more";
  EXPECT_EQ(Told("completed").status, 200);
  EXPECT_EQ(Told("completed").status, 404) << "over";
  std::string seen;
  for (const PhoneEvent& event : events_) {
    seen += fmt::format("{}{} ", PhoneEventName(event.kind),
                        event.digit == 0 ? "" : std::string(1, event.digit));
  }
  EXPECT_EQ(seen, "ringing answered digit1 digit4 ended ");
  EXPECT_EQ(events_.back().end, PhoneEnd::kAcknowledged);
}

TEST_F(TwilioCallerTest, RefusesCallbacksThatAreNotTheProviders) {
  ASSERT_TRUE(Call("c1").ok());
  Answer(0, 201, R"({"sid":"CA9"})");
  const FormFields four = {{"CallSid", "CA9"}, {"Digits", "4"}};
  EXPECT_EQ(Callback("call=c1&what=digits", four, false).status, 403);
  HttpRequest unsigned_request;
  unsigned_request.method = "POST";
  unsigned_request.query = "call=c1&what=digits";
  unsigned_request.body = WriteForm(four);
  EXPECT_EQ(caller_->HandleCallback(unsigned_request).status, 403);
  unsigned_request.method = "GET";
  EXPECT_EQ(caller_->HandleCallback(unsigned_request).status, 405);
  EXPECT_EQ(Callback("call=c2&what=digits", four).status, 404);
  EXPECT_EQ(Callback("call=c1&what=digits", {{"CallSid", "CA8"}, {"Digits", "4"}}).status, 404)
      << "of another call";
  EXPECT_EQ(Callback("call=c1&what=digits", {{"CallSid", "CA9"}, {"Digits", "44"}}).status, 200);
  EXPECT_TRUE(events_.empty());
}

TEST_F(TwilioCallerTest, Ends) {
  const std::map<std::string, PhoneEnd> ends = {{"busy", PhoneEnd::kBusy},
                                                {"no-answer", PhoneEnd::kNoAnswer},
                                                {"failed", PhoneEnd::kUnreachable},
                                                {"completed", PhoneEnd::kNoDigit},
                                                {"canceled", PhoneEnd::kStopped}};
  for (const auto& [status, end] : ends) {
    ASSERT_TRUE(Call("c1").ok());
    EXPECT_EQ(Told(status).status, 200);
    EXPECT_EQ(events_.back().kind, PhoneEventKind::kEnded);
    EXPECT_EQ(events_.back().end, end) << status;
  }
  ASSERT_TRUE(Call("c1").ok());
  EXPECT_EQ(Told("queued").status, 200);
  EXPECT_EQ(Told("a new one").status, 200);
  EXPECT_EQ(events_.size(), ends.size());
}

TEST_F(TwilioCallerTest, WhatTheProviderRefuses) {
  const auto end_of = [&](int code, const std::string& body) {
    EXPECT_TRUE(Call("c1").ok());
    Answer(dones_.size() - 1, code, body);
    EXPECT_EQ(events_.back().kind, PhoneEventKind::kEnded);
    EXPECT_EQ(events_.back().detail.find(options_.token), std::string::npos);
    return events_.back().end;
  };
  EXPECT_EQ(end_of(401, R"({"code":20003,"message":"Authenticate"})"), PhoneEnd::kRefused);
  EXPECT_EQ(end_of(400, R"({"code":21211,"message":"Invalid 'To'"})"), PhoneEnd::kNotFound);
  EXPECT_EQ(end_of(429, "slow down"), PhoneEnd::kUnreachable);
  EXPECT_EQ(end_of(503, "{"), PhoneEnd::kUnreachable);
  EXPECT_EQ(end_of(0, ""), PhoneEnd::kUnreachable);
  EXPECT_EQ(end_of(201, "{}"), PhoneEnd::kFailed);
  EXPECT_EQ(end_of(201, R"({"sid":"../../x"})"), PhoneEnd::kFailed);
  EXPECT_EQ(end_of(201, R"(no json)"), PhoneEnd::kFailed);
}

TEST_F(TwilioCallerTest, HangsUpAlsoBeforeTheProviderAnswered) {
  ASSERT_TRUE(Call("c1").ok());
  caller_->HangUp("c1");
  EXPECT_EQ(events_.back().end, PhoneEnd::kStopped);
  EXPECT_EQ(requests_.size(), 1U);
  Answer(0, 201, R"({"sid":"CA9"})");
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[1].url, "http://provider/2010-04-01/Accounts/AC1/Calls/CA9.json");
  EXPECT_EQ(requests_[1].body, "Status=completed");
  ASSERT_TRUE(Call("c2").ok());
  Answer(2, 201, R"({"sid":"CA10"})");
  caller_.reset();
  EXPECT_EQ(events_.back().call_id, "c2");
  EXPECT_EQ(events_.back().end, PhoneEnd::kStopped);
  EXPECT_EQ(requests_.back().url, "http://provider/2010-04-01/Accounts/AC1/Calls/CA10.json");
}

TEST_F(TwilioCallerTest, EndsWhenTheProviderTellsNothing) {
  limits_.ring_max = limits_.call_max = Duration(-4000);  // and 8 s for the last callback
  Make();
  std::atomic<bool> ended{false};
  ASSERT_TRUE(
      caller_
          ->Call({"c1", "117", "x"},
                 [&](const PhoneEvent& event) { ended = event.end == PhoneEnd::kUnreachable; })
          .ok());
  const Stopwatch watch;
  while (!ended && watch.Elapsed() < Duration(5000)) std::this_thread::yield();
  EXPECT_TRUE(ended);
}

TEST(PhoneConfigTest, ReadsBothWays) {
  const auto sip = ReadPhoneConfig(R"(
sip:
  trunk: pbx.example:5061
  transport: tls
  user: kizashi
  secret_file: sip-secret
  caller: "+81312340000"
  rtp_port_min: 20000
  rtp_port_max: 20100
limits:
  calls_max: 2
  ring_max: 30s
)",
                                   "/etc/kizashi/phone.yml");
  ASSERT_TRUE(sip.config.has_value()) << sip.errors.at(0);
  EXPECT_EQ(sip.config->sip->transport, SipTransport::kTls);
  EXPECT_EQ(sip.config->secret.file, "/etc/kizashi/sip-secret");
  EXPECT_EQ(sip.config->limits.calls_max, 2U);
  EXPECT_EQ(sip.config->limits.ring_max, Duration(30'000));
  const auto twilio = ReadPhoneConfig(R"(
twilio: {account: AC1, token_env: TOKEN, from: "+1500", callback_url: "https://k/phone"}
)",
                                      "phone.yml");
  ASSERT_TRUE(twilio.config.has_value()) << twilio.errors.at(0);
  EXPECT_EQ(twilio.config->twilio->api_url, "https://api.twilio.com");
  EXPECT_EQ(twilio.config->secret.environment, "TOKEN");
}

TEST(PhoneConfigTest, TellsEveryErrorByItsPlace) {
  const auto errors_of = [](std::string_view text) {
    return fmt::format("{}", fmt::join(ReadPhoneConfig(text, "p.yml").errors, "\n"));
  };
  EXPECT_EQ(errors_of("sip: {trunk: x, transprt: udp}\nlimits: {calls_max: 0}"),
            "p.yml:1:17: sip.transprt: unknown field\n"
            "p.yml:2:21: limits.calls_max: found '0', expected a number of 1 to 100");
  EXPECT_NE(errors_of("").find("empty"), std::string::npos);
  EXPECT_NE(errors_of("limits: {}").find("one of sip and twilio"), std::string::npos);
  EXPECT_NE(errors_of("sip: {user: a}").find("secret"), std::string::npos);
  EXPECT_NE(errors_of("twilio: {account: AC1}").find("token"), std::string::npos);
  EXPECT_NE(errors_of("sip: {secret: x}").find("unknown field"), std::string::npos)
      << "a secret in the file is refused";
}

TEST(PhoneConfigTest, SecretsFromFileAndEnvironment) {
  setenv("KIZASHI_TEST_PHONE", "from env", 1);
  EXPECT_EQ(*ReadSecret({"", "KIZASHI_TEST_PHONE"}), "from env");
  EXPECT_FALSE(ReadSecret({"", "KIZASHI_TEST_NONE"}).ok());
  EXPECT_FALSE(ReadSecret({"/nonexistent", ""}).ok());
  EXPECT_EQ(*ReadSecret({}), "");
}

}  // namespace
}  // namespace kizashi::phone
