// 日本語
import { count, minutes, percent, plain, signalValue } from "../format";
import type { Fields } from "../api/client";
import type { Texts } from "./en";

const f = (fields: Fields, name: string) => String(fields[name] ?? "");
const n = (fields: Fields, name: string) => Number(fields[name] ?? 0);
const c = (fields: Fields, name: string) => count(n(fields, name));
const pattern = (fields: Fields) =>
  f(fields, "pattern_name") ? `${f(fields, "pattern_name")} (${f(fields, "pattern")})` : f(fields, "pattern");
const range = (fields: Fields) =>
  c(fields, "low") === c(fields, "high") ? c(fields, "low") : `${c(fields, "low")}～${c(fields, "high")}`;
const signalName = (id: string): string => ja.signals[id] ?? id;
const moved = (others: string) =>
  others
    .replace(/[a-z0-9_]+(?= (?:up|down))/g, signalName)
    .replace(/ up/g, "（上）")
    .replace(/ down/g, "（下）")
    .replace(/, /g, "、");
const signalBand = (fields: Fields) => {
  const value = (name: string) => signalValue(n(fields, name), f(fields, "unit"));
  const member = f(fields, "member")
    ? `${f(fields, "by")} ${f(fields, "member")} は ${value("member_value")}、ほかは ${value("siblings_low")}～${value("siblings_high")}。`
    : "";
  return `${signalName(f(fields, "signal"))}: ${value("value")}（想定は ${value("band_low")}～${value("band_high")}）。${member}`;
};

