// What a redundancy group has to fear: how likely it is that too few members are left, and what if.
import "./together.css";
import { computed } from "@preact/signals";
import type { Together } from "../api/client";
import { api } from "../api/client";
import { chance, duration, minutes, percent, plain } from "../format";
import { useLive } from "../live";
import { FactList } from "../parts/facts";
import { Shown } from "../parts/loaded";
import { PriceText } from "../parts/price";
import { language } from "../settings";
import { togetherEn, type TogetherTexts } from "../text/together_en";
import { togetherJa } from "../text/together_ja";

const tt = computed<TogetherTexts>(() => (language.value === "ja" ? togetherJa : togetherEn));
/** The answer costs the server some work: asked for when a member goes or comes, else this often. */
const everyMs = 300_000;

type Range = Together["too_few"];

function Facts({ group }: { group: Together }) {
  const texts = tt.value;
  const { failures_a_member_month: rate, repair_minutes: repair, common_cause_share: common } = group;
  const facts: [string, preact.ComponentChildren][] = [
    [texts.rate, texts.rateValue(plain(rate.mean, 2), plain(rate.low, 2), plain(rate.high, 2))],
    [texts.repair, `${minutes(repair.mean)} (${texts.interval(minutes(repair.low), minutes(repair.high))})`],
    [texts.common, `${percent(common.mean)} (${texts.interval(percent(common.low), percent(common.high))})`],
  ];
  if (group.next_member) facts.push([texts.next, <PriceText price={group.next_member} />]);
  return <FactList facts={facts} />;
}

function Row(props: { name: string; range: Range; against?: number }) {
  const { range, against } = props;
  const change = against === undefined || against === 0 ? "" : percent(range.mean / against - 1, 0);
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td class="number">{chance(range.mean)}</td>
      <td class="number">{tt.value.interval(chance(range.low), chance(range.high))}</td>
      <td class="number">{change}</td>
    </tr>
  );
}

function Chances({ group }: { group: Together }) {
  const texts = tt.value;
  const { what_if: what, too_few: today } = group;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.whatIf}>
      <table class="together">
        <caption>{texts.caption(group.need, group.of, duration(group.window_seconds))}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.scenario}</th>
            <th scope="col" class="number">{texts.chance}</th>
            <th scope="col" class="number">{texts.spread}</th>
            <th scope="col" class="number">{texts.change}</th>
          </tr>
        </thead>
        <tbody>
          <Row name={texts.today} range={today} />
          <Row name={texts.independent} range={group.too_few_if_independent} />
          <Row name={texts.atOnce(group.fatal_members)} range={group.fatal_at_once} />
          <Row name={texts.now(group.down, duration(group.now_seconds))} range={group.too_few_now} />
        </tbody>
        <tbody>
          <tr>
            <th scope="rowgroup" colSpan={4}>
              {texts.whatIf}
            </th>
          </tr>
          <Row name={texts.more} range={what.one_member_more} against={today.mean} />
          <Row name={texts.faster} range={what.repair_twice_as_fast} against={today.mean} />
          <Row name={texts.half} range={what.half_the_common_cause} against={today.mean} />
        </tbody>
      </table>
    </div>
  );
}

export function TogetherCard({ service, down }: { service: string; down: number }) {
  const texts = tt.value;
  const loaded = useLive(() => api.together(service), [service, down], everyMs, false);
  return (
    <section class="card" aria-labelledby="together">
      <h2 id="together">{texts.title}</h2>
      <p class="hint">{texts.hint}</p>
      <Shown from={loaded.value}>
        {(group) => (
          <>
            {!group.has_history && <p class="notice">{texts.thin}</p>}
            <Facts group={group} />
            <Chances group={group} />
          </>
        )}
      </Shown>
    </section>
  );
}
