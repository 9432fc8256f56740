#include "act/journal_command.h"

#include <fmt/core.h>

#include "base/json_writer.h"
#include "store/telemetry_store.h"

namespace kizashi {
namespace {

void WriteLabels(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : labels) json->Key(name).String(value);
  json->EndObject();
}

/// What is known of a line beside its time and text; nothing when that is all.
void WriteFields(const LogLine& line, JsonWriter* json) {
  const LogLine bare{line.time, line.text};
  if (line == bare) return;
  json->BeginObject();
  if (line.severity != LogSeverity::kNone) json->Key("severity").String(ToString(line.severity));
  if (line.cut) json->Key("cut").Bool(true);
  if (!line.trace_id.empty()) json->Key("trace_id").String(line.trace_id);
  if (!line.span_id.empty()) json->Key("span_id").String(line.span_id);
  if (!line.metadata.empty()) {
    json->Key("metadata");
    WriteLabels(line.metadata, json);
  }
  json->EndObject();
}

/// The part of an entry that its type decides.
struct BodyWriter {
  const SeriesDirectory& names;
  JsonWriter* json;

  void operator()(const Tick&) const { json->Key("type").String("tick"); }

  void operator()(const ScrapeBatch& scrape) const {
    json->Key("type").String("scrape").Key("source").String(scrape.source);
    json->Key("at").Int(ToMs(scrape.time)).Key("samples").BeginArray();
    for (size_t i = 0; i < scrape.values.size(); ++i) {
      json->BeginArray();
      WriteLabels(names.SeriesLabels((*scrape.layout)[i]), json);
      json->Number(scrape.values[i]).EndArray();
    }
    json->EndArray();
  }

  void operator()(const SampleBatch& batch) const {
    json->Key("type").String("samples").Key("samples").BeginArray();
    for (const SampleBatch::Sample& sample : batch.samples) {
      json->BeginArray();
      WriteLabels(names.SeriesLabels(sample.series), json);
      json->Number(sample.value).Int(ToMs(sample.time)).EndArray();
    }
    json->EndArray();
  }

  void operator()(const LogBatch& logs) const {
    json->Key("type").String("logs").Key("stream");
    WriteLabels(names.StreamLabels(logs.stream), json);
    json->Key("lines").BeginArray();
    for (const LogLine& line : logs.lines) {
      json->BeginArray().Int(ToMs(line.time)).String(line.text);
      WriteFields(line, json);
      json->EndArray();
    }
    json->EndArray();
  }

  void operator()(const CatalogChange& change) const {
    json->Key("type").String("catalog").Key("files").BeginArray();
    for (const CatalogSource& source : change.sources) json->String(source.file);
    json->EndArray();
  }

  void operator()(const SliceBatch& batch) const {
    json->Key("type").String("slices").Key("service").String(batch.service);
    json->Key("slo").String(batch.slo).Key("meaning").String(HexId(batch.meaning));
    json->Key("slices").BeginArray();
    for (const SliceBatch::Slice& slice : batch.slices) {
      json->BeginArray().Int(ToMs(slice.end)).Number(slice.good).Number(slice.total);
      json->Number(slice.covered_seconds).EndArray();
    }
    json->EndArray();
  }

  void operator()(const LedgerEdit& edit) const {
    json->Key("type").String("edit").Key("id").String(edit.id);
    json->Key("what").String(LedgerEditName(edit.what)).Key("service").String(edit.service);
    json->Key("kind").String(edit.kind).Key("anomaly").String(edit.anomaly);
    json->Key("until").Int(ToMs(edit.until)).Key("actor").String(edit.actor);
    json->Key("reason").String(edit.reason);
  }

  void operator()(const AlertBatch& batch) const {
    json->Key("type").String("alerts").Key("source").String(AlertSourceName(batch.source));
    json->Key("alerts").BeginArray();
    for (const ForeignAlert& alert : batch.alerts) {
      json->BeginObject().Key("id").String(alert.id).Key("name").String(alert.name);
      json->Key("text").String(alert.text).Key("url").String(alert.url);
      json->Key("severity").String(alert.severity).Key("resolved").Bool(alert.resolved);
      json->Key("time").Int(ToMs(alert.time)).Key("labels").BeginObject();
      for (const Label& label : alert.labels) json->Key(label.name).String(label.value);
      json->EndObject().EndObject();
    }
    json->EndArray();
  }
};

}  // namespace

int JournalCommand(const JournalOptions& options, std::FILE* out) {
  const SystemClock clock;
  StoreOptions store_options;
  store_options.directory = options.data_directory + "/telemetry";
  store_options.read_only = true;
  const auto store = TelemetryStore::Open(store_options, clock, nullptr);
  Status status = store.status();
  if (status.ok()) {
    status = (*store)->Scan(options.after, [&](const JournalEntry& entry) {
      JsonWriter json;
      json.BeginObject().Key("seq").Int(static_cast<int64_t>(entry.seq));
      json.Key("time").Int(ToMs(entry.time));
      std::visit(BodyWriter{**store, &json}, entry.body);
      json.EndObject();
      fmt::print(out, "{}\n", json.text());
      return std::ferror(out) == 0;
    });
  }
  if (status.ok()) return 0;
  fmt::print(stderr, "kizashi journal: {}\n", Message(status));
  return 3;
}

}  // namespace kizashi
