#include "act/alert/records.h"

#include "base/bytes.h"

namespace kizashi::alerts {
namespace {

// The first byte of a record. Never reused.
enum class Type : uint8_t {
  kAlert = 1,
  kSilence = 2,
  kQueued = 3,
  kEnded = 4,
  kTold = 5,
  kGroup = 6,
  kReceipt = 7,
  kClosed = 8
};

ByteWriter Begin(Type type) {
  ByteWriter out;
  out.U8(static_cast<uint8_t>(type));
  return out;
}

bool ReadQueued(ByteReader* in, QueuedRecord* record) {
  Notification& queued = record->notification;
  queued.number = in->Varint();
  queued.destination = in->String();
  queued.receiver = in->String();
  queued.group_key = in->String();
  if (!ReadLabels(in, &queued.group_labels)) return false;
  queued.created_at = TimeFromMs(in->SignedVarint());
  queued.repeat_interval = Duration(in->SignedVarint());
  queued.page = in->Varint();
  queued.rank = static_cast<int>(in->SignedVarint());
  const uint64_t count = in->Varint();
  if (!in->ok() || count > in->remaining() / 9) return false;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t fingerprint = in->U64();
    record->alerts.emplace_back(fingerprint, in->U8() != 0);
  }
  return in->ok();
}

}  // namespace

std::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kDelivered: return "delivered";
    case EndReason::kGivenUp: return "given_up";
    case EndReason::kSuperseded: return "superseded";
    case EndReason::kUnreachable: return "unreachable";
  }
  return "";
}

std::string EncodeRecord(const Alert& alert) {
  ByteWriter out = Begin(Type::kAlert);
  WriteAlert(alert, &out);
  return out.Take();
}

std::string EncodeRecord(const Silence& silence) {
  ByteWriter out = Begin(Type::kSilence);
  WriteSilence(silence, &out);
  return out.Take();
}

std::string EncodeRecord(const Notification& queued) {
  ByteWriter out = Begin(Type::kQueued);
  out.Varint(queued.number);
  out.String(queued.destination);
  out.String(queued.receiver);
  out.String(queued.group_key);
  WriteLabels(queued.group_labels, &out);
  out.SignedVarint(ToMs(queued.created_at));
  out.SignedVarint(queued.repeat_interval.count());
  out.Varint(queued.page);
  out.SignedVarint(queued.rank);
  out.Varint(queued.alerts.size());
  for (const ToldAlert& told : queued.alerts) {
    out.U64(told.alert->fingerprint);
    out.U8(told.firing ? 1 : 0);
  }
  return out.Take();
}

std::string EncodeRecord(const EndedRecord& ended) {
  ByteWriter out = Begin(Type::kEnded);
  out.Varint(ended.number);
  out.U8(static_cast<uint8_t>(ended.reason));
  out.SignedVarint(ToMs(ended.at));
  return out.Take();
}

std::string EncodeRecord(const Told& told) {
  ByteWriter out = Begin(Type::kTold);
  WriteTold(told, &out);
  return out.Take();
}

std::string EncodeRecord(const GroupState& state) {
  ByteWriter out = Begin(Type::kGroup);
  WriteGroupState(state, &out);
  return out.Take();
}

std::string EncodeRecord(const ReceiptRecord& receipt) {
  ByteWriter out = Begin(Type::kReceipt);
  out.String(receipt.group_key);
  out.String(receipt.destination);
  out.String(receipt.text);
  return out.Take();
}

std::string EncodeRecord(const ClosedRecord& closed) {
  ByteWriter out = Begin(Type::kClosed);
  out.U64(closed.fingerprint);
  out.SignedVarint(ToMs(closed.at));
  return out.Take();
}

bool DecodeRecord(std::string_view bytes, Record* record) {
  ByteReader in(bytes);
  bool ok = false;
  switch (static_cast<Type>(in.U8())) {
    case Type::kAlert: ok = ReadAlert(&in, &record->emplace<Alert>()); break;
    case Type::kSilence: ok = ReadSilence(&in, &record->emplace<Silence>()); break;
    case Type::kQueued: ok = ReadQueued(&in, &record->emplace<QueuedRecord>()); break;
    case Type::kEnded: {
      auto& ended = record->emplace<EndedRecord>();
      ended.number = in.Varint();
      const uint8_t reason = in.U8();
      ended.reason = static_cast<EndReason>(reason);
      ended.at = TimeFromMs(in.SignedVarint());
      ok = in.ok() && reason <= static_cast<uint8_t>(EndReason::kUnreachable);
      break;
    }
    case Type::kTold: ok = ReadTold(&in, &record->emplace<Told>()); break;
    case Type::kGroup: ok = ReadGroupState(&in, &record->emplace<GroupState>()); break;
    case Type::kReceipt: {
      auto& receipt = record->emplace<ReceiptRecord>();
      receipt.group_key = in.String();
      receipt.destination = in.String();
      receipt.text = in.String();
      ok = in.ok();
      break;
    }
    case Type::kClosed: {
      auto& closed = record->emplace<ClosedRecord>();
      closed.fingerprint = in.U64();
      closed.at = TimeFromMs(in.SignedVarint());
      ok = in.ok();
      break;
    }
  }
  return ok && in.AtEnd();
}

}  // namespace kizashi::alerts
