#include "detect_commands.h"

#include <memory>

#include "judge/anomaly/detect_command.h"

namespace kizashi {

void AddDetectCommand(Command root) {
  Command detect = root.Add("detect", "Unusual rows of a table of samples; nothing to configure");
  auto arguments = std::make_shared<DetectArguments>();
  detect.Option("file", &arguments->file,
                "CSV with the header timestamp,value or timestamp,name1,name2,... (the signals of "
                "one service); - for standard input",
                {.required = true});
  detect.Option("--format", &arguments->format, "How it is printed", {.choices = {"csv", "json"}});
  detect.Option("--zone", &arguments->zone, "Time zone of days and weeks, as Asia/Tokyo");
  detect.Footer(
      "One row for each row read: timestamp, score, alert (0 or 1), and the names of the columns\n"
      "that moved, the first first. Each row is decided before the next is read. A score of 0.5 "
      "is\n"
      "what comes once a week on this series, each 1/12 more is ten times rarer.\n"
      "Timestamps are seconds or milliseconds since 1970, RFC 3339, or 2026-01-31 09:00:00 (UTC).\n"
      "Exit code: 0 nothing found, 1 an alert, 2 the table is wrong, 3 it cannot be read.");
  detect.Action([=] { return DetectCommand(*arguments, stdout, stderr); });
}

}  // namespace kizashi
