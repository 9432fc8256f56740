#include "store/journal.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr uint8_t kVersion = 5;
constexpr uint8_t kVersionNoEdits = 4;     // no edits of the ledger, no alerts; still read
constexpr uint8_t kVersionNoSlices = 3;    // no slices of SLOs; still read
constexpr uint8_t kVersionNoSamples = 2;   // no batches of samples; still read
constexpr uint8_t kVersionPlainLines = 1;  // its lines have a time and a text alone; still read
enum class Kind : uint8_t {
  kTick = 0,
  kScrape = 1,
  kLogs = 2,
  kCatalog = 3,
  kSamples = 4,
  kSlices = 5,
  kEdit = 6,
  kAlerts = 7
};
constexpr size_t kSliceValues = 3;                    // good, total, covered
constexpr double kExactInteger = 9007199254740992.0;  // 2^53

// Times are kept as differences to the entry's. These wrap around, so that any two times have one.
int64_t Offset(Time time, Time from) {
  return static_cast<int64_t>(static_cast<uint64_t>(ToMs(time)) -
                              static_cast<uint64_t>(ToMs(from)));
}

Time AtOffset(Time from, int64_t offset) {
  return TimeFromMs(
      static_cast<int64_t>(static_cast<uint64_t>(ToMs(from)) + static_cast<uint64_t>(offset)));
}

uint32_t ReadId(ByteReader* in) {
  const uint64_t id = in->Varint();
  if (id > std::numeric_limits<uint32_t>::max()) in->Fail();
  return static_cast<uint32_t>(id);
}

// A whole number that 53 bits hold; minus zero is none, since it would come back as zero.
bool IsExactInteger(double value, int64_t* number) {
  if (!(std::abs(value) < kExactInteger)) return false;
  *number = static_cast<int64_t>(value);
  return std::bit_cast<uint64_t>(static_cast<double>(*number)) == std::bit_cast<uint64_t>(value);
}

void AppendLabels(const Labels& labels, ByteWriter* out) {
  out->Varint(labels.size());
  for (const Label& label : labels) {
    out->String(label.name);
    out->String(label.value);
  }
}

Labels ReadLabels(ByteReader* in) {
  std::vector<Label> labels;
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const std::string_view name = in->String();
    const std::string_view value = in->String();
    labels.push_back({std::string(name), std::string(value)});
  }
  return Labels(std::move(labels));
}

// A bit per value says whether it is a signed varint or eight raw bytes. Scrapes are most of what
// is journaled, so this writes and reads through plain pointers.
constexpr size_t kValueBytesMax = 8;  // 2^53 as a zigzag takes eight bytes too

void EncodeValues(const std::vector<double>& values, ByteWriter* out) {
  const size_t count = values.size();
  const size_t bits = (count + 7) / 8;
  out->Varint(count);
  std::string bytes(bits + count * kValueBytesMax, '\0');
  char* const begin = bytes.data();
  char* to = begin + bits;
  for (size_t i = 0; i < count; ++i) {
    int64_t number = 0;
    if (!IsExactInteger(values[i], &number)) {
      std::memcpy(to, &values[i], sizeof(double));
      to += sizeof(double);
      continue;
    }
    begin[i / 8] = static_cast<char>(begin[i / 8] | (1 << (i % 8)));
    uint64_t rest = (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63);
    while (rest >= 0x80) {
      *to++ = static_cast<char>(rest | 0x80);
      rest >>= 7;
    }
    *to++ = static_cast<char>(rest);
  }
  out->Raw(begin, static_cast<size_t>(to - begin));
}

