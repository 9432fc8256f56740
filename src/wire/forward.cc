#include "wire/forward.h"

#include <array>
#include <utility>

#include "net/content_coding.h"
#include "wire/cut_text.h"
#include "wire/forward_record.h"
#include "wire/msgpack.h"

namespace kizashi {
namespace {

using std::string_view;
using Type = MsgpackValue::Type;

struct Options {
  string_view chunk;  // MessagePack
  string_view compressed;
  uint64_t signal = 0;
};

class Reader {
 public:
  Reader(string_view bytes, Time received) : bytes_(bytes), received_(received) {}

  StatusOr<ForwardMessage> Read() {
    MsgpackReader reader(bytes_);
    MsgpackValue outer;
    if (!reader.Next(&outer)) return InvalidArgument("found no MessagePack value");
    if (outer.type == Type::kNil) {
      message_.heartbeat = true;
      return std::move(message_);
    }
    if (outer.type != Type::kArray || outer.members < 2 || outer.members > 4) {
      return InvalidArgument("found no array of two to four members, expected [tag, ...]");
    }
    MsgpackValue tag;
    if (!reader.Next(&tag) || !tag.is_text()) {
      return InvalidArgument("found a tag that is no string");
    }
    message_.tag = CutText(tag.bytes, kForwardNameBytesMax);
    std::array<string_view, 3> members;
    for (uint64_t i = 1; i < outer.members; ++i) {
      if (!reader.SkipTo(&members[i - 1])) return InvalidArgument("found a message cut short");
    }
    KZ_RETURN_IF_ERROR(ReadEvents(members, outer.members));
    return std::move(message_);
  }

 private:
  // What follows the tag tells which of the four forms it is.
  Status ReadEvents(const std::array<string_view, 3>& members, uint64_t count) {
    MsgpackValue second;
    MsgpackReader(members[0]).Next(&second);
    const bool entries = second.type == Type::kArray || second.is_text();
    if (!entries && count == 2) {
      return InvalidArgument("found [tag, time], expected a record behind it");
    }
    if (entries && count == 4) {
      return InvalidArgument("found four members with entries among them, expected three");
    }
    KZ_RETURN_IF_ERROR(ReadOptions(entries ? members[1] : members[2]));
    if (second.type == Type::kArray) return ReadArray(members[0]);
    if (second.is_text()) return ReadPacked(second.bytes);
    return Add(members[0], members[1]);
  }

  Status ReadOptions(string_view raw) {
    if (raw.empty()) return OkStatus();
    MsgpackReader reader(raw);
    MsgpackValue map;
    reader.Next(&map);
    if (map.type == Type::kNil) return OkStatus();
    if (map.type != Type::kMap) return InvalidArgument("found an option that is no map");
    for (uint64_t i = 0; i < map.members; ++i) {
      MsgpackValue name;
      string_view key;
      string_view value;
      if (!reader.SkipTo(&key) || !reader.SkipTo(&value)) break;
      MsgpackReader(key).Next(&name);
      MsgpackValue head;
      MsgpackReader(value).Next(&head);
      if (name.bytes == "chunk" && head.type != Type::kNil) options_.chunk = value;
      if (name.bytes == "compressed") options_.compressed = head.bytes;
      if (name.bytes == "fluent_signal") options_.signal = head.natural;
    }
    if (options_.chunk.size() > kForwardChunkBytesMax) {
      return InvalidArgument("found a chunk id of {} bytes, expected at most {}",
                             options_.chunk.size(), kForwardChunkBytesMax);
    }
    if (options_.signal != 0) {
      return InvalidArgument("found metrics or traces (fluent_signal {}), expected logs",
                             options_.signal);
    }
    message_.chunk = options_.chunk;
    return OkStatus();
  }

  Status ReadArray(string_view raw) {
    MsgpackReader reader(raw);
    MsgpackValue array;
    reader.Next(&array);
    for (uint64_t i = 0; i < array.members; ++i) KZ_RETURN_IF_ERROR(ReadEntry(&reader));
    return OkStatus();
  }

  Status ReadPacked(string_view entries) {
    // "text" is what some senders call no compression.
    if (options_.compressed.empty() || options_.compressed == "text") return ReadStream(entries);
    if (options_.compressed != "gzip") {
      return InvalidArgument("found entries compressed with '{}', expected gzip",
                             options_.compressed.substr(0, 20));
    }
    KZ_ASSIGN_OR_RETURN(const std::string unpacked,
                        DecodeBody("gzip", entries, kForwardUnpackedBytesMax));
    return ReadStream(unpacked);
  }

  Status ReadStream(string_view entries) {
    MsgpackReader reader(entries);
    while (!reader.AtEnd()) KZ_RETURN_IF_ERROR(ReadEntry(&reader));
    return OkStatus();
  }

  // [time, record], or [[time, metadata], record] as Fluent Bit keeps it.
  Status ReadEntry(MsgpackReader* reader) {
    string_view raw;
    if (!reader->SkipTo(&raw)) {
      return InvalidArgument("entry {} is no whole MessagePack value", message_.events.size());
    }
    MsgpackReader entry(raw);
    MsgpackValue pair;
    string_view time;
    string_view record;
    entry.Next(&pair);
    if (pair.type != Type::kArray || pair.members != 2 || !entry.SkipTo(&time) ||
        !entry.SkipTo(&record)) {
      return Add({}, raw);
    }
    MsgpackReader head(time);
    MsgpackValue value;
    head.Next(&value);
    if (value.type == Type::kArray && value.members > 0) head.SkipTo(&time);
    return Add(time, record);
  }

  Status Add(string_view time, string_view record) {
    StatusOr<ForwardEvent> event = ReadForwardRecord(record, message_.tag);
    if (!event.ok()) {
      return InvalidArgument("entry {}: {}", message_.events.size(), Message(event.status()));
    }
    event->line.time = ReadForwardTime(time, received_);
    memory_ += ForwardEventBytes(*event);
    if (memory_ > kForwardMemoryBytesMax) {
      return ResourceExhausted("the message's events take more than {} bytes: send smaller chunks",
                               kForwardMemoryBytesMax);
    }
    message_.events.push_back(*std::move(event));
    return OkStatus();
  }

  const string_view bytes_;
  const Time received_;
  Options options_;
  ForwardMessage message_;
  size_t memory_ = 0;
};

}  // namespace

StatusOr<ForwardMessage> ReadForward(std::string_view message, Time received) {
  return Reader(message, received).Read();
}

std::string ForwardAck(std::string_view chunk) {
  MsgpackWriter out;
  return out.Map(1).String("ack").Raw(chunk).Take();
}

}  // namespace kizashi
