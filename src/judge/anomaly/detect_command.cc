#include "judge/anomaly/detect_command.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/json_writer.h"
#include "judge/anomaly/sample_table.h"
#include "judge/anomaly/service_detector.h"
#include "judge/logs/read_records.h"

namespace kizashi {
namespace {

constexpr int kNothing = 0;
constexpr int kFound = 1;
constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

int Say(std::FILE* err, int code, std::string_view text) {
  fmt::print(err, "kizashi detect: {}\n", text);
  return code;
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

// A line with its end; false at the end of the file. What is longer than a line may be is cut, and
// the table refuses it.
bool ReadLine(std::FILE* file, std::string* line) {
  line->clear();
  int c = 0;
  while ((c = getc_unlocked(file)) != EOF) {
    if (line->size() <= SampleTable::kLineBytesMax) line->push_back(static_cast<char>(c));
    if (c == '\n') return true;
  }
  return !line->empty();
}

struct Row {
  float score = 0;
  bool alert = false;
  std::string names;
};

// Several columns are one service; one is a series.
class Table {
 public:
  Table(size_t columns, absl::TimeZone zone) : detector_(columns), zone_(zone) {}

  Row Judge(const SampleTable& table) {
    const Time time = table.time();
    const auto zone_s = static_cast<int32_t>(zone_.At(absl::FromUnixMillis(ToMs(time))).offset);
    Reading reading;
    for (size_t i = 0; i < table.values().size(); ++i) {
      const double value = table.values()[i];
      if (std::isnan(value)) continue;
      reading = detector_.Observe(static_cast<uint32_t>(i), time, value, zone_s);
    }
    Row row;
    if (table.names().size() == 1) {
      row.score = reading.Score();
      row.alert = reading.alert;
      if (row.alert) row.names = table.names()[0];
      return row;
    }
    const ServiceDetector::Finding finding = detector_.Judge(time);
    row.score = finding.Score();
    row.alert = finding.alert;
    if (!row.alert) return row;
    for (const ServiceDetector::Moved& moved : detector_.moved()) {
      row.names += (row.names.empty() ? "" : ";") + table.names()[moved.signal];
    }
    return row;
  }

 private:
  ServiceDetector detector_;
  absl::TimeZone zone_;
};

void PrintRow(const SampleTable& table, const Row& row, bool as_json, std::FILE* out) {
  if (!as_json) {
    Print(out, "{},{:.6f},{},{}\n", CsvField(table.timestamp()), row.score, row.alert ? 1 : 0,
          CsvField(row.names));
    return;
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("timestamp").String(table.timestamp());
  json.Key("score").Number(row.score);
  json.Key("alert").Int(row.alert ? 1 : 0);
  json.Key("names").String(row.names);
  json.EndObject();
  Print(out, "{}\n", json.text());
}

}  // namespace

int DetectCommand(const DetectArguments& arguments, std::FILE* out, std::FILE* err) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(arguments.zone, &zone)) {
    return Say(err, kUsage, fmt::format("--zone {}: no such time zone", arguments.zone));
  }
  const bool standard = arguments.file == "-";
  std::unique_ptr<std::FILE, CloseFile> file(standard ? stdin
                                                      : std::fopen(arguments.file.c_str(), "rb"));
  if (file == nullptr) {
    return Say(err, kCouldNot, fmt::format("{}: {}", arguments.file, std::strerror(errno)));
  }
  SampleTable samples;
  std::string line;
  if (!ReadLine(file.get(), &line)) return Say(err, kUsage, arguments.file + ": is empty");
  if (const Status read = samples.ReadHeader(line); !read.ok()) {
    return Say(err, kUsage, fmt::format("{}: {}", arguments.file, Message(read)));
  }
  Table table(samples.names().size(), zone);
  const bool as_json = arguments.format == "json";
  if (!as_json) Print(out, "timestamp,score,alert,names\n");
  bool found = false;
  while (ReadLine(file.get(), &line)) {
    if (const Status read = samples.ReadRow(line); !read.ok()) {
      Flushed("detect", out);
      return Say(err, kUsage, fmt::format("{}: {}", arguments.file, Message(read)));
    }
    const Row row = table.Judge(samples);
    found = found || row.alert;
    PrintRow(samples, row, as_json, out);
    // Whoever pipes rows in waits for the answer to each.
    if (standard && std::fflush(out) != 0) break;
  }
  if (std::ferror(file.get()) != 0) {
    return Say(err, kCouldNot, fmt::format("{}: {}", arguments.file, std::strerror(errno)));
  }
  if (!Flushed("detect", out)) return kCouldNot;
  return found ? kFound : kNothing;
}

}  // namespace kizashi
