#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace kizashi {
namespace {

void Obey(CLI::Option* option, const OptionRules& rules) {
  option->required(rules.required);
  if (!rules.choices.empty()) option->check(CLI::IsMember(rules.choices));
  if (rules.bytes) option->transform(CLI::AsSizeValue(false));
}

}  // namespace

Command Command::Add(const std::string& name, const std::string& description) {
  return {app_->add_subcommand(name, description), chosen_};
}

Command Command::AddHidden(const std::string& name) {
  return {app_->add_subcommand(name)->group(""), chosen_};
}

void Command::Option(const std::string& name, std::string* value, const std::string& description,
                     const OptionRules& rules) {
  CLI::Option* const option = app_->add_option(name, *value, description);
  if (!value->empty()) option->capture_default_str();
  Obey(option, rules);
}

void Command::Option(const std::string& name, std::vector<std::string>* values,
                     const std::string& description, const OptionRules& rules) {
  Obey(app_->add_option(name, *values, description), rules);
}

void Command::Option(const std::string& name, uint64_t* value, const std::string& description,
                     const OptionRules& rules) {
  Obey(app_->add_option(name, *value, description)->capture_default_str(), rules);
}

void Command::Port(const std::string& name, uint16_t* value) {
  app_->add_option_function<uint64_t>(
          name, [value](const uint64_t& number) { *value = static_cast<uint16_t>(number); })
      ->required()
      ->check(CLI::Range(0, UINT16_MAX));
}

void Command::Flag(const std::string& name, bool* value, const std::string& description) {
  app_->add_flag_callback(
      name, [value] { *value = true; }, description);
}

void Command::HiddenOption(const std::string& name, std::string* value) {
  app_->add_option(name, *value)->group("");
}

void Command::HiddenOption(const std::string& name, uint64_t* value) {
  app_->add_option(name, *value)->group("");
}

void Command::Footer(const std::string& text) { app_->footer(text); }

void Command::RequireCommand() { app_->require_subcommand(1); }

void Command::Action(std::function<int()> action) {
  app_->callback([app = app_, chosen = chosen_, action = std::move(action)] {
    if (app->get_subcommands().empty()) *chosen = action;
  });
}

CommandLine::CommandLine(const std::string& description, const std::string& version)
    : app_(std::make_unique<CLI::App>(description)) {
  app_->set_version_flag("--version", version);
  root().RequireCommand();
}

CommandLine::~CommandLine() = default;

Command CommandLine::root() { return {app_.get(), &chosen_}; }

int CommandLine::Run(int argc, char** argv) {
  // CLI11 takes what follows `--name=` for its value; it means that the value is empty.
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    const bool is_empty = argument.starts_with("--") && argument.find('=') == argument.size() - 1;
    if (is_empty) argument.pop_back();
    arguments.push_back(std::move(argument));
    if (is_empty) arguments.emplace_back();
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  if (argc > 0) app_->name(argv[0]);
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : kUsage;
  }
  return chosen_();
}

}  // namespace kizashi