bool DecodeValues(ByteReader* in, std::vector<double>* values) {
  const uint64_t count = in->Varint();
  // A value takes a byte at least, so a count beyond what is left is a lie.
  if (count > in->remaining()) return false;
  const std::string_view bits = in->Bytes((count + 7) / 8);
  if (!in->ok() || count > in->remaining()) return false;
  values->resize(count);
  // Ten bytes are the longest varint: while so many are left nothing need be checked.
  const std::string_view rest = in->Peek();
  const char* from = rest.data();
  const char* const safe = rest.size() < 10 ? from : from + (rest.size() - 10);
  uint64_t i = 0;
  for (; i < count && from < safe; ++i) {
    if (((static_cast<uint8_t>(bits[i / 8]) >> (i % 8)) & 1) == 0) {
      std::memcpy(&(*values)[i], from, sizeof(double));
      from += sizeof(double);
      continue;
    }
    uint64_t number = 0;
    int shift = 0;
    uint8_t byte = 0;
    do {
      byte = static_cast<uint8_t>(*from++);
      number |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 70);
    if (byte >= 0x80) return false;
    (*values)[i] = static_cast<double>(static_cast<int64_t>((number >> 1) ^ (~(number & 1) + 1)));
  }
  in->Bytes(static_cast<uint64_t>(from - rest.data()));
  for (; i < count && in->ok(); ++i) {
    const bool integer = (static_cast<uint8_t>(bits[i / 8]) >> (i % 8)) & 1;
    (*values)[i] = integer ? static_cast<double>(in->SignedVarint()) : in->Double();
  }
  return in->ok();
}

// What a line's flag byte says beside its severity, which is in the lowest three bits.
constexpr uint8_t kSeverityMask = 0x07;
constexpr uint8_t kCut = 0x08;
constexpr uint8_t kTraceId = 0x10;
constexpr uint8_t kSpanId = 0x20;
constexpr uint8_t kMetadata = 0x40;
constexpr uint8_t kIdsAsText = 0x80;  // not all of them are whole bytes in lower-case hexadecimal

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool IsPackable(std::string_view id) {
  return id.size() % 2 == 0 &&
         std::all_of(id.begin(), id.end(), [](char c) { return HexDigit(c) >= 0; });
}

void EncodeId(std::string_view id, bool as_text, ByteWriter* out) {
  if (as_text) return out->String(id);
  out->Varint(id.size() / 2);
  for (size_t i = 0; i < id.size(); i += 2) {
    out->U8(static_cast<uint8_t>(HexDigit(id[i]) * 16 + HexDigit(id[i + 1])));
  }
}

std::string DecodeId(bool as_text, ByteReader* in) {
  const std::string_view bytes = in->String();
  if (as_text) return std::string(bytes);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    id += kDigits[static_cast<uint8_t>(byte) >> 4];
    id += kDigits[static_cast<uint8_t>(byte) & 0x0f];
  }
  return id;
}

void EncodeLine(const LogLine& line, Time entry_time, ByteWriter* out) {
  const bool as_text = !IsPackable(line.trace_id) || !IsPackable(line.span_id);
  auto flags = static_cast<uint8_t>(line.severity);
  if (line.cut) flags |= kCut;
  if (!line.trace_id.empty()) flags |= kTraceId;
  if (!line.span_id.empty()) flags |= kSpanId;
  if (!line.metadata.empty()) flags |= kMetadata;
  if (as_text) flags |= kIdsAsText;
  out->SignedVarint(Offset(line.time, entry_time));
  out->U8(flags);
  out->String(line.text);
  if (flags & kTraceId) EncodeId(line.trace_id, as_text, out);
  if (flags & kSpanId) EncodeId(line.span_id, as_text, out);
  if (flags & kMetadata) AppendLabels(line.metadata, out);
}

LogLine DecodeLine(uint8_t version, Time entry_time, ByteReader* in) {
  LogLine line;
  line.time = AtOffset(entry_time, in->SignedVarint());
  const uint8_t flags = version == kVersionPlainLines ? uint8_t{0} : in->U8();
  const uint8_t severity = flags & kSeverityMask;
  if (severity > static_cast<uint8_t>(LogSeverity::kFatal)) in->Fail();
  line.severity = static_cast<LogSeverity>(severity);
  line.cut = (flags & kCut) != 0;
  line.text = in->String();
  const bool as_text = (flags & kIdsAsText) != 0;
  if (flags & kTraceId) line.trace_id = DecodeId(as_text, in);
  if (flags & kSpanId) line.span_id = DecodeId(as_text, in);
  if (flags & kMetadata) line.metadata = ReadLabels(in);
  return line;
}

