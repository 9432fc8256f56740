// Small things beside an SLO: its state as shape and word, badges, its past as a line.
import type { Slo } from "../api/client";
import { percent } from "../format";
import { st } from "./texts";

type State = Slo["state"];

/** What the frame's colours call it. */
const tones: Record<State, string> = {
  ok: "ok",
  burning: "anomaly",
  paging: "failure",
  exhausted: "failure",
  no_data: "unknown",
  new: "unknown",
};

const shapes: Record<State, preact.JSX.Element> = {
  ok: <circle cx="8" cy="8" r="5" />,
  burning: <path d="M8 2 L14.5 13.5 L1.5 13.5 Z" />,
  paging: <rect x="2.5" y="2.5" width="11" height="11" rx="1" />,
  exhausted: <path d="M8 1.5 L14.5 8 L8 14.5 L1.5 8 Z" />,
  no_data: <circle cx="8" cy="8" r="4.5" class="hollow" />,
  new: <path d="M2.5 8 L13.5 8" class="hollow" />,
};

export function SloStateMark({ state }: { state: State }) {
  return (
    <span class={`state ${tones[state]}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {shapes[state]}
      </svg>
      {st.value.states[state]}
    </span>
  );
}

export function Badges({ slo }: { slo: Slo }) {
  const { badges } = st.value;
  const shown: [string, string][] = [];
  if (slo.hold) shown.push([badges.hold, "bad"]);
  if (slo.state === "no_data") shown.push([badges.no_data, "bad"]);
  if (slo.alerts_frozen && slo.state !== "new") shown.push([badges.frozen, "warn"]);
  if (slo.agreement.state === "unapproved") shown.push([badges.unapproved, "warn"]);
  if (slo.agreement.state === "overdue") shown.push([badges.overdue, "warn"]);
  if (shown.length === 0) return null;
  return (
    <span class="slo-badges">
      {shown.map(([text, tone]) => (
        <span class={`slo-badge ${tone}`} key={text}>
          {text}
        </span>
      ))}
    </span>
  );
}

const width = 120;
const height = 28;

/** Remaining shares over the window; the dashed line is an empty budget. */
export function Sparkline({ values }: { values: number[] }) {
  const texts = st.value;
  const last = values[values.length - 1];
  if (last === undefined) return <span class="hint">–</span>;
  const low = Math.min(0, ...values);
  const high = Math.max(1, ...values);
  const y = (value: number) => height - 2 - ((value - low) / (high - low)) * (height - 4);
  const x = (i: number) => (values.length < 2 ? width : (i / (values.length - 1)) * width);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const label = `${texts.overWindow}: ${percent(values[0] ?? last)} → ${percent(last)}`;
  return (
    <svg class="slo-spark" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <line x1="0" x2={width} y1={y(0)} y2={y(0)} class="slo-spark-empty" />
      <polyline points={points} />
    </svg>
  );
}
