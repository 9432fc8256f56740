// 冗長グループの見通しの日本語
import type { TogetherTexts } from "./together_en";

export const togetherJa: TogetherTexts = {
  title: "同時に足りなくなることはあるか",
  hint: "このグループ自身の履歴からの見通しと、もしもの場合。確率は、必要な台数を一度でも下回る確率とその90%区間です。",
  thin: "履歴がまだ短いため、ほとんどは前提とした見立てによります。",
  rate: "1 台が離れる頻度",
  rateValue: (times, low, high) => `月に ${times} 回（${low}～${high}）`,
  repair: "戻るまで",
  common: "複数台を巻き込む割合",
  interval: (low, high) => `${low}～${high}`,
  scenario: "場合",
  chance: "確率",
  spread: "90%区間",
  change: "現状との差",
  caption: (need, of, window) => `${window} のうちに ${of} 台中 ${need} 台を下回る`,
  now: (down, span) => (down === 0 ? `今から ${span}` : `今から ${span}（${down} 台が停止中）`),
  today: "現状（全台が稼働）",
  independent: "互いに独立に故障するとしたら",
  atOnce: (members) => `一度に ${members} 台が離れる`,
  whatIf: "もしも",
  more: "サーバーを 1 台増やす",
  faster: "復旧を 2 倍速くする",
  half: "共通原因を半分にする",
  next: "次に離れる 1 台の価格",
};
