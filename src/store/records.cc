#include "store/records.h"

#include <simdjson.h>

#include <limits>

#include "base/check.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

namespace od = simdjson::ondemand;

void WriteFields(const Fields& fields, JsonWriter* writer) {
  writer->BeginObject();
  for (const auto& [name, value] : fields) {
    writer->Key(name);
    if (const auto* number = std::get_if<double>(&value)) {
      writer->Number(*number);
    } else {
      writer->String(std::get<std::string>(value));
    }
  }
  writer->EndObject();
}

Status Malformed(std::string_view what, simdjson::error_code error) {
  return DataLoss("stored {} cannot be read: {}", what, simdjson::error_message(error));
}

bool AtEnd(od::document* document) {
  return document->current_location().error() == simdjson::OUT_OF_BOUNDS;
}

simdjson::error_code ReadFieldValue(od::value value, FieldValue* out) {
  od::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  if (type == od::json_type::number) {
    double number = 0;
    if (const auto error = value.get_double().get(number)) return error;
    *out = number;
    return simdjson::SUCCESS;
  }
  if (type == od::json_type::null) {
    if (!value.is_null()) return simdjson::N_ATOM_ERROR;
    *out = std::numeric_limits<double>::quiet_NaN();
    return simdjson::SUCCESS;
  }
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return error;
  *out = std::string(text);
  return simdjson::SUCCESS;
}

simdjson::error_code ReadFields(od::object object, Fields* out) {
  for (auto member : object) {
    std::string_view key;
    if (const auto error = member.unescaped_key().get(key)) return error;
    std::string name(key);  // the view ends with the next string that is read
    od::value value;
    if (const auto error = member.value().get(value)) return error;
    FieldValue field;
    if (const auto error = ReadFieldValue(value, &field)) return error;
    out->emplace_back(std::move(name), std::move(field));
  }
  return simdjson::SUCCESS;
}

simdjson::error_code ReadEvidence(od::object object, Evidence* out) {
  int64_t time_ms = 0;
  if (const auto error = object["time"].get_int64().get(time_ms)) return error;
  out->time = TimeFromMs(time_ms);
  std::string_view code;
  if (const auto error = object["code"].get_string().get(code)) return error;
  out->code = std::string(code);
  od::object fields;
  if (const auto error = object["fields"].get_object().get(fields)) return error;
  return ReadFields(fields, &out->fields);
}

}  // namespace

const FieldValue* FindField(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string FieldText(const Fields& fields, std::string_view name) {
  const FieldValue* value = FindField(fields, name);
  if (value == nullptr) return "";
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  return fmt::format("{}", std::get<double>(*value));
}

double FieldNumber(const Fields& fields, std::string_view name) {
  const FieldValue* value = FindField(fields, name);
  if (value == nullptr) return 0;
  const auto* number = std::get_if<double>(value);
  return number == nullptr ? 0 : *number;
}

std::string FieldsToJson(const Fields& fields) {
  JsonWriter writer;
  WriteFields(fields, &writer);
  return writer.Take();
}

StatusOr<Fields> FieldsFromJson(std::string_view json) {
  const simdjson::padded_string padded(json);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return Malformed("fields", error);
  od::object object;
  if (const auto error = document.get_object().get(object)) return Malformed("fields", error);
  Fields fields;
  if (const auto error = ReadFields(object, &fields)) return Malformed("fields", error);
  if (!AtEnd(&document)) return Malformed("fields", simdjson::TRAILING_CONTENT);
  return fields;
}

std::string EvidenceToJson(const std::vector<Evidence>& evidence) {
  JsonWriter writer;
  writer.BeginArray();
  for (const Evidence& item : evidence) {
    writer.BeginObject().Key("time").Int(ToMs(item.time)).Key("code").String(item.code);
    writer.Key("fields");
    WriteFields(item.fields, &writer);
    writer.EndObject();
  }
  writer.EndArray();
  return writer.Take();
}

StatusOr<std::vector<Evidence>> EvidenceFromJson(std::string_view json) {
  const simdjson::padded_string padded(json);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return Malformed("evidence", error);
  od::array array;
  if (const auto error = document.get_array().get(array)) return Malformed("evidence", error);
  std::vector<Evidence> evidence;
  for (auto element : array) {
    od::object object;
    if (const auto error = element.get_object().get(object)) return Malformed("evidence", error);
    Evidence item;
    if (const auto error = ReadEvidence(object, &item)) return Malformed("evidence", error);
    evidence.push_back(std::move(item));
  }
  if (!AtEnd(&document)) return Malformed("evidence", simdjson::TRAILING_CONTENT);
  return evidence;
}

std::string_view EpisodeState(const AnomalyRecord& anomaly) {
  const EpisodeLedger& ledger = anomaly.ledger;
  if (ledger.fixed) return "fixed";
  if (ledger.expected_until) return "expected";
  if (ledger.acknowledged) return "acknowledged";
  if (!ledger.came_back.empty()) return "came_back";
  return anomaly.end ? "ended" : "open";
}

std::string_view DeliveryStateName(DeliveryRecord::State state) {
  switch (state) {
    case DeliveryRecord::State::kWaiting: return "waiting";
    case DeliveryRecord::State::kDelivered: return "delivered";
    case DeliveryRecord::State::kGivenUp: return "given_up";
  }
  KZ_CHECK(false, "delivery state {}", static_cast<int>(state));
}

std::string DestinationName(std::string_view kind, std::string_view url) {
  const size_t scheme_end = url.find("://");
  std::string_view host = scheme_end == url.npos ? url : url.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const size_t at = host.rfind('@'); at != host.npos) host = host.substr(at + 1);
  return fmt::format("{} {}", kind, host);
}

}  // namespace kizashi
