// The routes of on-call: who is, what comes, what people change.
//
// GET /kizashi/v1/escalations, /kizashi/v1/oncall, /oncall/preview, /oncall/findings,
// /oncall/calendar, /oncall/edits; POST /kizashi/v1/oncall/edits adds one and answers once it is on
// disk; DELETE /kizashi/v1/oncall/edits/{id} takes one back: who and when is kept. Any thread.
// Limits: 16 KiB a request, kWeeksMax weeks ahead.
#pragma once

#include <string>
#include <string_view>

#include "act/oncall/escalation_log.h"
#include "act/oncall/holder.h"
#include "base/clock.h"
#include "net/http.h"

namespace kizashi {

class OnCallRoutes {
 public:
  static constexpr int64_t kWeeksMax = 104;

  /// All outlive this. Without `holder` there is nothing at these paths.
  struct Parts {
    oncall::OnCallHolder* holder = nullptr;
    oncall::EditLog* edits = nullptr;
    const oncall::EscalationLog* escalations = nullptr;  // none: the list is empty
    const Clock* clock = nullptr;
  };
  explicit OnCallRoutes(Parts parts) : parts_(parts) {}

  static bool IsMine(std::string_view path);
  /// Requires IsMine(request.path). `actor` is the name of the token that came with it, or "".
  HttpResponse Handle(const HttpRequest& request, const std::string& actor) const;

 private:
  HttpResponse Get(const HttpRequest& request) const;
  HttpResponse Now(Time now) const;
  HttpResponse Preview(const HttpRequest& request, Time now) const;
  HttpResponse Findings(const HttpRequest& request, Time now) const;
  HttpResponse Calendar(const HttpRequest& request, Time now) const;
  HttpResponse Edits() const;
  HttpResponse Escalations() const;
  HttpResponse PostEdit(const HttpRequest& request, const std::string& actor) const;
  HttpResponse DeleteEdit(std::string_view id, const std::string& actor) const;

  const Parts parts_;
};

/// Reads what is posted: {"kind": "override", "schedule", "person", "begin", "end", ...}; times in
/// RFC 3339 or milliseconds. InvalidArgument, of `*item`, when it is wrong. Leaves id, author and
/// made.
Status ReadOnCallEdit(std::string_view json, oncall::Edit* edit, std::string* via,
                      std::string* item);

}  // namespace kizashi