// What neighbours have in common is left out: often a series' samples follow each other.
void EncodeSamples(const SampleBatch& batch, Time entry_time, ByteWriter* out) {
  std::vector<double> values;
  values.reserve(batch.samples.size());
  for (const SampleBatch::Sample& sample : batch.samples) values.push_back(sample.value);
  EncodeValues(values, out);
  int64_t series = 0;
  Time time = entry_time;
  for (const SampleBatch::Sample& sample : batch.samples) {
    out->SignedVarint(int64_t{sample.series} - series);
    out->SignedVarint(Offset(sample.time, time));
    series = sample.series;
    time = sample.time;
  }
}

// Slices mostly follow each other at one distance: their ends are a few bytes that repeat.
void EncodeSlices(const SliceBatch& batch, Time entry_time, ByteWriter* out) {
  out->String(batch.service);
  out->String(batch.slo);
  out->U64(batch.meaning);
  std::vector<double> values;
  values.reserve(batch.slices.size() * kSliceValues);
  for (const SliceBatch::Slice& slice : batch.slices) {
    values.insert(values.end(), {slice.good, slice.total, slice.covered_seconds});
  }
  EncodeValues(values, out);
  Time time = entry_time;
  for (const SliceBatch::Slice& slice : batch.slices) {
    out->SignedVarint(Offset(slice.end, time));
    time = slice.end;
  }
}

void EncodeEdit(const LedgerEdit& edit, Time entry_time, ByteWriter* out) {
  out->U8(static_cast<uint8_t>(edit.what));
  for (const std::string* text :
       {&edit.id, &edit.service, &edit.kind, &edit.anomaly, &edit.actor, &edit.reason}) {
    out->String(*text);
  }
  out->SignedVarint(Offset(edit.until, entry_time));
}

void EncodeAlerts(const AlertBatch& batch, Time entry_time, ByteWriter* out) {
  out->U8(static_cast<uint8_t>(batch.source));
  out->Varint(batch.alerts.size());
  for (const ForeignAlert& alert : batch.alerts) {
    for (const std::string* text :
         {&alert.id, &alert.name, &alert.text, &alert.url, &alert.severity}) {
      out->String(*text);
    }
    out->U8(alert.resolved ? 1 : 0);
    out->SignedVarint(Offset(alert.time, entry_time));
    AppendLabels(alert.labels, out);
  }
}

void EncodeBody(const JournalEntry& entry, RowIds ids, ByteWriter* out) {
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kScrape));
    out->Varint(ids.source);
    out->Varint(ids.layout);
    out->SignedVarint(Offset(scrape->time, entry.time));
    EncodeValues(scrape->values, out);
  } else if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kLogs));
    out->Varint(logs->stream);
    out->Varint(logs->lines.size());
    for (const LogLine& line : logs->lines) EncodeLine(line, entry.time, out);
  } else if (const auto* change = std::get_if<CatalogChange>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kCatalog));
    out->Varint(change->sources.size());
    for (const CatalogSource& source : change->sources) {
      out->String(source.file);
      out->String(source.text);
    }
  } else if (const auto* samples = std::get_if<SampleBatch>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kSamples));
    EncodeSamples(*samples, entry.time, out);
  } else if (const auto* slices = std::get_if<SliceBatch>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kSlices));
    EncodeSlices(*slices, entry.time, out);
  } else if (const auto* edit = std::get_if<LedgerEdit>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kEdit));
    EncodeEdit(*edit, entry.time, out);
  } else if (const auto* alerts = std::get_if<AlertBatch>(&entry.body)) {
    out->U8(static_cast<uint8_t>(Kind::kAlerts));
    EncodeAlerts(*alerts, entry.time, out);
  } else {
    out->U8(static_cast<uint8_t>(Kind::kTick));
  }
}

