#include "act/oncall/edits.h"

#include <algorithm>
#include <future>

#include "base/bytes.h"
#include "base/log.h"

namespace kizashi::oncall {
namespace {

constexpr uint8_t kEditRecord = 1;  // the first byte of a record; never reused
constexpr size_t kTextBytesMax = 1'000;
constexpr Duration kLongest = std::chrono::hours(24 * 366 * 2);

Status CheckText(std::string_view what, const std::string& text, bool required) {
  if (required && text.empty()) return InvalidArgument("{}: wanted", what);
  if (text.size() > kTextBytesMax) {
    return InvalidArgument("{}: at most {} bytes", what, kTextBytesMax);
  }
  return OkStatus();
}

Status CheckInterval(std::string_view what, Time begin, Time end) {
  if (end <= begin) return InvalidArgument("{}: an end behind the beginning", what);
  if (end - begin > kLongest) return InvalidArgument("{}: at most two years", what);
  for (const Time time : {begin, end}) {
    if (time != FloorTo(time, std::chrono::minutes(1))) {
      return InvalidArgument("{}: whole minutes", what);
    }
    if (time < TimeFromMs(0) || time >= TimeFromMs(4'102'444'800'000)) {
      return InvalidArgument("{}: a year from 1970 to 2099", what);
    }
  }
  return OkStatus();
}

}  // namespace

std::string_view EditKindName(Edit::Kind kind) {
  switch (kind) {
    case Edit::Kind::kOverride: return "override";
    case Edit::Kind::kSwap: return "swap";
    case Edit::Kind::kLeave: return "leave";
  }
  return "";
}

std::string EncodeEdit(const Edit& edit) {
  ByteWriter out;
  out.U8(kEditRecord);
  out.Varint(edit.id);
  out.U8(static_cast<uint8_t>(edit.kind));
  for (const std::string* text :
       {&edit.schedule, &edit.person, &edit.taker, &edit.reason, &edit.author, &edit.removed_by}) {
    out.String(*text);
  }
  for (const Time time :
       {edit.begin, edit.end, edit.back_begin, edit.back_end, edit.made, edit.removed}) {
    out.SignedVarint(ToMs(time));
  }
  return out.Take();
}

bool DecodeEdit(std::string_view bytes, Edit* edit) {
  ByteReader in(bytes);
  if (in.U8() != kEditRecord) return false;
  edit->id = in.Varint();
  const uint8_t kind = in.U8();
  edit->kind = static_cast<Edit::Kind>(kind);
  for (std::string* text : {&edit->schedule, &edit->person, &edit->taker, &edit->reason,
                            &edit->author, &edit->removed_by}) {
    *text = in.String();
  }
  for (Time* time : {&edit->begin, &edit->end, &edit->back_begin, &edit->back_end, &edit->made,
                     &edit->removed}) {
    *time = TimeFromMs(in.SignedVarint());
  }
  return in.ok() && in.AtEnd() && edit->id > 0 && kind >= 1 && kind <= 3 && CheckEdit(*edit).ok();
}

Status CheckEdit(const Edit& edit) {
  const bool is_swap = edit.kind == Edit::Kind::kSwap;
  KZ_RETURN_IF_ERROR(CheckText("schedule", edit.schedule, edit.kind != Edit::Kind::kLeave));
  KZ_RETURN_IF_ERROR(CheckText("person", edit.person, true));
  KZ_RETURN_IF_ERROR(CheckText("taker", edit.taker, is_swap));
  KZ_RETURN_IF_ERROR(CheckText("reason", edit.reason, false));
  KZ_RETURN_IF_ERROR(CheckText("author", edit.author, true));
  KZ_RETURN_IF_ERROR(CheckText("removed_by", edit.removed_by, false));
  KZ_RETURN_IF_ERROR(CheckInterval("begin, end", edit.begin, edit.end));
  if (is_swap && edit.person == edit.taker) {
    return InvalidArgument("taker: another person than the one who gives");
  }
  if (edit.back_begin == edit.back_end) return OkStatus();
  if (!is_swap) return InvalidArgument("back: of a swap alone");
  return CheckInterval("back", edit.back_begin, edit.back_end);
}

StatusOr<std::unique_ptr<EditLog>> EditLog::Open(AppendLogOptions options, Registry* registry) {
  std::unique_ptr<EditLog> edits(new EditLog(std::move(options)));
  size_t unreadable = 0;
  KZ_ASSIGN_OR_RETURN(edits->log_,
                      AppendLog::Open(edits->options_, registry, [&](std::string_view record) {
                        if (!edits->Restore(record)) ++unreadable;
                      }));
  if (unreadable > 0) {
    Log(LogLevel::kError, "records of on-call edits are of no known kind and are passed over",
        {{"records", unreadable}});
  }
  return edits;
}

// An edit that was there before is replaced: it was taken back.
bool EditLog::Restore(std::string_view record) {
  Edit edit;
  if (!DecodeEdit(record, &edit)) return false;
  if (edit.id <= edits_.size()) {
    edits_[edit.id - 1] = std::move(edit);
    return true;
  }
  if (edit.id != edits_.size() + 1) return false;
  edits_.push_back(std::move(edit));
  return true;
}

Status EditLog::Write(const Edit& edit) {
  KZ_RETURN_IF_ERROR(log_->Append({EncodeEdit(edit)}));
  std::promise<Status> on_disk;
  log_->Sync([&on_disk](const Status& status) { on_disk.set_value(status); });
  const Status status = on_disk.get_future().get();
  // Even when the disk refused: it stands in the file, and the next start would find it.
  std::vector<std::string> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (edit.id <= edits_.size()) {
      edits_[edit.id - 1] = edit;
    } else {
      edits_.push_back(edit);
    }
    ++version_;
    if (log_->WantsCompaction()) {
      for (const Edit& one : edits_) all.push_back(EncodeEdit(one));
    }
  }
  if (!all.empty()) log_->Compact(std::move(all));
  return status;
}

StatusOr<Edit> EditLog::Add(Edit edit) {
  const std::lock_guard<std::mutex> one_at_a_time(write_mutex_);
  edit.removed_by.clear();
  edit.removed = Time{};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (edits_.size() >= kEditsMax) {
      return ResourceExhausted("at most {} edits are kept", kEditsMax);
    }
    edit.id = edits_.size() + 1;
  }
  KZ_RETURN_IF_ERROR(CheckEdit(edit));
  KZ_RETURN_IF_ERROR(Write(edit));
  return edit;
}

StatusOr<Edit> EditLog::Remove(uint64_t id, std::string author, Time now) {
  const std::lock_guard<std::mutex> one_at_a_time(write_mutex_);
  Edit edit;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (id == 0 || id > edits_.size()) return NotFound("there is no edit {}", id);
    edit = edits_[id - 1];
  }
  if (!edit.removed_by.empty()) {
    return InvalidArgument("edit {} was taken back by {} before", id, edit.removed_by);
  }
  if (author.empty()) return InvalidArgument("author: wanted");
  edit.removed_by = std::move(author);
  edit.removed = now;
  KZ_RETURN_IF_ERROR(CheckEdit(edit));
  KZ_RETURN_IF_ERROR(Write(edit));
  return edit;
}

std::vector<Edit> EditLog::List() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return edits_;
}

uint64_t EditLog::version() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return version_;
}

}  // namespace kizashi::oncall
