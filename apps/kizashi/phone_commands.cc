#include "phone_commands.h"

#include <memory>
#include <string>

#include "act/notify/phone/tel_command.h"
#include "address.h"
#include "base/log.h"

namespace kizashi {
namespace {

struct Flags {
  std::string to, text, language = "en";
  std::string config, listen = "127.0.0.1:0";
  std::string sip, transport = "udp", user, secret_file, caller;
  std::string ring_max, call_max;
};

Status ReadSpan(std::string_view flag, const std::string& text, Duration* span) {
  if (text.empty()) return OkStatus();
  const auto parsed = ParseDuration(text);
  if (!parsed.ok()) return InvalidArgument("{}: {}", flag, Message(parsed.status()));
  *span = *parsed;
  return OkStatus();
}

StatusOr<phone::TelOptions> ReadFlags(const Flags& flags) {
  phone::TelOptions options;
  options.to = flags.to;
  options.text = flags.text;
  options.language = LanguageFromCode(flags.language);
  if (!flags.config.empty()) {
    auto read = phone::LoadPhoneConfig(flags.config);
    if (!read.config) {
      std::string all;
      for (const std::string& error : read.errors) all += (all.empty() ? "" : "\n") + error;
      return InvalidArgument("{}", all);
    }
    options.config = *std::move(read.config);
  } else {
    phone::SipOptions sip;
    sip.trunk = flags.sip;
    KZ_ASSIGN_OR_RETURN(sip.transport, phone::ParseSipTransport(flags.transport));
    sip.user = flags.user;
    sip.caller = flags.caller;
    options.config.secret.file = flags.secret_file;
    options.config.sip = std::move(sip);
  }
  KZ_RETURN_IF_ERROR(ReadSpan("--ring-max", flags.ring_max, &options.config.limits.ring_max));
  KZ_RETURN_IF_ERROR(ReadSpan("--call-max", flags.call_max, &options.config.limits.call_max));
  KZ_ASSIGN_OR_RETURN(const Address listen, ParseAddress("--listen", flags.listen));
  options.listen_host = listen.host;
  options.listen_port = listen.port;
  return options;
}

}  // namespace

void AddPhoneCommands(Command root) {
  Command tel = root.Add("tel", "Call somebody now, say a text, and print what happens");
  auto flags = std::make_shared<Flags>();
  tel.Option("to", &flags->to, "A number such as +81312345678, or sip:USER@HOST",
             {.required = true});
  tel.Option("--text", &flags->text, "What is said", {.required = true});
  tel.Option("--language", &flags->language, "In which language", {.choices = {"en", "ja"}});
  tel.Option("--config", &flags->config, "A phone.yml; in place of the options of SIP below");
  tel.Option("--sip", &flags->sip, "HOST[:PORT] of the trunk or PBX that calls go through");
  tel.Option("--transport", &flags->transport, "How it is reached",
             {.choices = {"udp", "tcp", "tls"}});
  tel.Option("--user", &flags->user, "Our name there");
  tel.Option("--secret-file", &flags->secret_file, "A file with our password there");
  tel.Option("--caller", &flags->caller, "The number that is shown to the one called");
  tel.Option("--ring-max", &flags->ring_max, "How long it may ring; 45s");
  tel.Option("--call-max", &flags->call_max, "How long the call may last then; 2m");
  tel.Option("--listen", &flags->listen, "Where callbacks of a REST provider are taken");
  tel.Footer(
      "Exit code: 0 a key acknowledged or escalated it, 1 it ended otherwise, 2 wrong arguments,\n"
      "3 nobody could be called.");
  tel.Action([flags] {
    SetupLog(LogLevel::kWarn, LogFormat::kLogfmt);
    const auto options = ReadFlags(*flags);
    if (!options.ok()) {
      fmt::print(stderr, "kizashi tel: {}\n", Message(options.status()));
      return CommandLine::kUsage;
    }
    return phone::TelCommand(*options, stdout);
  });
}

}  // namespace kizashi