Status DecodeScrape(ByteReader* in, const RowResolver& resolver, JournalEntry* entry) {
  ScrapeBatch batch;
  KZ_ASSIGN_OR_RETURN(batch.source, resolver.Source(ReadId(in)));
  KZ_ASSIGN_OR_RETURN(batch.layout, resolver.Layout(ReadId(in)));
  batch.time = AtOffset(entry->time, in->SignedVarint());
  if (!DecodeValues(in, &batch.values) || batch.values.size() != batch.layout->size()) {
    return DataLoss("journal entry {}: a scrape's values do not fit its layout", entry->seq);
  }
  entry->body = std::move(batch);
  return OkStatus();
}

void DecodeSamples(ByteReader* in, JournalEntry* entry) {
  std::vector<double> values;
  if (!DecodeValues(in, &values)) in->Fail();
  SampleBatch batch;
  int64_t series = 0;
  Time time = entry->time;
  for (size_t i = 0; i < values.size() && in->ok(); ++i) {
    const int64_t step = in->SignedVarint();
    if (step < -series || step > std::numeric_limits<SeriesId>::max() - series) in->Fail();
    time = AtOffset(time, in->SignedVarint());
    if (!in->ok()) break;
    series += step;
    batch.samples.push_back({static_cast<SeriesId>(series), time, values[i]});
  }
  entry->body = std::move(batch);
}

void DecodeSlices(ByteReader* in, JournalEntry* entry) {
  SliceBatch batch;
  batch.service = in->String();
  batch.slo = in->String();
  batch.meaning = in->U64();
  std::vector<double> values;
  if (!DecodeValues(in, &values) || values.size() % kSliceValues != 0) in->Fail();
  Time time = entry->time;
  for (size_t i = 0; i + 2 < values.size() && in->ok(); i += kSliceValues) {
    time = AtOffset(time, in->SignedVarint());
    batch.slices.push_back({time, values[i], values[i + 1], values[i + 2]});
  }
  entry->body = std::move(batch);
}

void DecodeEdit(ByteReader* in, JournalEntry* entry) {
  LedgerEdit edit;
  const uint8_t what = in->U8();
  if (what > static_cast<uint8_t>(LedgerEdit::What::kReopen)) in->Fail();
  edit.what = static_cast<LedgerEdit::What>(what);
  for (std::string* text :
       {&edit.id, &edit.service, &edit.kind, &edit.anomaly, &edit.actor, &edit.reason}) {
    *text = in->String();
  }
  edit.until = AtOffset(entry->time, in->SignedVarint());
  entry->body = std::move(edit);
}

void DecodeAlerts(ByteReader* in, JournalEntry* entry) {
  AlertBatch batch;
  const uint8_t source = in->U8();
  if (source > static_cast<uint8_t>(AlertSource::kGeneric)) in->Fail();
  batch.source = static_cast<AlertSource>(source);
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    ForeignAlert alert;
    for (std::string* text : {&alert.id, &alert.name, &alert.text, &alert.url, &alert.severity}) {
      *text = in->String();
    }
    const uint8_t resolved = in->U8();
    if (resolved > 1) in->Fail();
    alert.resolved = resolved == 1;
    alert.time = AtOffset(entry->time, in->SignedVarint());
    alert.labels = ReadLabels(in);
    batch.alerts.push_back(std::move(alert));
  }
  entry->body = std::move(batch);
}

void DecodeLogs(uint8_t version, ByteReader* in, JournalEntry* entry) {
  LogBatch batch;
  batch.stream = ReadId(in);
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    batch.lines.push_back(DecodeLine(version, entry->time, in));
  }
  entry->body = std::move(batch);
}

void DecodeCatalog(ByteReader* in, JournalEntry* entry) {
  CatalogChange change;
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const std::string_view file = in->String();
    const std::string_view text = in->String();
    change.sources.push_back({std::string(file), std::string(text)});
  }
  entry->body = std::move(change);
}

}  // namespace

std::string_view LedgerEditName(LedgerEdit::What what) {
  switch (what) {
    case LedgerEdit::What::kAcknowledge: return "acknowledge";
    case LedgerEdit::What::kExpect: return "expect";
    case LedgerEdit::What::kUnexpect: return "unexpect";
    case LedgerEdit::What::kFixed: return "fixed";
    case LedgerEdit::What::kReopen: return "reopen";
  }
  return "";
}

