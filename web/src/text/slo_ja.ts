// Japanese of the views of SLOs; loaded with them.
import type { Slo, SloAnnotation, SloDetail, SloPair, SloPolicyStep, SloWindow } from "../api/client";
import { count, duration, percent, plain, target } from "../format";
import type { SloTexts } from "./slo_en";

const units: Record<SloWindow["unit"], string> = {
  rolling: "",
  day: "日",
  week: "週",
  month: "か月",
  quarter: "四半期",
  year: "年",
};

export const sloJa: SloTexts = {
  slos: "SLO",
  filters: "絞り込み",
  team: "チーム",
  allTeams: "全チーム",
  state: "状態",
  allStates: "すべての状態",
  search: "名前",
  searchHint: "SLO・サービス・チーム",
  shown: (shown: string, all: string) => `${all} 件中 ${shown} 件の SLO`,
  none: "条件に合う SLO はありません。",
  empty: "SLO はまだありません。サービスのファイルに slo: 99.9% と書くか、既存の定義を kizashi slo import で取り込んでください。",
  report: "レビュー",
  reportOf: (team: string) => `${team} のレビュー`,
  noOwner: "担当なし",
  states: {
    ok: "正常",
    burning: "消費中",
    paging: "呼び出し中",
    exhausted: "枯渇",
    no_data: "データなし",
    new: "未計測",
  },
  slo: "SLO",
  service: "サービス",
  remaining: "エラーバジェット残り",
  anomalyBudget: "異常バジェット残り",
  burn: "消費速度",
  history: "推移",
  alerts: "アラート",
  overWindow: "期間内のエラーバジェット残りの推移",
  burnOf: (factor: string, span: string) => `${span}で ${factor} 倍超ならアラート`,
  burnUnits: "バジェットをちょうど使い切る速さの倍数",
  pageEnds: "呼び出し（終了待ち）",
  table: "表",
  severities: { page: "呼び出し", ticket: "チケット" },
  badges: {
    unapproved: "未承認",
    overdue: "見直し期限切れ",
    no_data: "データなし",
    frozen: "アラート凍結中",
    hold: "リリース停止",
  },
  anomaliesOpen: (count: number) => `継続中の異常 ${count} 件`,
  targetOver: (share: number, window: SloWindow): string => `${target(share)}（${sloJa.window(window)}）`,
  window: (window: SloWindow): string => {
    if (window.unit === "rolling") return `直近 ${duration(window.seconds)}`;
    return `${window.count === 1 ? "" : window.count} ${units[window.unit]}ごと（${window.time_zone}）`.trim();
  },
  budget: "バジェット",
  budgetCurve: "エラーバジェット残り",
  burnCurve: "バーンレート",
  slices: "成功と失敗のイベント数",
  slicesHint: "高さは全イベント数、斜線部分は失敗です。空白の区間は計測されていません。",
  range: "範囲",
  ranges: { 3600: "1 時間", 21600: "6 時間", 86400: "24 時間", 604800: "7 日", 2592000: "30 日" },
  noSlices: "この範囲では何も計測されていません。",
  time: "時刻",
  good: "成功",
  bad: "失敗",
  total: "全体",
  covered: "計測時間",
  showTable: "表で見る",
  hideTable: "表を閉じる",
  facts: "概要",
  firstMeasured: "計測開始",
  lastMeasured: "最後の計測",
  never: "なし",
  events: "期間内のイベント",
  goodOf: (good: string, all: string) => `${all} 件中 ${good} 件が成功`,
  coverage: "計測率",
  coverageOf: (covered: string) => `計測開始からの時間の ${covered}`,
  filled: "期間の充足",
  interval: "精度",
  indicator: "計測の対象",
  selectors: { good: "成功", bad: "失敗", total: "全体", histogram: "ヒストグラム", gauges: "値", promql: "式" },
  less: "差し引き",
  budgeting: (detail: SloDetail): string => {
    const every = duration(detail.budgeting.every_seconds);
    switch (detail.budgeting.method) {
      case "timeslices":
        return `バジェットは ${every} の区間を数えます。イベントの ${percent(detail.budgeting.target, 3)} 以上が成功なら、その区間は成功です。`;
      case "ratio_timeslices":
        return `バジェットは ${every} の区間ごとの成功率の平均です。`;
      default:
        return "バジェットは全イベントを数えます。";
    }
  },
  indicatorText: (detail: SloDetail): string => {
    const one = detail.indicator;
    const is = `${one.comparison} ${plain(one.bound, 6)}`;
    switch (one.kind) {
      case "events":
        return "カウンターまたは式で数えるイベント。";
      case "latency":
        return `${plain(one.bound, 6)} 秒以内に応答したリクエスト。`;
      case "samples":
        return `値が ${is} のサンプル。`;
      case "time_slice":
        return `値が常に ${is} の区間。`;
      case "ratio":
        return one.promql_is_bad ? "区間ごとの失敗率。" : "区間ごとの成功率。";
      case "freshness":
        return `データの古さが ${duration(one.bound)} 以内。`;
      case "deadline":
        return `${sloJa.clock(one.by_seconds)}（${one.time_zone}）までに処理が完了（その前 ${duration(one.within_seconds)} 以内）。`;
      case "composite":
        return `${count(one.members.length)} 件の SLO の加重平均。`;
      case "journey":
        return "すべての段階の成功が必要です。";
    }
  },
  clock: (seconds: number): string =>
    `${String(Math.floor(seconds / 3600)).padStart(2, "0")}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}`,
  members: "構成要素",
  weight: "重み",
  dependency: (name: string) => `こちらから見た ${name} への呼び出しです。`,
  bounds: (low: string, high: string) =>
    `しきい値は 2 つのバケットの間にあります。成功と数えるのは ${low} 以下で、真の値は ${high} 未満です。`,
  pairs: "アラートの条件",
  pairTitle: (pair: SloPair): string =>
    `${pair.severity === "page" ? "呼び出し" : "チケット"}: ${duration(pair.long_seconds)}と${duration(pair.short_seconds)}の両方で ${plain(pair.factor, 4)} 倍超`,
  pairSum: (pair: SloPair): string =>
    `この速さでは ${duration(pair.long_seconds)}でバジェットの ${percent(pair.spent_share)} がなくなります。現在は ${duration(pair.long_seconds)}で ${plain(pair.long_burn, 3)} 倍、${duration(pair.short_seconds)}で ${plain(pair.short_burn, 3)} 倍です。`,
  pairNeeded: (pair: SloPair): string =>
    `現在のトラフィックでは少なくとも ${count(pair.needed)} 件の失敗が必要です。実際は ${count(pair.bad)} 件、失敗のあった分は ${count(pair.bad_minutes)} 分です。`,
  pairState: (pair: SloPair): string => {
    if (pair.firing) return "発生中";
    if (!pair.known) return "凍結中: 計測が足りません";
    if (pair.burning && !pair.evident) return "消費中ですが、失敗が少なく偶然の可能性があります";
    return "発生していません";
  },
  noPairs: "この SLO にアラートはありません。",
  contributors: "主な消費元",
  noContributors: "消費されていません。",
  contributor: (share: string, all: string) => `失敗の ${share}、全イベントの ${all}`,
  policy: "ポリシー",
  noPolicy: "合意されたポリシーはありません。",
  actions: { tell: "情報共有", ticket: "チケット", hold: "リリース停止" },
  condition: (step: SloPolicyStep): string =>
    step.over_seconds > 0
      ? `${duration(step.over_seconds)}のバーンレートが ${plain(step.burn, 4)} 以上`
      : `バジェットの ${percent(step.spent)} を消費`,
  inForce: (since: string) => `${since} から有効`,
  notInForce: "有効ではありません",
  overridden: (author: string, until: string, reason: string) => `${author} が ${until} まで解除: ${reason}`,
  agreement: "合意",
  owner: "担当チーム",
  approver: "承認者",
  approved: "承認日",
  review: "次の見直し",
  notYet: "まだ",
  agreements: { approved: "承認済み", unapproved: "未承認", overdue: "見直し期限切れ" },
  exclusions: "除外と調整",
  noExclusions: "なし。バジェットは計測されたとおりです。",
  bothValues: (left: string, unchanged: string) => `残り ${left}。除外も調整もしない場合は ${unchanged}。`,
  what: "内容",
  from: "開始",
  to: "終了",
  reason: "理由",
  author: "決定者",
  excluded: "除外",
  adjusted: (minutes: string) => `${minutes} を戻した`,
  repeats: (rule: string, zone: string) => `繰り返し: ${rule}（${zone}）`,
  annotations: "できごと",
  noAnnotations: "この期間には何もありません。",
  kinds: { alert: "アラート", anomaly: "異常", release: "リリース", edit: "変更", exclusion: "除外", adjustment: "調整" },
  codes: { burn: "バジェット消費", no_data: "データなし", policy: "ポリシー" },
  alertText: (one: SloAnnotation, condition: string): string => {
    const by = String(one.fields["burned_by"] ?? "");
    if (one.code === "policy") return `ポリシー: ${condition}。${String(one.fields["text"] ?? "")}`;
    if (one.code === "no_data") return "計測がなく、アラートは凍結されました。";
    return `${one.severity === "page" ? "呼び出し" : "チケット"}${by ? `、主な消費元 ${by}` : ""}`;
  },
  edited: (left: string) => `SLO の新しい版が始まりました。前の版のバジェット残りは ${left} でした。`,
  ongoing: "継続中",
  until: "終了時点",
  period: "期間",
  periods: { week: "7 日", quarter: "3 か月" },
  downloadHtml: "HTML をダウンロード",
  toBoard: "すべての SLO",
  firingNames: (slo: Slo): string => slo.firing.map((one) => one.name).join(" + "),
};
