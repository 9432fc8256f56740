#include "act/notify/phone/phone_config.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "act/notify/phone/sip_caller.h"
#include "ingest/config_reader.h"

namespace kizashi::phone {
namespace {

using Key = ConfigReader::Key;

constexpr uint64_t kCallsMax = 100;
constexpr uint64_t kRepeatsMax = 20;
constexpr Duration kSpanMax{600'000};

class Reader {
 public:
  explicit Reader(const std::string& file)
      : in_(file), folder_(std::filesystem::path(file).parent_path()) {}

  PhoneConfigResult Read(std::string_view text) {
    const YamlFile yaml = ReadYaml(text);
    in_.AddYamlErrors(yaml);
    if (yaml.documents.empty()) {
      if (in_.errors().empty()) in_.Fail(1, 1, "it is empty; say sip or twilio");
      return {std::nullopt, std::move(in_.errors())};
    }
    const YamlNode& root = yaml.documents[0];
    Mapping(
        root, "",
        {{"sip", [this](const YamlNode& node, const std::string& at) { Sip(node, at); }},
         {"twilio", [this](const YamlNode& node, const std::string& at) { Twilio(node, at); }},
         {"limits", [this](const YamlNode& node, const std::string& at) { Limits(node, at); }}});
    if (in_.errors().empty() && config_.sip.has_value() == config_.twilio.has_value()) {
      in_.Fail(root, "one of sip and twilio must be configured");
    }
    if (!in_.errors().empty()) return {std::nullopt, std::move(in_.errors())};
    return {std::move(config_), {}};
  }

 private:
  void Mapping(const YamlNode& node, const std::string& field, const std::vector<Key>& keys) {
    in_.Mapping(node, field, keys, [&](const YamlKey& key) {
      in_.Fail(key.line, key.column,
               fmt::format("{}{}{}: unknown field", field, field.empty() ? "" : ".", key.name));
      return true;
    });
  }
  Key Text(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
            }};
  }
  Key Path(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
              if (!value->empty() && (*value)[0] != '/') *value = (folder_ / *value).string();
            }};
  }
  Key Span(std::string_view name, Duration* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.Time(node, field, value);
              if (*value > kSpanMax) in_.Wrong(node, field, "at most " + FormatDuration(kSpanMax));
            }};
  }
  template <typename T>
  Key Number(std::string_view name, T* value, uint64_t min, uint64_t max) {
    return {name, [this, value, min, max](const YamlNode& node, const std::string& field) {
              auto number = static_cast<uint64_t>(*value);
              in_.Count(node, field, &number);
              if (number < min || number > max) {
                return in_.Wrong(node, field, fmt::format("a number of {} to {}", min, max));
              }
              *value = static_cast<T>(number);
            }};
  }

  void Sip(const YamlNode& node, const std::string& field) {
    SipOptions sip;
    Mapping(node, field,
            {Text("trunk", &sip.trunk),
             {"transport",
              [&](const YamlNode& value, const std::string& at) {
                std::string name;
                in_.String(value, at, &name);
                const auto parsed = ParseSipTransport(name);
                if (parsed.ok()) sip.transport = *parsed;
                if (!parsed.ok()) in_.Wrong(value, at, "udp, tcp or tls");
              }},
             Text("user", &sip.user),
             Path("secret_file", &config_.secret.file),
             Text("secret_env", &config_.secret.environment),
             Text("caller", &sip.caller),
             Text("caller_name", &sip.caller_name),
             Text("domain", &sip.domain),
             Path("tls_ca_file", &sip.tls_ca_file),
             Text("local_address", &sip.local_address),
             Number("rtp_port_min", &sip.rtp_port_min, 1024, 65'000),
             Number("rtp_port_max", &sip.rtp_port_max, 1026, 65'535),
             Span("reach_max", &sip.reach_max)});
    SipOptions checked = sip;
    if (!config_.secret.empty()) checked.secret = "known later";
    if (const Status status = CheckSipOptions(checked); !status.ok()) {
      in_.Fail(node, fmt::format("{}: {}", field, Message(status)));
    }
    config_.sip = std::move(sip);
  }

  void Twilio(const YamlNode& node, const std::string& field) {
    TwilioOptions twilio;
    Mapping(node, field,
            {Text("account", &twilio.account), Path("token_file", &config_.secret.file),
             Text("token_env", &config_.secret.environment), Text("from", &twilio.from),
             Text("callback_url", &twilio.callback_url), Text("api_url", &twilio.api_url)});
    TwilioOptions checked = twilio;
    if (!config_.secret.empty()) checked.token = "known later";
    if (const Status status = CheckTwilioOptions(checked); !status.ok()) {
      in_.Fail(node, fmt::format("{}: {}", field, Message(status)));
    }
    config_.twilio = std::move(twilio);
  }

  void Limits(const YamlNode& node, const std::string& field) {
    PhoneLimits& limits = config_.limits;
    Mapping(
        node, field,
        {Number("calls_max", &limits.calls_max, 1, kCallsMax), Span("ring_max", &limits.ring_max),
         Span("call_max", &limits.call_max), Number("repeats", &limits.repeats, 1, kRepeatsMax)});
  }

  ConfigReader in_;
  const std::filesystem::path folder_;
  PhoneConfig config_;
};

}  // namespace

StatusOr<std::string> ReadSecret(const SecretSource& source) {
  std::string secret;
  if (!source.file.empty()) {
    std::ifstream in(source.file);
    secret.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    while (!secret.empty() && std::isspace(static_cast<unsigned char>(secret.back())) != 0) {
      secret.pop_back();
    }
    if (secret.empty()) return NotFound("{} cannot be read or is empty", source.file);
  } else if (!source.environment.empty()) {
    const char* const value = std::getenv(source.environment.c_str());
    if (value != nullptr) secret = value;
    if (secret.empty()) return NotFound("the variable {} is not set", source.environment);
  }
  return secret;
}

PhoneConfigResult ReadPhoneConfig(std::string_view text, const std::string& file) {
  return Reader(file).Read(text);
}

PhoneConfigResult LoadPhoneConfig(const std::string& file) {
  std::ifstream in(file);
  if (!in) return {std::nullopt, {file + ":1:1: cannot be read"}};
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return ReadPhoneConfig(text, file);
}

StatusOr<PhoneSetup> MakePhone(const PhoneConfig& config, Fetch fetch, const Clock* clock,
                               Registry* registry) {
  KZ_ASSIGN_OR_RETURN(std::string secret, ReadSecret(config.secret));
  PhoneSetup setup;
  if (config.sip) {
    SipOptions sip = *config.sip;
    sip.secret = std::move(secret);
    setup.speaker = MakeSpeaker();
    KZ_ASSIGN_OR_RETURN(setup.caller, MakeSipCaller(std::move(sip), config.limits,
                                                    setup.speaker.get(), clock, registry));
    return setup;
  }
  TwilioOptions twilio = config.twilio.value_or(TwilioOptions());
  twilio.token = std::move(secret);
  KZ_ASSIGN_OR_RETURN(auto caller, MakeTwilioCaller(std::move(twilio), config.limits,
                                                    std::move(fetch), clock, registry));
  setup.twilio = caller.get();
  setup.caller = std::move(caller);
  return setup;
}

}  // namespace kizashi::phone