std::string EncodeEntry(const JournalEntry& entry, RowIds ids) {
  ByteWriter out;
  out.U8(kVersion);
  out.SignedVarint(ToMs(entry.time));
  EncodeBody(entry, ids, &out);
  // The seq is the key; hashing it too catches a value under a wrong key.
  out.U32(static_cast<uint32_t>(Hash64(out.bytes(), entry.seq)));
  return out.Take();
}

StatusOr<JournalEntry> DecodeEntry(uint64_t seq, std::string_view bytes,
                                   const RowResolver& resolver) {
  if (bytes.size() < 6) return DataLoss("journal entry {} is cut off", seq);
  const std::string_view content = bytes.substr(0, bytes.size() - 4);
  ByteReader sum(bytes.substr(bytes.size() - 4));
  if (sum.U32() != static_cast<uint32_t>(Hash64(content, seq))) {
    return DataLoss("journal entry {} has a wrong checksum", seq);
  }
  ByteReader in(content);
  const uint8_t version = in.U8();
  if (version < kVersionPlainLines || version > kVersion) {
    return DataLoss("journal entry {} has format {}, this program reads {} to {}", seq, version,
                    kVersionPlainLines, kVersion);
  }
  JournalEntry entry;
  entry.seq = seq;
  entry.time = TimeFromMs(in.SignedVarint());
  switch (static_cast<Kind>(in.U8())) {
    case Kind::kTick: entry.body = Tick{}; break;
    case Kind::kScrape: KZ_RETURN_IF_ERROR(DecodeScrape(&in, resolver, &entry)); break;
    case Kind::kLogs: DecodeLogs(version, &in, &entry); break;
    case Kind::kCatalog: DecodeCatalog(&in, &entry); break;
    case Kind::kSamples:
      if (version <= kVersionNoSamples) in.Fail();
      DecodeSamples(&in, &entry);
      break;
    case Kind::kSlices:
      if (version <= kVersionNoSlices) in.Fail();
      DecodeSlices(&in, &entry);
      break;
    case Kind::kEdit:
      if (version <= kVersionNoEdits) in.Fail();
      DecodeEdit(&in, &entry);
      break;
    case Kind::kAlerts:
      if (version <= kVersionNoEdits) in.Fail();
      DecodeAlerts(&in, &entry);
      break;
    default: return DataLoss("journal entry {} is of an unknown kind", seq);
  }
  if (!in.ok() || !in.AtEnd()) {
    return DataLoss("journal entry {} does not end where it should", seq);
  }
  return entry;
}

std::string EncodeLabels(const Labels& labels) {
  ByteWriter out;
  AppendLabels(labels, &out);
  return out.Take();
}

StatusOr<Labels> DecodeLabels(std::string_view bytes) {
  ByteReader in(bytes);
  Labels labels = ReadLabels(&in);
  if (!in.ok() || !in.AtEnd()) return DataLoss("a stored label set is damaged");
  return labels;
}

std::string EncodeLayout(const std::vector<SeriesId>& layout) {
  ByteWriter out;
  out.Varint(layout.size());
  int64_t before = 0;
  for (const SeriesId id : layout) {
    out.SignedVarint(static_cast<int64_t>(id) - before);
    before = id;
  }
  return out.Take();
}

StatusOr<SeriesLayout> DecodeLayout(std::string_view bytes) {
  ByteReader in(bytes);
  auto layout = std::make_shared<std::vector<SeriesId>>();
  const uint64_t count = in.Varint();
  int64_t id = 0;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    const int64_t step = in.SignedVarint();
    if (step < -id || step > std::numeric_limits<SeriesId>::max() - id) in.Fail();
    if (!in.ok()) break;
    id += step;
    layout->push_back(static_cast<SeriesId>(id));
  }
  if (!in.ok() || !in.AtEnd()) return DataLoss("a stored layout is damaged");
  return SeriesLayout(std::move(layout));
}

}  // namespace kizashi
