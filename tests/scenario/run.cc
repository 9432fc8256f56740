// Plays one scenario file and says what was not as expected.
#include <fmt/core.h>

#include <fstream>
#include <sstream>

#include "scenario/scenario.h"

int main(int argc, char** argv) {
  using namespace kizashi;
  if (argc != 2) {
    fmt::print(stderr, "usage: scenario_test FILE.kz\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  const auto scenario = scenario::Parse(text.str());
  if (!scenario.ok()) {
    fmt::print(stderr, "{}: {}\n", argv[1], Message(scenario.status()));
    return 1;
  }
  const auto events = scenario::Play(*scenario, 0);
  const auto restarted = scenario::Play(*scenario, 97);
  auto failures = scenario::Check(*scenario, events);
  const auto same = [](const scenario::Event& a, const scenario::Event& b) {
    return a.time == b.time && a.what == b.what && a.text == b.text;
  };
  if (!std::equal(events.begin(), events.end(), restarted.begin(), restarted.end(), same)) {
    failures.push_back("with restarts the judge said something else");
  }
  for (const std::string& failure : failures) fmt::print("{}: {}\n", argv[1], failure);
  if (!failures.empty()) {
    for (const auto& event : events) {
      fmt::print("  {} {} {}\n", FormatTime(event.time), event.what, event.text);
    }
  }
  fmt::print("{} expectations, {} events, {} failed\n", scenario->expectations.size(),
             events.size(), failures.size());
  return failures.empty() ? 0 : 1;
}
