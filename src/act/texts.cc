#include "act/texts.h"

#include <array>

#include "act/text_table.h"
#include "base/check.h"

namespace kizashi {
namespace {

using Entry = TextEntry<TextId>;

constexpr std::array kTable = {
    Entry{TextId::kPageFiring, "🔴 Page: {service} is burning its error budget",
          "🔴 呼び出し: {service} がエラーバジェットを急速に消費しています"},
    Entry{TextId::kTicketFiring, "🟡 Ticket: {service} is burning its error budget",
          "🟡 チケット: {service} がエラーバジェットを消費しています"},
    Entry{TextId::kPageResolved, "✅ Page resolved: {service}", "✅ 呼び出し解消: {service}"},
    Entry{TextId::kTicketResolved, "✅ Ticket resolved: {service}", "✅ チケット解消: {service}"},
    Entry{TextId::kSummaryFiring,
          "{severity}: {service} burns the error budget of {slo} at {burn} times the sustainable "
          "rate",
          "{severity}: {service} が {slo} のエラーバジェットを許容の {burn} "
          "倍の速さで消費しています"},
    Entry{TextId::kSummaryResolved, "Resolved ({severity}): {service} {slo}, after {duration}",
          "解消（{severity}）: {service} {slo}、継続時間 {duration}"},
    Entry{TextId::kRuleFiring, "🔴 {alert} is firing: {service}",
          "🔴 {alert} が発生しています: {service}"},
    Entry{TextId::kRuleResolved, "✅ {alert} resolved: {service}", "✅ {alert} 解消: {service}"},
    Entry{TextId::kRuleSummaryFiring, "{severity}: {alert} of {service}: {what}",
          "{severity}: {service} の {alert}: {what}"},
    Entry{TextId::kRuleSummaryResolved,
          "Resolved ({severity}): {alert} of {service}, after {duration}",
          "解消（{severity}）: {service} の {alert}、継続時間 {duration}"},
    Entry{TextId::kAlert, "Alert", "アラート"},
    Entry{TextId::kLabels, "Labels", "ラベル"},
    Entry{TextId::kExpression, "Expression", "条件式"},
    Entry{TextId::kSeverity, "Severity", "重大度"},
    Entry{TextId::kPage, "Page", "呼び出し"},
    Entry{TextId::kTicket, "Ticket", "チケット"},
    Entry{TextId::kService, "Service", "サービス"},
    Entry{TextId::kOwner, "Owner", "担当チーム"},
    Entry{TextId::kSlo, "SLO", "SLO"},
    Entry{TextId::kSloValue, "{slo}, target {target}", "{slo}、目標 {target}"},
    Entry{TextId::kBurnRate, "Burn rate", "バーンレート"},
    Entry{TextId::kBurnRateValue, "{long_burn}× over {long}, {short_burn}× over {short}",
          "{long}で {long_burn} 倍、{short}で {short_burn} 倍"},
    Entry{TextId::kPair, "Rule", "条件"},
    Entry{TextId::kPairValue, "above {factor}× over {long} and {short}",
          "{long}と{short}の両方で {factor} 倍超"},
    Entry{TextId::kBudgetSpent, "Error budget spent", "エラーバジェット消費"},
    Entry{TextId::kTimeToEmpty, "Budget empty in", "バジェット枯渇まで"},
    Entry{TextId::kBegin, "Begin", "開始"},
    Entry{TextId::kEnd, "End", "終了"},
    Entry{TextId::kDuration, "Duration", "継続時間"},
    Entry{TextId::kAlertId, "Alert {id}", "アラート {id}"},
    Entry{TextId::kOpenService, "Open {service} in Kizashi", "Kizashi で {service} を開く"},
    Entry{TextId::kNoDataFiring, "⚪ No data: {service}", "⚪ データなし: {service}"},
    Entry{TextId::kNoDataResolved, "✅ Data is back: {service}", "✅ データ復旧: {service}"},
    Entry{TextId::kNoDataSummaryFiring,
          "{service}: {slo} was not measured for {silent}; its alerts are frozen",
          "{service}: {slo} は {silent} 計測されていません。アラートは凍結中です"},
    Entry{TextId::kNoDataSummaryResolved, "{service}: {slo} is measured again, after {duration}",
          "{service}: {slo} の計測が再開しました（{duration} 後）"},
    Entry{TextId::kSilent, "Not measured for", "計測されていない時間"},
    Entry{TextId::kAlerts, "Alerts", "アラート"},
    Entry{TextId::kAlertsFrozen, "frozen: they neither fire nor resolve",
          "凍結中: 発生も解消もしません"},
    Entry{TextId::kPolicyFiring, "📋 Budget policy of {service}: {action}",
          "📋 {service} のバジェットポリシー: {action}"},
    Entry{TextId::kPolicyResolved, "✅ Budget policy of {service} ended: {action}",
          "✅ {service} のバジェットポリシー終了: {action}"},
    Entry{TextId::kPolicySummaryFiring, "{service} {slo}: {action} ({condition})",
          "{service} {slo}: {action}（{condition}）"},
    Entry{TextId::kPolicySummaryResolved, "{service} {slo}: no longer {action}, after {duration}",
          "{service} {slo}: {action}は終了しました（{duration} 後）"},
    Entry{TextId::kPolicyTell, "talk about it", "情報共有"},
    Entry{TextId::kPolicyTicket, "plan work on it", "対応チケット"},
    Entry{TextId::kPolicyHold, "hold releases", "リリース停止"},
    Entry{TextId::kCondition, "Condition", "条件"},
    Entry{TextId::kConditionSpent, "{percent}% of the error budget spent",
          "エラーバジェットの {percent}% を消費"},
    Entry{TextId::kConditionBurn, "burn rate {burn} or more over {over}",
          "{over} のバーンレートが {burn} 以上"},
    Entry{TextId::kConditionAnomalySpent, "{percent}% of the anomaly budget spent",
          "異常バジェットの {percent}% を消費"},
    Entry{TextId::kConditionAnomalyBurn, "anomalies burn {burn} times their rate over {over}",
          "{over} の異常の消費速度が許容の {burn} 倍"},
    Entry{TextId::kAgreed, "Agreed", "合意した対応"},
    Entry{TextId::kFailureCount, "Failures", "失敗数"},
    Entry{TextId::kFailureCountValue, "{bad}; this alert needs at least {needed}",
          "{bad} 件（このアラートには {needed} 件以上が必要）"},
    Entry{TextId::kBurnedBy, "Burned by", "主な消費元"},
    Entry{TextId::kDependency, "Partner", "外部の依存先"},

    Entry{TextId::kPriceHead, "{kind}: {mean} min ({low} to {high})",
          "{kind}: {mean} 分（{low}～{high}）"},
    Entry{TextId::kPriceSeen,
          "{episodes} episodes are over. In {followed} situations a failure followed within an "
          "hour of one; {expected} were to be expected in the same hours without this kind.",
          "終わったエピソードは {episodes} 件。1 時間以内に障害が続いた状況は {followed} "
          "件、この種類がなくても同じ時間帯に見込まれた障害は {expected} 件。"},
    Entry{TextId::kPriceRatio, "Observed over expected, shrunk: {ratio} ({low} to {high}).",
          "観測/期待の比（縮約後）: {ratio}（{low}～{high}）。"},
    Entry{TextId::kPriceCredited,
          "{credited} failures are credited to it, after sharing each with what else was there and "
          "with chance.",
          "各障害を同時にあった他の種類や偶然と分け合った結果、この種類の分は {credited} 件。"},
    Entry{TextId::kPricePool,
          "Kinds like it, of its source, its service and the fleet, lead to {pooled} failures an "
          "episode.",
          "同じ情報源・サービス・全体の似た種類では、1 エピソードあたり {pooled} "
          "件の障害につながる。"},
    Entry{TextId::kPriceFew,
          "Fewer than {few} episodes: too few to say. The price is that of kinds like it.",
          "エピソードが {few} 件未満のため、まだ何とも言えない。価格は似た種類の値。"},
    Entry{TextId::kPriceChance,
          "So an episode leads to {hazard} failures, and raises the chance of one from {before} to "
          "{after}.",
          "よって 1 エピソードは {hazard} 件の障害につながり、障害の確率を {before} から {after} "
          "に上げる。"},
    Entry{TextId::kPriceCalibration,
          "Chances are corrected by what former forecasts came to: log-odds × {slope} {offset}.",
          "確率は過去の予測の結果で補正済み: 対数オッズ × {slope} {offset}。"},
    Entry{TextId::kPriceCost,
          "Such a failure burns {minutes} min of error budget, an average worth {weight} failures.",
          "そのような障害は平均 {minutes} 分のエラーバジェットを消費する（障害 {weight} "
          "件相当の平均）。"},
    Entry{TextId::kPriceProduct,
          "The price: {chance} × {minutes} min = {mean} min; between {low} and {high} with 90%. "
          "Only {low}, the lower bound, may trigger anything.",
          "価格: {chance} × {minutes} 分 = {mean} 分、90% 区間は "
          "{low}～{high}。何かを引き起こせるのは下限の {low} だけ。"},
    Entry{TextId::kPricePrior,
          "Nothing was observed yet: the price is a stated prior, {mean} min ({low} to {high}).",
          "まだ何も観測されていない。価格は明示した事前分布の {mean} 分（{low}～{high}）。"},
    Entry{TextId::kPriceTold,
          "Told on {time}: {mean} min. Computed again from its numbers: {again} min.",
          "{time} に伝えた価格: {mean} 分。その数値から計算し直すと {again} 分。"},
    Entry{TextId::kPriceToldOtherwise,
          "Told on {time}: {mean} min, by another rule than this version has ({basis}).",
          "{time} に伝えた価格: {mean} 分。この版にはない規則（{basis}）による。"},
    Entry{TextId::kGroupHead, "{service}: needs {need} of {of}, {down} down",
          "{service}: {of} 台中 {need} 台が必要、停止中 {down} 台"},
    Entry{
        TextId::kGroupThin,
        "The group has little history of its own yet: what follows rests mostly on a stated prior.",
        "このグループ自身の履歴はまだ少なく、以下は主に明示した事前分布による。"},
    Entry{
        TextId::kGroupRates,
        "Seen: {days} days of members up, {events} events that took {failures} members, {repairs} "
        "came back. So a member goes away {rate} times in 30 days ({low} to {high}) and is back "
        "after {repair} min.",
        "観測: 稼働のべ {days} 日、停止イベント {events} 件（のべ {failures} 台）、復帰 {repairs} "
        "回。よって 1 台は 30 日に {rate} 回（{low}～{high}）止まり、{repair} 分で戻る。"},
    Entry{TextId::kGroupCommon, "{share} of the events take several at once ({low} to {high}).",
          "イベントの {share}（{low}～{high}）は複数台を同時に止める。"},
    Entry{TextId::kGroupChance, "Fewer than {need} within {window}: {chance} ({low} to {high}).",
          "{window}以内に {need} 台を下回る確率: {chance}（{low}～{high}）。"},
    Entry{
        TextId::kGroupRise,
        "The chance that fewer than {need} are left within {window} rose from {before} to {after}.",
        "{window}以内に {need} 台を下回る確率が {before} から {after} に上がった。"},
    Entry{TextId::kGroupGeneral,
          "Fewer than {need} within {window}, from all up: {chance} ({low} to {high}); if members "
          "failed independently: {independent}.",
          "全台稼働から{window}以内に {need} 台を下回る確率: "
          "{chance}（{low}～{high}）。故障が独立なら {independent}。"},
    Entry{TextId::kGroupAtOnce,
          "{members} or more at once within {window}: {chance} ({low} to {high}).",
          "{window}以内に {members} 台以上が同時に止まる確率: {chance}（{low}～{high}）。"},
    Entry{TextId::kGroupNext, "The next member to go would cost {mean} min ({low} to {high}).",
          "次の 1 台が止まると {mean} 分（{low}～{high}）。"},
    Entry{TextId::kGroupMore, "With one server more: {chance} ({low} to {high}).",
          "1 台増やすと: {chance}（{low}～{high}）。"},
    Entry{TextId::kGroupFaster, "With repair twice as fast: {chance} ({low} to {high}).",
          "復旧が 2 倍速いと: {chance}（{low}～{high}）。"},
    Entry{TextId::kGroupHalf, "With half the common cause: {chance} ({low} to {high}).",
          "共通原因が半分なら: {chance}（{low}～{high}）。"},
    Entry{TextId::kMemberDown, "{by} {member} went down: {up} of {of} up, {need} needed",
          "{by} {member} が停止: {of} のうち {up} が稼働、必要数 {need}"},
    Entry{TextId::kPatternNew, "New log pattern: {pattern}", "新しいログパターン: {pattern}"},
    Entry{TextId::kPatternNewDetails, "New log pattern ({details}): {pattern}",
          "新しいログパターン（{details}）: {pattern}"},
    Entry{TextId::kPatternsNewMany, "{count} new log patterns within one hour",
          "1 時間に {count} 件の新しいログパターン"},
    Entry{TextId::kSignalMoved, "{signal}: {value}, {low} to {high} expected",
          "{signal}: {value}（想定は {low}～{high}）"},
    Entry{TextId::kTrafficUp, "Traffic unusually high: {value}, {low} to {high} expected",
          "アクセスが異常に多い: {value}（想定は {low}～{high}）"},
    Entry{TextId::kTrafficDown, "Traffic unusually low: {value}, {low} to {high} expected",
          "アクセスが異常に少ない: {value}（想定は {low}～{high}）"},
    Entry{TextId::kGrowthLimit,
          "{signal} is at {value} and will be full around {reaches} (not before {earliest})",
          "{signal}: 現在 {value}。{reaches} ごろに満杯の見込み（早くて {earliest}）"},
    Entry{TextId::kMemberOdd, "{what}; {by} {member}: {value}, the others {low} to {high}",
          "{what}。{by} {member}: {value}（ほかは {low}～{high}）"},
    Entry{TextId::kMovedWith, "{what}; with it {others}", "{what}。同時に {others}"},
    Entry{TextId::kForeignAlert, "{source}: {name}", "{source}: {name}"},
    Entry{TextId::kPatternUp,
          "Log pattern more often: {observed} lines a minute, {range} expected: {pattern}",
          "ログパターンの増加: 1 分に {observed} 行、想定は {range} 行: {pattern}"},
    Entry{TextId::kPatternDown,
          "Log pattern less often: {observed} lines a minute, {range} expected: {pattern}",
          "ログパターンの減少: 1 分に {observed} 行、想定は {range} 行: {pattern}"},
    Entry{
        TextId::kPatternGone,
        "Log pattern gone for {minutes} minutes, in which {expected} lines were expected: "
        "{pattern}",
        "ログパターンの消失: {minutes} 分間出ていません。その間の想定は {expected} 行: {pattern}"},
    Entry{TextId::kPatternMissing,
          "Log pattern missing: no line in a minute, {expected} expected: {pattern}",
          "ログパターンの欠落: 1 分間に 0 行、想定は {expected} 行: {pattern}"},
    Entry{TextId::kParameterValue, "Log parameter {value}, until now only {known}: {pattern}",
          "ログパラメータの値 {value}。これまでは {known} のみ: {pattern}"},
    Entry{TextId::kParameterRange, "Log parameter {value}, until now {low} to {high}: {pattern}",
          "ログパラメータの値 {value}。これまでの範囲は {low}～{high}: {pattern}"},
    Entry{TextId::kRange, "{low} to {high}", "{low}～{high}"},
    Entry{
        TextId::kReleaseChanged,
        "Release {version} changed the log: patterns new {new}, gone {gone}, more often {up}, less "
        "often {down}",
        "リリース {version} でログが変化: パターンの新規 {new}、消失 {gone}、増加 {up}、減少 "
        "{down}"},
    Entry{TextId::kLevel, "level {level}", "レベル {level}"},
    Entry{TextId::kFirstOn, "first on {where}", "最初は {where}"},
    Entry{TextId::kLines, "lines: {count}", "{count} 行"},
    Entry{TextId::kKnownIn, "known in {services}", "{services} では既知"},

    Entry{TextId::kStateOpen, "open", "未対応"},
    Entry{TextId::kStateEnded, "ended", "終了"},
    Entry{TextId::kStateAcknowledged, "acknowledged", "確認済み"},
    Entry{TextId::kStateExpected, "expected", "想定内"},
    Entry{TextId::kStateFixed, "fixed", "修正済み"},
    Entry{TextId::kStateCameBack, "came back", "再発"},
    Entry{TextId::kAcknowledgedBy, "Acknowledged by {actor}, {time}", "{actor} が確認: {time}"},
    Entry{TextId::kExpectedUntil, "Expected until {until}: {reason}",
          "{until} まで想定内: {reason}"},
    Entry{TextId::kFixedBy, "Fixed by {what}, {time}", "{what} で修正: {time}"},
    Entry{TextId::kCameBackFixed, "Came back after it was marked fixed; last seen {time}",
          "修正済みとした後に再発。前回 {time}"},
    Entry{TextId::kCameBackAbsent, "Came back; last seen {time}", "再発。前回 {time}"},
    Entry{TextId::kEvidence, "Evidence", "根拠"},
    Entry{TextId::kDecisions, "Decisions", "判断の履歴"},
    Entry{TextId::kPricesTold, "Prices told", "伝えた価格"},
    Entry{TextId::kSimilar, "Last of its kind", "同じ種類の前回まで"},
    Entry{TextId::kLinks, "Where to look", "参照先"},

    Entry{TextId::kReportTitle, "Daily report: {team}", "日次レポート: {team}"},
    Entry{TextId::kAllTeams, "all teams", "全チーム"},
    Entry{TextId::kPeriod, "{since} to {until} ({zone})", "{since} から {until} まで（{zone}）"},
    Entry{TextId::kNothing, "Nothing worth your time.", "特に確認が必要なことはありません。"},
    Entry{TextId::kFailures, "What failed", "障害"},
    Entry{TextId::kNoFailures, "No alert on an SLO.", "SLO のアラートはありません。"},
    Entry{TextId::kOngoing, "ongoing", "継続中"},
    Entry{TextId::kAnomalies, "What was anomalous, by price", "異常（価格順）"},
    Entry{TextId::kNoAnomalies, "No anomalies.", "異常はありません。"},
    Entry{TextId::kPrice, "Price (90% interval)", "価格（90% 区間）"},
    Entry{TextId::kPriceNote, "A price is the error-budget minutes that an anomaly puts at risk.",
          "価格は、異常によって危険にさらされるエラーバジェットの分数です。"},
    Entry{TextId::kWhat, "What", "内容"},
    Entry{TextId::kMore, "And {count} more.", "ほか {count} 件。"},
    Entry{TextId::kAboutNoData, "{slo} (no data)", "{slo}（データなし）"},
    Entry{TextId::kAboutPolicy, "{slo} (policy: {condition})", "{slo}（ポリシー: {condition}）"},
    Entry{TextId::kPatterns, "New log patterns", "新しいログパターン"},
    Entry{TextId::kNoPatterns, "No new log patterns.", "新しいログパターンはありません。"},
    Entry{TextId::kPattern, "Pattern", "パターン"},
    Entry{TextId::kCount, "Count", "件数"},
    Entry{TextId::kExample, "Example", "例"},
    Entry{TextId::kFirstSeen, "First seen", "初出"},
    Entry{TextId::kSpend, "Anomaly spend by service", "サービス別の異常による消費"},
    Entry{TextId::kSpendNote, "Prices of the anomalies that began in this period.",
          "この期間に始まった異常の価格の合計です。"},
    Entry{TextId::kSpendMinutes, "Minutes", "分数"},
    Entry{TextId::kTotal, "Total", "合計"},
    Entry{TextId::kCutShort, "Only the newest {count} records are counted.",
          "最新の {count} 件だけを集計しています。"},
    Entry{TextId::kEpisodes, "Times", "回数"},
    Entry{TextId::kCameBackTitle, "What came back", "再発したもの"},
    Entry{TextId::kNothingCameBack, "Nothing came back.", "再発はありません。"},
    Entry{TextId::kExpectedTitle, "What was expected", "想定していたもの"},
    Entry{TextId::kExpectedAway, "{kind} stayed away, expected until {until}: {reason}",
          "{kind} は発生せず（{until} まで想定内: {reason}）"},
    Entry{TextId::kExpectedCame, "{kind} came, times: {count}, and spent nothing: {reason}",
          "{kind} は {count} 回発生、消費なし: {reason}"},
    Entry{TextId::kAnomalyBudgetOf, "anomaly budget", "異常バジェット"},
    Entry{TextId::kReportLink, "Open the report in Kizashi", "Kizashi でレポートを開く"},

    Entry{TextId::kFiresSince, "Fires since {time}", "{time} から発生中"},
    Entry{TextId::kWasEscalated, "Escalated, step {level}", "エスカレーション済み（{level} 段目）"},
    Entry{TextId::kTakenCareOfBy, "Taken care of by {who} since {time}",
          "{who} が対応中（{time} から）"},
    Entry{TextId::kNextTold, "Next: {receiver}, {time}, unless somebody acknowledges",
          "確認がなければ次は {receiver}（{time}）"},
    Entry{TextId::kIsOver, "Over", "解消しました"},
    Entry{TextId::kIsOverAfter, "Over after {duration}", "{duration} で解消しました"},
    Entry{TextId::kAcknowledge, "Acknowledge", "確認する"},
    Entry{TextId::kEscalate, "Escalate", "エスカレーション"},
    Entry{TextId::kResolve, "Resolve", "解消にする"},
    Entry{TextId::kIsGraverNow, "Graver than before: {title}", "深刻化しました: {title}"},
    Entry{TextId::kIsStillFiring, "Still firing: {title}", "まだ続いています: {title}"},
    Entry{TextId::kSloReviewWeek, "SLO review of 7 days: {team}", "7 日間の SLO レビュー: {team}"},
    Entry{TextId::kSloReviewQuarter, "SLO review of 3 months: {team}",
          "3 か月の SLO レビュー: {team}"},
    Entry{TextId::kSloCounts,
          "SLOs: {count}. Kept the target: {met}, missed it: {missed}, not measured: {unknown}.",
          "SLO {count} 件: 目標達成 {met} 件、未達 {missed} 件、未計測 {unknown} 件。"},
    Entry{TextId::kNoSlos, "No SLO yet.", "SLO はまだありません。"},
    Entry{TextId::kNoOwner, "Without owner", "担当なし"},
    Entry{TextId::kSlos, "SLOs", "SLO 一覧"},
    Entry{TextId::kTarget, "Target", "目標"},
    Entry{TextId::kAttained, "Attained", "実績"},
    Entry{TextId::kNotMeasured, "not measured", "未計測"},
    Entry{TextId::kMeasured, "Measured", "計測率"},
    Entry{TextId::kSpentOf, "{share} ({spent} of {all} min)", "{share}（{all} 分中 {spent} 分）"},
    Entry{TextId::kBudgetLeft, "Left of its window", "期間残り"},
    Entry{TextId::kWorstDay, "Worst day", "最も悪い日"},
    Entry{TextId::kWorstDayValue, "{day}: {share} of the failures", "{day}: 失敗の {share}"},
    Entry{TextId::kPages, "Pages", "呼び出し"},
    Entry{TextId::kTickets, "Tickets", "チケット"},
    Entry{TextId::kWhatBurned, "What burned the budget", "バジェットを消費したもの"},
    Entry{TextId::kNothingBurned, "No alert fired.", "アラートはありませんでした。"},
    Entry{TextId::kAgreements, "Agreement", "合意"},
    Entry{TextId::kAllApproved, "Every SLO is approved, and no review is overdue.",
          "すべての SLO が承認済みで、見直し期限切れはありません。"},
    Entry{TextId::kState, "State", "状態"},
    Entry{TextId::kUnapproved, "unapproved", "未承認"},
    Entry{TextId::kOverdue, "review overdue", "見直し期限切れ"},
    Entry{TextId::kApprover, "Approver", "承認者"},
    Entry{TextId::kReviewDay, "Review by", "見直し期限"},
    Entry{TextId::kExclusions, "Exclusions and adjustments", "除外と調整"},
    Entry{TextId::kNoExclusions, "None: the numbers are what was measured.",
          "なし。数値は計測されたとおりです。"},
    Entry{TextId::kAttainedWithout, "Without them", "除外なしの実績"},
    Entry{TextId::kReason, "Reason", "理由"},
    Entry{TextId::kAuthor, "By", "決定者"},
    Entry{TextId::kExcluded, "{begin} to {end} excluded", "{begin} から {end} まで除外"},
    Entry{TextId::kExcludedTimes, "excluded {count} times, {span} in all",
          "{count} 回除外、合計 {span}"},
    Entry{TextId::kGivenBack, "{minutes} min given back", "{minutes} 分を戻した"},
    Entry{TextId::kPolicyInForce, "Policy in force", "有効なポリシー"},
    Entry{TextId::kNoPolicyInForce, "No step of a policy is in force.",
          "有効なポリシーはありません。"},
    Entry{TextId::kAction, "Action", "対応"},
    Entry{TextId::kSince, "Since", "開始"},
    Entry{TextId::kOverridden, "Overridden", "解除"},
    Entry{TextId::kOverriddenBy, "by {author} until {until}: {reason}",
          "{author} が {until} まで: {reason}"},
    Entry{TextId::kPhoneOpening, "This is Kizashi.", "こちらは、きざしです。"},
    Entry{TextId::kPhoneKeys,
          "To acknowledge, press {acknowledge}. To escalate, press {escalate}. To hear this again, "
          "press any other key.",
          "対応する場合は {acknowledge} を、次の担当者に回す場合は {escalate} "
          "を押してください。もう一度聞く場合は、ほかのキーを押してください。"},
    Entry{TextId::kPhoneAcknowledged, "Acknowledged. Good bye.",
          "対応を受け付けました。失礼します。"},
    Entry{TextId::kPhoneEscalated, "Escalated. Good bye.", "次の担当者に回します。失礼します。"},
    Entry{TextId::kTelText, "{person} asks for you: {reason}",
          "{person} さんがお呼びです。 {reason}"},
    Entry{TextId::kTelCame, "Call to {person}: {what}", "{person} への電話: {what}"},
    Entry{TextId::kTelCalls, "{by} has {person} called: {reason}",
          "{by} が {person} に電話をかけています: {reason}"},
    Entry{TextId::kPhoneRang, "Rang after {span}", "{span}後に呼び出し音"},
    Entry{TextId::kPhoneAnswered, "Answered after {span}", "{span}後に応答"},
    Entry{TextId::kPhonePressed, "Pressed {digit}: {meaning}", "{digit} を押した: {meaning}"},
    Entry{TextId::kPhonePressedOther, "Pressed {digit}: hears it again",
          "{digit} を押した: もう一度聞く"},
    Entry{TextId::kPhoneEnded, "Call ended: {reason}", "通話終了: {reason}"},
    Entry{TextId::kPhoneEndAcknowledged, "acknowledged", "対応を受け付けた"},
    Entry{TextId::kPhoneEndEscalated, "escalated", "次の担当者に回す"},
    Entry{TextId::kPhoneEndNoDigit, "answered, but nothing was acknowledged",
          "応答したが、対応の受け付けなし"},
    Entry{TextId::kPhoneEndBusy, "busy", "話し中"},
    Entry{TextId::kPhoneEndNoAnswer, "no answer", "応答なし"},
    Entry{TextId::kPhoneEndDeclined, "declined", "着信拒否"},
    Entry{TextId::kPhoneEndNotFound, "no such number", "番号が存在しない"},
    Entry{TextId::kPhoneEndUnreachable, "the telephone system cannot be reached",
          "電話システムに到達できない"},
    Entry{TextId::kPhoneEndRefused, "the telephone system refused the call",
          "電話システムが発信を拒否"},
    Entry{TextId::kPhoneEndFailed, "failed", "失敗"},
    Entry{TextId::kPhoneEndStopped, "stopped", "中止"},
    Entry{TextId::kToldOnCall,
          "You are told because you are on call of {schedule} now: step {step} of {steps} of the "
          "escalation {policy} for {service}.",
          "{service} のエスカレーション {policy}（全 {steps} 段階の {step} 段階目）により、現在 "
          "{schedule} のオンコール担当であるあなたに連絡しています。"},
    Entry{TextId::kToldNamed,
          "You are told because step {step} of {steps} of the escalation {policy} for {service} "
          "names you.",
          "{service} のエスカレーション {policy}（全 {steps} 段階の {step} "
          "段階目）にあなたが指定されているため連絡しています。"},
    Entry{TextId::kToldDefault,
          "You are told because {service} has no escalation of its own: the developers of the "
          "owning team are told first, the SRE team second. This is step {step} of {steps}.",
          "{service} "
          "には独自のエスカレーションがないため、まず担当チームの開発者、次に SRE "
          "チームに連絡します。これは全 {steps} 段階の {step} 段階目です。"},
    Entry{TextId::kToldChannel,
          "This channel is told because step {step} of {steps} of the escalation {policy} for "
          "{service} tells that of {team}.",
          "{service} のエスカレーション {policy}（全 {steps} 段階の {step} 段階目）が {team} "
          "のチャンネルを指定しているため、ここに連絡しています。"},
    Entry{TextId::kToldLastResort,
          "You are told because no step of the escalation {policy} for {service} reached anybody.",
          "{service} のエスカレーション {policy} "
          "のどの段階でも誰にも連絡できなかったため、あなたに連絡しています。"},
    Entry{TextId::kToldRound, "All steps were done before: this is round {round}.",
          "全段階を終えたため、{round} 巡目です。"},
    Entry{TextId::kToldEscalated, "{person} asked for the next step.",
          "{person} が次の段階への連絡を求めました。"},
    Entry{TextId::kToldUnanswered, "Nobody acknowledged for {duration}.",
          "{duration}の間、誰も応答していません。"},
};

static_assert(IsCompleteTable(kTable, TextId::kEndOfTable),
              "each TextId has one entry, in order, in both languages");

}  // namespace

Language LanguageFromCode(std::string_view code) {
  return code == "ja" ? Language::kJapanese : Language::kEnglish;
}

std::string_view Text(TextId id, Language language) {
  const auto index = static_cast<size_t>(id);
  KZ_CHECK(index < kTable.size(), "text {}", index);
  return language == Language::kJapanese ? kTable[index].ja : kTable[index].en;
}

std::string FillText(TextId id, Language language, TextValues values) {
  return FillTemplate(Text(id, language), values);
}

std::string FillTemplate(std::string_view rest, TextValues values) {
  std::string out;
  while (!rest.empty()) {
    const size_t open = rest.find('{');
    out += rest.substr(0, open);
    if (open == rest.npos) break;
    const size_t close = rest.find('}', open);  // the table was checked to have it
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    std::string_view replacement = rest.substr(open, close - open + 1);
    for (const auto& [key, value] : values) {
      if (key == name) replacement = value;
    }
    out += replacement;
    rest.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace kizashi
