#include "api/anomaly_client.h"

#include <simdjson.h>

#include "act/anomaly_text.h"
#include "act/format.h"
#include "api/server_client.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

using Element = simdjson::dom::element;

constexpr std::string_view kAnomalies = "/kizashi/v1/anomalies";
constexpr size_t kIdChars = 16;
constexpr size_t kTextCharsMax = 160;

std::string TextOf(Element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

double NumberOf(Element object, std::string_view name) {
  double number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? number : 0;
}

std::optional<Time> TimeOf(Element object, std::string_view name) {
  int64_t ms = 0;
  if (object[name].get(ms) != simdjson::SUCCESS) return std::nullopt;
  return TimeFromMs(ms);
}

Fields FieldsOf(Element object, std::string_view name) {
  Element fields;
  if (object[name].get(fields) != simdjson::SUCCESS) return {};
  auto read = FieldsFromJson(simdjson::minify(fields));
  return read.ok() ? *std::move(read) : Fields();
}

std::string FieldsText(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += fmt::format(" {}={}", name, FieldText(fields, name));
  return text;
}

Price PriceIn(Element object) {
  Price price;
  Element found;
  if (object["price"].get(found) != simdjson::SUCCESS) return price;
  price.mean_minutes = NumberOf(found, "mean_minutes");
  price.low_minutes = NumberOf(found, "low_minutes");
  price.high_minutes = NumberOf(found, "high_minutes");
  price.basis = TextOf(found, "basis");
  price.fields = FieldsOf(found, "fields");
  return price;
}

/// What a line of the list and the head of one say.
AnomalyRecord AnomalyOf(Element object) {
  AnomalyRecord anomaly;
  anomaly.id = TextOf(object, "id");
  anomaly.service = TextOf(object, "service");
  anomaly.owner = TextOf(object, "owner");
  anomaly.kind = TextOf(object, "kind");
  anomaly.source = TextOf(object, "source");
  anomaly.code = TextOf(object, "code");
  anomaly.fields = FieldsOf(object, "fields");
  anomaly.begin = TimeOf(object, "begin").value_or(Time{});
  anomaly.end = TimeOf(object, "end");
  anomaly.price = PriceIn(object);
  return anomaly;
}

TextId StateText(const std::string& state) {
  if (state == "acknowledged") return TextId::kStateAcknowledged;
  if (state == "expected") return TextId::kStateExpected;
  if (state == "fixed") return TextId::kStateFixed;
  if (state == "came_back") return TextId::kStateCameBack;
  return state == "ended" ? TextId::kStateEnded : TextId::kStateOpen;
}

std::string PriceText(const Price& price) {
  return fmt::format("{} ({}–{})", FormatAmount(price.mean_minutes),
                     FormatAmount(price.low_minutes), FormatAmount(price.high_minutes));
}

std::string When(const std::optional<Time>& time, Language language) {
  return time ? FormatMoment(*time, "UTC", language)
              : std::string(Text(TextId::kOngoing, language));
}

void PrintLine(Element object, Language language, std::FILE* out) {
  const AnomalyRecord anomaly = AnomalyOf(object);
  fmt::print(out, "{}  {}  {}  {}  {}  {}\n", anomaly.id,
             FormatMoment(anomaly.begin, "UTC", language),
             Text(StateText(TextOf(object, "state")), language), PriceText(anomaly.price),
             anomaly.service, CutText(AnomalyText(anomaly, language), kTextCharsMax));
}

void PrintLedger(Element object, Language language, std::FILE* out) {
  const auto print = [&](TextId id, TextValues values) {
    fmt::print(out, "{}\n", FillText(id, language, values));
  };
  Element ledger;
  if (object["ledger"].get(ledger) != simdjson::SUCCESS) return;
  if (const auto time = TimeOf(ledger, "acknowledged")) {
    print(TextId::kAcknowledgedBy,
          {{"actor", TextOf(ledger, "acknowledged_by")}, {"time", When(time, language)}});
  }
  if (const auto until = TimeOf(ledger, "expected_until")) {
    print(TextId::kExpectedUntil,
          {{"until", When(until, language)}, {"reason", TextOf(ledger, "expected_because")}});
  }
  if (const auto time = TimeOf(ledger, "fixed")) {
    print(TextId::kFixedBy, {{"what", TextOf(ledger, "fixed_by")}, {"time", When(time, language)}});
  }
  const std::string came_back = TextOf(ledger, "came_back");
  if (!came_back.empty()) {
    print(came_back == "fixed" ? TextId::kCameBackFixed : TextId::kCameBackAbsent,
          {{"time", When(TimeOf(ledger, "last_seen"), language)}});
  }
}

void PrintEvidence(Element object, Language language, std::FILE* out) {
  simdjson::dom::array evidence;
  if (object["evidence"].get(evidence) != simdjson::SUCCESS) return;
  fmt::print(out, "\n{}\n", Text(TextId::kEvidence, language));
  for (const Element one : evidence) {
    fmt::print(out, "  {}  {}{}\n", When(TimeOf(one, "time"), language), TextOf(one, "code"),
               OneLine(FieldsText(FieldsOf(one, "fields"))));
  }
}

void PrintHistory(Element ledger, Language language, std::FILE* out) {
  simdjson::dom::array list;
  if (ledger["edits"].get(list) == simdjson::SUCCESS && list.size() > 0) {
    fmt::print(out, "\n{}\n", Text(TextId::kDecisions, language));
    for (const Element edit : list) {
      const auto until = TimeOf(edit, "until");
      fmt::print(out, "  {}  {}  {}{}  {}\n", When(TimeOf(edit, "time"), language),
                 TextOf(edit, "actor"), TextOf(edit, "what"),
                 until ? " " + FormatTime(*until) : std::string(), OneLine(TextOf(edit, "reason")));
    }
  }
  if (ledger["prices"].get(list) == simdjson::SUCCESS && list.size() > 1) {
    fmt::print(out, "\n{}\n", Text(TextId::kPricesTold, language));
    for (const Element told : list) {
      const Price price = PriceIn(told);
      fmt::print(out, "  {}  {}  {}\n", When(TimeOf(told, "time"), language), PriceText(price),
                 price.basis);
    }
  }
  if (ledger["similar"].get(list) == simdjson::SUCCESS && list.size() > 0) {
    fmt::print(out, "\n{}\n", Text(TextId::kSimilar, language));
    for (const Element one : list) {
      fmt::print(out, "  ");
      PrintLine(one, language, out);
    }
  }
  if (ledger["links"].get(list) == simdjson::SUCCESS) {
    fmt::print(out, "\n{}\n", Text(TextId::kLinks, language));
    for (const Element link : list) {
      fmt::print(out, "  {}  {}\n", TextOf(link, "what"), TextOf(link, "path"));
    }
  }
}

/// RFC 3339; else a day, whose end in UTC it is; else how long from now.
StatusOr<Time> ReadUntil(const std::string& text, Time now) {
  if (const auto time = ParseTime(text); time.ok()) return *time;
  if (const auto day = ParseTime(text + "T00:00:00Z"); text.size() == 10 && day.ok()) {
    return *day + std::chrono::hours(24);
  }
  const auto span = ParseDuration(text);
  if (span.ok() && *span > Duration(0)) return now + *span;
  return InvalidArgument(
      "--until {}: expected a day such as 2026-12-31, a time or a span such as 7d", text);
}

bool IsId(const std::string& text) {
  return text.size() == kIdChars && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

int AnomalyListCommand(const AnomalyCommandOptions& options, std::FILE* out) {
  ServerClient client("anomaly list", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get(kAnomalies,
                                    {{"team", options.team},
                                     {"service", options.service},
                                     {"kind", options.kind},
                                     {"state", options.state},
                                     {"limit", options.limit}},
                                    &body)) {
    return failed;
  }
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
    return 0;
  }
  simdjson::dom::parser parser;
  simdjson::dom::array anomalies;
  if (parser.parse(body)["anomalies"].get(anomalies) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const Language language = LanguageFromCode(options.language);
  if (anomalies.size() == 0) fmt::print(out, "{}\n", Text(TextId::kNoAnomalies, language));
  for (const Element anomaly : anomalies) PrintLine(anomaly, language, out);
  return 0;
}

int AnomalyShowCommand(const AnomalyCommandOptions& options, std::FILE* out) {
  ServerClient client("anomaly show", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  const std::string place = fmt::format("{}/{}", kAnomalies, PercentEncode(options.subject));
  std::string body;
  std::string ledger_body;
  if (const int failed = client.Get(place, {}, &body)) return failed;
  if (const int failed = client.Get(place + "/ledger", {}, &ledger_body)) return failed;
  if (options.format == "json") {
    fmt::print(out, "{{\"anomaly\":{},\"ledger\":{}}}\n", body, ledger_body);
    return 0;
  }
  simdjson::dom::parser parser;
  simdjson::dom::parser ledger_parser;
  Element object;
  Element ledger;
  if (parser.parse(body).get(object) != simdjson::SUCCESS ||
      ledger_parser.parse(ledger_body).get(ledger) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const Language language = LanguageFromCode(options.language);
  const AnomalyRecord anomaly = AnomalyOf(object);
  fmt::print(out, "{}\n{}  {}\n", AnomalyText(anomaly, language),
             Text(StateText(TextOf(object, "state")), language), anomaly.kind);
  fmt::print(out, "{}: {}  {}: {}\n", Text(TextId::kBegin, language), When(anomaly.begin, language),
             Text(TextId::kEnd, language), When(anomaly.end, language));
  fmt::print(out, "{}: {}  {}{}\n", Text(TextId::kPrice, language), PriceText(anomaly.price),
             anomaly.price.basis, FieldsText(anomaly.price.fields));
  PrintLedger(object, language, out);
  PrintEvidence(object, language, out);
  PrintHistory(ledger, language, out);
  return 0;
}

int AnomalyEditCommand(const std::string& what, const AnomalyCommandOptions& options,
                       const Clock& clock, std::FILE* out) {
  ServerClient client("anomaly " + what, options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string kind = options.subject;
  std::string body;
  // Somebody who has an anomaly before him need not know its kind.
  if (what != "acknowledge" && IsId(options.subject)) {
    const std::string place = fmt::format("{}/{}", kAnomalies, PercentEncode(options.subject));
    if (const int failed = client.Get(place, {}, &body)) return failed;
    simdjson::dom::parser parser;
    Element anomaly;
    if (parser.parse(body).get(anomaly) == simdjson::SUCCESS) kind = TextOf(anomaly, "kind");
  }
  JsonWriter json;
  json.BeginObject().Key("what").String(what).Key("via").String("cli");
  json.Key(what == "acknowledge" ? "anomaly" : "kind").String(kind);
  json.Key("reason").String(options.reason);
  std::string told = what + " " + kind;
  if (what == "expect") {
    const auto until = ReadUntil(options.until, clock.Now());
    if (!until.ok()) return client.Fail(ServerClient::kUsage, Message(until.status()));
    json.Key("until").String(FormatTime(*until));
    told += " until " + FormatTime(*until);
  }
  json.Key("id").String(fmt::format("{} {}", ToMs(clock.Now()), told)).EndObject();
  if (const int failed = client.Post("/kizashi/v1/ledger", json.Take(), &body)) return failed;
  fmt::print(out, "{}\n", options.format == "json" ? body : told);
  return 0;
}

}  // namespace kizashi