export const ja: Texts = {
  title: "Kizashi 兆し",
  skip: "本文へ移動",
  nav: { board: "ボード", slos: "SLO", alerts: "アラート", anomalies: "異常", incidents: "インシデント", oncall: "当番", logs: "ログ", metrics: "メトリクス", report: "レポート", demo: "デモ", label: "メイン" },
  live: "接続中",
  reconnecting: "再接続中",
  language: "言語",
  theme: "配色",
  themes: { auto: "自動", light: "明るい", dark: "暗い" },
  loading: "読み込み中",
  failed: "読み込めませんでした:",
  lost: "このページはありません。",
  toBoard: "ボードへ",
  help: "キー操作",
  close: "閉じる",
  shortcuts: [
    ["g b", "ボード"],
    ["g s", "SLO"],
    ["g p", "アラート"],
    ["g a", "異常"],
    ["g i", "インシデント"],
    ["g o", "当番"],
    ["g l", "ログ"],
    ["g m", "メトリクス"],
    ["g r", "レポート"],
    ["j / k", "次へ / 前へ"],
    ["Enter", "開く"],
    ["Esc", "戻る・閉じる"],
    ["?", "この一覧"],
  ],
  signIn: { title: "トークンが必要です", token: "トークン", send: "サインイン", hint: "サーバーの管理者が発行します。" },
  states: { ok: "正常", anomaly: "異常あり", failure: "障害", unknown: "データなし" },
  summary: { failures: "障害中", anomalies: "件の異常", services: "サービス" },
  noOwner: "担当なし",
  state: "状態",
  openNow: "継続中",
  break: "壊す",
  members: "メンバー",
  goodOf: (good, total) => `${total} 件のうち ${good} 件が成功`,
  covered: (share) => `期間の ${share} を計測`,
  anomalyBudgetHint: "対応を始めるまでに、異常がエラーバジェットのうち危険にさらしてよい分。",
  service: "サービス",
  objective: "目標",
  over: (span) => `期間 ${span}`,
  errorBudget: "エラーバジェット",
  anomalyBudget: "異常バジェット",
  left: (share) => `残り ${share}`,
  spentOf: (spent, all) => `${all} のうち ${spent} を消費`,
  openAnomalies: (count) => `継続中の異常 ${count} 件`,
  openPages: (count) => `呼び出し ${count} 件`,
  noSlo: "目標は未設定です",
  noServices: "サービスはまだありません",
  noServicesHint: "サービスごとに 1 ファイルを書き、--catalog DIR を付けてサーバーを起動します:",
  unclaimed: "どのサービスにも属さないテレメトリ",
  unclaimedHint: "この名前のサービスをカタログに加えるか、既存のサービスに match を書いてください。",
  calls: "自称",
  series: "系列",
  samples: "サンプル/秒",
  lines: "ログ行/秒",
  catalogErrors: "最新のカタログに誤りがあります。最後に正しかったものを使っています",
  errorAt: "場所",
  field: "項目",
  found: "実際",
  expected: "期待",
  owner: "担当",
  developers: "開発者",
  tier: "階層",
  dependsOn: "依存先",
  redundancy: "冗長構成",
  needed: (need, of, by) => `${of} 台中 ${need} 台が必要（${by} ごと）`,
  memberUp: "稼働",
  memberDown: "停止",
  since: (time) => `${time} から`,
  burnRates: "バーンレート",
  severity: "重大度",
  severities: { page: "呼び出し", ticket: "チケット" },
  windows: "窓",
  factor: "しきい値",
  longBurn: "長い窓",
  shortBurn: "短い窓",
  burning: "超過",
  yes: "はい",
  no: "いいえ",
  work: "ワーク",
  workHint: "利用者のためにしている仕事",
  resource: "リソース",
  resourceHint: "そのために使っているもの",
  noSignals: "シグナルはまだありません。最初の収集から 1 分以内に現れます。",
  range: "範囲",
  ranges: { 900: "15 分", 3600: "1 時間", 21600: "6 時間", 86400: "24 時間" },
  classes: {
    throughput: "スループット",
    success: "成功",
    error: "エラー",
    performance: "性能",
    utilization: "使用率",
    saturation: "飽和",
    errors: "エラー",
    availability: "可用性",
  },
  signals: {
    http_requests: "HTTP リクエスト",
    http_success: "HTTP 成功率",
    http_errors: "HTTP エラー",
    http_latency_p99: "HTTP 応答時間 p99",
    grpc_requests: "gRPC リクエスト",
    grpc_success: "gRPC 成功率",
    grpc_errors: "gRPC エラー",
    grpc_latency_p99: "gRPC 応答時間 p99",
    log_lines: "取り込んだログ行",
    scraped_samples: "収集したサンプル",
    commit_latency_p99: "コミット時間 p99",
    process_cpu: "CPU（1 = 1 コア）",
    process_memory: "メモリ",
    process_fds: "ファイル記述子の使用率",
    targets_up: "稼働中のターゲット",
    node_cpu: "ホストの CPU",
    node_memory: "ホストのメモリ",
    node_filesystem: "ファイルシステム",
    node_disk_busy: "ディスクの使用時間",
    node_network_receive: "受信",
    node_network_transmit: "送信",
    node_load: "ロード（1 分）",
    node_pressure_cpu: "CPU 圧迫",
    node_pressure_memory: "メモリ圧迫",
    node_pressure_io: "I/O 圧迫",
    node_network_errors: "ネットワークのエラーと破棄",
    node_oom_kills: "メモリ不足による強制終了",
    node_filesystem_errors: "読めないファイルシステム",
    store_queue: "コミット待ち",
    store_refused: "拒否したバッチ",
  },
  showTable: "表で見る",
  hideTable: "表を隠す",
  time: "時刻",
  value: "値",
  chartHint: "左右の矢印キーでカーソルを動かします",
  noPoints: "この範囲に値はありません",
  alerts: "呼び出しとチケット",
  alertCodes: { no_data: "データなし: アラートは凍結中", policy: "ポリシーの段階" },
  noAlerts: "記録はありません。",
  firing: "発報中",
  resolved: "解決済み",
  budgetSpent: "消費したバジェット",
  messages: "通知",
  delivery: { waiting: "待機中", delivered: "送信済み", given_up: "断念" },
  anomalies: "異常",
  noAnomalies: "異常はありません。これが普段の状態です。",
  filter: "表示",
  filters: { all: "すべて", open: "継続中", ended: "終了", acknowledged: "確認済み", expected: "想定内", fixed: "修正済み", came_back: "再発" },
  anomalyStates: { open: "継続中", ended: "終了", acknowledged: "確認済み", expected: "想定内", fixed: "修正済み", came_back: "再発" },
  allServices: "全サービス",
  stepsInForce: "有効な段階",
  steps: { tell: "情報共有", ticket: "チケット", hold: "リリース停止" },
  stepSpent: (share) => `${share} を消費`,
  stepBurn: (burn, over) => `${over} の消費速度が ${burn} 倍`,
  stepOverridden: (reason) => `解除中: ${reason}`,
  brokenWindows: "割れ窓",
  brokenWindowsHint: "ポリシーの段階に達した異常バジェットと、消費の内訳です。次のサイクルの作業にします。",
  anomalyBudgetBurn: (burn) => `許容の ${burn} 倍の速さで消費`,
  delivered: "送信したレポート",
  deliveredTo: "送信先",
  sortBy: "並び順",
  byPrice: "価格",
  byTime: "時刻",
  what: "内容",
  price: "価格",
  began: "開始",
  ended: "終了",
  lasted: "継続時間",
  stillOpen: "継続中",
  why: "なぜ異常なのか",
  evidence: "証拠",
  priceTitle: "価格",
  priceHint: "危険にさらされたエラーバジェットの分数と、10 回中 9 回は真の値を含む区間です。",
  interval: (low, high) => `${low} ～ ${high}`,
  restsOn: "価格の根拠",
  kind: "種類",
  anomalyText: (code, fields) => {
    switch (code) {
      case "member_down":
        return `サーバー ${f(fields, "member")} がいなくなりました。${f(fields, "of")} 台中 ${f(fields, "up")} 台が稼働、${f(fields, "need")} 台が必要です。`;
      case "pattern_new":
        return `これまで見たことのない種類のログ行です: ${pattern(fields)}`;
      case "patterns_new_many":
        return `1 時間以内にさらに ${f(fields, "count")} 件の新しいログパターン（まとめて計上）。`;
      case "pattern_up":
        return `普段より多く出ています。1 分に ${c(fields, "observed")} 行、想定は ${range(fields)} 行: ${pattern(fields)}`;
      case "pattern_down":
        return `普段より少なくなっています。1 分に ${c(fields, "observed")} 行、想定は ${range(fields)} 行: ${pattern(fields)}`;
      case "pattern_gone":
        return n(fields, "silent_minutes") > 0
          ? `${c(fields, "silent_minutes")} 分間出ていません。その間の想定は ${c(fields, "expected")} 行: ${pattern(fields)}`
          : `1 分間に 0 行、想定は ${c(fields, "expected")} 行: ${pattern(fields)}`;
      case "parameter_value":
        return `初めての値です。${f(fields, "value")}、これまでは ${f(fields, "known")} のみ: ${pattern(fields)}`;
      case "parameter_range":
        return `これまでの範囲を外れた値です。${f(fields, "value")}、範囲は ${f(fields, "low")}～${f(fields, "high")}: ${pattern(fields)}`;
      case "release_changed":
        return `リリース ${f(fields, "version")} でログが変化: パターンの新規 ${c(fields, "new")}、消失 ${c(fields, "gone")}、増加 ${c(fields, "up")}、減少 ${c(fields, "down")}。`;
      case "signals_moved":
      case "traffic_up":
      case "traffic_down":
        return `${signalBand(fields)}${f(fields, "others") ? `同時に動いたもの: ${moved(f(fields, "others"))}。` : ""}`;
      case "growth_limit":
        return `${signalName(f(fields, "signal"))}は現在 ${percent(n(fields, "value"))}。${f(fields, "reaches").slice(0, 10)} ごろ（早くて ${f(fields, "earliest").slice(0, 10)}）に満杯の見込みです。`;
      case "foreign_alert":
        return `${f(fields, "alert_source")} からの通知: ${f(fields, "alert")}${f(fields, "text") ? `: ${f(fields, "text")}` : ""}`;
      default:
        return code;
    }
  },
  anomalyTitle: (code, fields) => {
    switch (code) {
      case "member_down":
        return `メンバー ${f(fields, "member")} 停止`;
      case "pattern_new":
        return "新しいログパターン";
      case "patterns_new_many":
        return "多数の新しいログパターン";
      case "pattern_up":
        return "ログパターンの増加";
      case "pattern_down":
        return "ログパターンの減少";
      case "pattern_gone":
        return "ログパターンの消失";
      case "parameter_value":
        return "ログパラメータの新しい値";
      case "parameter_range":
        return "ログパラメータの範囲外";
      case "release_changed":
        return `リリース ${f(fields, "version")} によるログの変化`;
      case "signals_moved":
        return `${signalName(f(fields, "signal"))}が異常に${f(fields, "direction") === "down" ? "低い" : "高い"}`;
      case "traffic_up":
        return "アクセスが異常に多い";
      case "traffic_down":
        return "アクセスが異常に少ない";
      case "growth_limit":
        return `${signalName(f(fields, "signal"))}が満杯に近づいています`;
      case "foreign_alert":
        return f(fields, "alert");
      default:
        return code;
    }
  },
  evidenceText: (code, fields) => {
    switch (code) {
      case "sample":
        return `収集に失敗: ${f(fields, "metric")} = ${f(fields, "value")}`;
      case "threshold":
        return `${f(fields, "failed_scrapes")} 回続けて収集に失敗したため、停止とみなします。`;
      case "learnt":
        return `${plain(n(fields, "lines"), 6)} 行を見たあと、新しいパターンが出る確率は ${percent(n(fields, "unseen_share"), 2)}。このログは学習済みです。`;
      case "line":
        return f(fields, "text");
      case "surprise":
        return `この行数の意外さは ${plain(n(fields, "nats"), 3)} ナットで、${plain(n(fields, "alarm_nats"), 3)} ナットから異常とします。`;
      case "signal":
        return `${signalBand(fields)}${plain(n(fields, "weeks"), 2)} 週に 1 度ほどの珍しさです。`;
      case "part":
        return `同時に ${f(fields, "service")} で、${signalBand(fields)}`;
      case "origin":
        return `発端は ${f(fields, "service")} の可能性 ${percent(n(fields, "probability"))}: ${f(fields, "why")}。`;
      case "alert":
        return Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(" ");
      case "companion":
        return `これまで一緒に出ていた ${f(fields, "service")} のパターンは、その間に ${c(fields, "lines")} 回出ました。`;
      default:
        return code;
    }
  },
  basis: (basis, fields) => {
    if (basis === "prior_redundancy") {
      if (n(fields, "failed") === 1) {
        return ["必要な台数を下回りました。これは障害であり、エラーバジェットから支払われます。異常としての追加の価格はありません。"];
      }
      return [
        `${f(fields, "of")} 台中 ${f(fields, "down")} 台が停止し、${f(fields, "need")} 台が必要です。`,
        `事前分布: この 1 台が戻る前に他の 1 台が止まる確率は平均 ${percent(n(fields, "member_loss_mean"))}。`,
        `そのため ${f(fields, "need")} 台を下回る確率が ${percent(n(fields, "failure_chance_rise"), 3)} 上がりました。`,
        `障害 1 回は ${minutes(n(fields, "failure_minutes"))} を消費するとみなします。学ぶための履歴はまだありません。`,
      ];
    }
    if (basis === "together") {
      return [
        `${f(fields, "of")} 台中 ${f(fields, "down")} 台が停止し、${f(fields, "need")} 台が必要です。`,
        `グループ自身の履歴では、1 日以内に台数が足りなくなる確率が ${percent(n(fields, "failure_chance_rise"), 3)} 上がり ${percent(n(fields, "chance"), 3)} になりました。`,
        `障害 1 回は平均 ${minutes(n(fields, "failure_minutes"))} を消費します。`,
      ];
    }
    if (basis === "evidence" || basis === "evidence_pooled") {
      return [
        `この種類の終わったエピソードは ${plain(n(fields, "episodes"), 3)} 件。1 時間以内に障害が続いたのは ${plain(n(fields, "followed"), 3)} 件、どのみち見込まれたのは ${plain(n(fields, "expected"), 3)} 件。`,
        basis === "evidence"
          ? `同時にあったものと分け合い、この種類の分は ${plain(n(fields, "credited"), 3)} 件。`
          : "まだ何とも言えないため、似た種類の価格です。",
        `1 エピソードは障害の確率を ${percent(n(fields, "failure_chance_mean"), 3)} 上げ、その障害は平均 ${minutes(n(fields, "failure_minutes"))} を消費します。`,
      ];
    }
    const what = basis === "prior_signals" ? "普段と違う指標" : basis === "prior_alert" ? "他のプログラムの通知" : "新しいログパターン";
    return [
      `事前分布: ${what}の ${percent(n(fields, "failure_chance_mean"))} が障害に先立つ。`,
      `障害 1 回は ${minutes(n(fields, "failure_minutes"))} を消費するとみなします。学ぶための履歴はまだありません。`,
    ];
  },
  details: {
    pattern_name: "パターンの名前",
    pattern: "パターン",
    example: "例",
    count: "行数",
    level: "レベル",
    first_seen_on: "最初に見た場所",
    known_in: "既知のサービス",
    last_seen: "最後",
  },
  report: "日次レポート",
  team: "チーム",
  allTeams: "すべてのチーム",
  period: "期間",
  periods: { 24: "24 時間", 168: "7 日", 744: "31 日" },
  copy: "Markdown をコピー",
  copied: "コピーしました",
  download: "ダウンロード",
  demo: "デモ: サーバー 5 台の店",
  demoHint: "1 台の停止は異常、3 台の停止は障害です。試してみてください。",
  demoGone: "デモは動いていません。kizashi demo で起動します。",
  server: "サーバー",
  faults: {
    down: "停止",
    slow: "遅延",
    errors: "エラー",
    cpu: "CPU を浪費",
    new_line: "新しいログ行",
    log_flood: "ログの洪水",
    traffic: "アクセス 3 倍",
  },
  faultFor: (fault, server) => `${fault}: サーバー ${server}`,
  forSpan: "時間",
  restore: "すべて元に戻す",
  runningFaults: "実行中",
  until: (time) => `${time} まで`,
  none: "なし",
  wholeShop: "店全体",
};
