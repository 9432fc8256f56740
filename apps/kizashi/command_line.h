// The program's commands and their options, over CLI11, which stays inside command_line.cc: its
// templates cost the compiler more than all the rest of the program's folder.
//
// Values outlive the command line; what they hold before is the default, shown in --help.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace kizashi {

struct OptionRules {
  bool required = false;
  std::vector<std::string> choices = {};  // none: anything
  bool bytes = false;                     // a number with k, M, G: powers of 1024
};

class Command {
 public:
  Command(CLI::App* app, std::function<int()>* chosen) : app_(app), chosen_(chosen) {}

  /// A command below this one.
  Command Add(const std::string& name, const std::string& description);
  /// The same, left out of --help.
  Command AddHidden(const std::string& name);

  /// `name` is "--name", or "name" for a positional argument.
  void Option(const std::string& name, std::string* value, const std::string& description,
              const OptionRules& rules = {});
  /// May be given more than once.
  void Option(const std::string& name, std::vector<std::string>* values,
              const std::string& description, const OptionRules& rules = {});
  void Option(const std::string& name, uint64_t* value, const std::string& description,
              const OptionRules& rules = {});
  /// A TCP port; required.
  void Port(const std::string& name, uint16_t* value);
  void Flag(const std::string& name, bool* value, const std::string& description);
  /// Left out of --help.
  void HiddenOption(const std::string& name, std::string* value);
  void HiddenOption(const std::string& name, uint64_t* value);

  void Footer(const std::string& text);
  /// One of the commands below must be given.
  void RequireCommand();
  /// What the command does when none below it is given; `action` gives the program's exit code.
  void Action(std::function<int()> action);

 private:
  // The CommandLine's, both.
  CLI::App* app_;
  std::function<int()>* chosen_;
};

class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& version);
  ~CommandLine();

  Command root();
  /// Parses and does what the chosen command says; its exit code, or kUsage after saying why.
  int Run(int argc, char** argv);

  static constexpr int kUsage = 2;

 private:
  std::unique_ptr<CLI::App> app_;
  std::function<int()> chosen_;
};

}  // namespace kizashi
