// 異常とその台帳の日本語
import type { AnomalyTexts } from "./anomaly_en";

export const anomalyJa: AnomalyTexts = {
  decide: "対応",
  acknowledge: "確認する",
  acknowledged: (actor, time) => `${actor} が確認済み、${time}`,
  expect: "想定内にする",
  expectTitle: "想定内とする期限と理由",
  until: "この日の終わりまで",
  because: "理由",
  fixed: "修正済みにする",
  fixedTitle: "何が修正したか",
  fixedBy: "変更、チケット、または人",
  unexpect: "想定内を取り消す",
  reopen: "修正済みを取り消す",
  save: "保存",
  cancel: "キャンセル",
  saved: "保存しました。",
  notSaved: "保存できませんでした:",
  expectHint: "その日まで消費せず、順位にも入りません。ここには表示され続けます。",
  fixedHint: "この後にまた起きたときは再発と表示します。",
  expectedUntil: (until, why) => `${until} まで想定内: ${why}`,
  fixedAt: (what, time) => `${what} で修正済み、${time}`,
  cameBack: {
    fixed: (time) => `修正済みとした後に再発しました。前回は ${time}`,
    absent: (time) => `再発しました。前回は ${time}`,
  },
  ledger: "台帳",
  edits: "すべての判断",
  noEdits: "この種類についての判断はまだありません。",
  when: "日時",
  who: "判断した人",
  decision: "判断",
  before: "変更前",
  after: "変更後",
  actors: { page: "ページ", cli: "コマンドライン", api: "API" },
  edit: (edit, until) => {
    switch (edit.what) {
      case "acknowledge":
        return "確認";
      case "expect":
        return `${until} まで想定内: ${edit.reason}`;
      case "unexpect":
        return "想定内を取り消し";
      case "fixed":
        return `${edit.reason} で修正済み`;
      case "reopen":
        return "修正済みを取り消し";
    }
  },
  fields: {
    acknowledged_by: "確認",
    expected_until: "想定内の期限",
    expected_because: "理由",
    fixed: "修正",
    fixed_by: "修正したもの",
  },
  nothing: "なし",
  similar: "同じ種類の前回まで",
  noSimilar: "この種類では最初です。",
  links: "参照先",
  linkNames: {
    series: "時系列",
    pattern: "ログパターン",
    lines: "その時間のログ",
    release: "リリースの前後",
    failure: "その間に失敗した SLO",
    service: "サービス",
    price: "価格の導出（JSON）",
  },
  told: "伝えた価格",
  again: (minutes) => `計算し直すと ${minutes}`,
  priorTold: "事前の見立て",
  derivation: "価格の導き方",
  derivationHint: "価格の計算に使った値です。すべての手順は下のリンクにあります。",
  spends: (minutes) => `異常バジェットを ${minutes} 消費しています。`,
  spendsNothing: "この種類は想定内なので消費しません。",
  band: "想定の範囲を外れたもの",
  bandHint: "網掛けが想定の範囲、線が計測値です。",
  noBand: "この範囲に計測値はありません。",
  inBand: (low, high) => `想定は ${low} ～ ${high}`,
  value: "値",
  time: "時刻",
  low: "下限",
  high: "上限",
  showTable: "表で見る",
  hideTable: "表を隠す",
  evidence: {
    band: (what, value, low, high) => `${what ? `${what}: ` : ""}${value}、想定は ${low} ～ ${high}`,
  },
};
