// Makes the daily report of each team at its local morning and sees that it arrives: Slack, e-mail,
// a file. On the page it is a record.
//
// A team's report for a day is a record before anything is sent, so there is one of each, also over
// a restart; what was not sent by then is sent after it. When the server was down in the morning
// the report comes late and reaches back to the one before, seven days at most. The first day on
// which a team is seen has a report only if its morning is still to come. A team that owns no
// service has none. A crash between an answer and its record sends one extra copy: the e-mail has
// the same Message-ID.
//
// Owned by main; one thread of its own, which sends one message after the other.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "act/delivery_policy.h"
#include "act/report/daily.h"
#include "act/texts.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/catalog.h"
#include "net/http_client.h"
#include "net/mail.h"
#include "store/record_store.h"

namespace kizashi {

class ReportLoop {
 public:
  static constexpr Duration kBackMax = std::chrono::days(7);
  static constexpr int kSentAtOnceMax = 16;

  struct Options {
    std::function<std::shared_ptr<const Catalog>()> catalog;  // never null
    /// False while the judge is behind: a report would miss what is not judged yet.
    std::function<bool()> ready = [] { return true; };
    std::vector<Destination> default_destinations;  // for teams that name none
    std::string page_url;                           // for links; "" for none
    std::string directory;                          // of files, one folder a team; "" for none
    std::function<Status(const Mail&)> send_mail;   // empty: no e-mail
    std::function<FetchResult(FetchRequest)> fetch;
    IncidentsOfTeam incidents;  // empty: none
    DeliveryPolicy policy;
    Duration poll{15'000};
  };

  /// Store, clock and registry outlive it.
  ReportLoop(RecordStore& store, const Clock& clock, Registry* registry, Options options);
  ~ReportLoop();
  void Start();
  /// What is under way ends; the rest waits for the next start.
  void Stop();

  /// Makes the reports that are due and tries to send what waits. Fails only when the store does.
  Status Look(Time now);

 private:
  Status LookAt(const Catalog& catalog, const Team& team, Time now);
  std::vector<ReportDelivery> DeliveriesOf(const Catalog& catalog, const Team& team,
                                           const ReportRecord& report) const;
  Status Send(ReportDelivery delivery, Time now);
  FetchResult Attempt(const ReportDelivery& delivery, const ReportRecord& report, Time now) const;
  void Run();

  RecordStore& store_;
  const Clock& clock_;
  const Options options_;
  Counter* made_ = nullptr;
  Counter* delivered_ = nullptr;
  Counter* given_up_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

/// A report in Slack's mrkdwn: headings in bold, rows of tables as lines. At most as many blocks as
/// Slack takes; what is cut is said, with the link.
std::string SlackReport(std::string_view markdown, std::string_view link, Language language);

}  // namespace kizashi
