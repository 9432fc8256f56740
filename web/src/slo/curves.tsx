// How the budget went and how fast it burned, over the window, with what happened below.
import { useMemo } from "preact/hooks";
import type { SloDetail } from "../api/client";
import { dateTime } from "../format";
import { SignalChart } from "../parts/signal_chart";
import { st } from "./texts";

type Points = SloDetail["curve"]["points"];

const shapes: Record<string, string> = {
  alert: "M0 -5 L5 4 L-5 4 Z",
  anomaly: "M0 -5 L5 0 L0 5 L-5 0 Z",
  edit: "M-5 5 L5 -5 L3 5 Z",
  release: "M-4 -4 H4 V4 H-4 Z",
  exclusion: "M-5 -2 H5 V2 H-5 Z",
  adjustment: "M-1.5 -5 H1.5 V5 H-1.5 Z",
};

/** Marks under a chart of the same span; the list below says the same in words. */
function Marks({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { points } = detail.curve;
  const begin = points[0]?.[0] ?? 0;
  const end = detail.now;
  if (end <= begin) return null;
  const shown = detail.annotations.filter((one) => one.time >= begin && one.time <= end);
  return (
    <div class="slo-marks" aria-hidden="true">
      {shown.map((one) => (
        <svg
          viewBox="-6 -6 12 12"
          width="12"
          height="12"
          class={one.severity || one.kind}
          style={{ left: `${((one.time - begin) / (end - begin)) * 100}%` }}
          key={`${one.kind} ${one.time} ${one.id}`}
        >
          <title>{`${texts.kinds[one.kind]} ${dateTime(one.time)}`}</title>
          <path d={shapes[one.kind] ?? ""} />
        </svg>
      ))}
    </div>
  );
}

export function Curves({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { points } = detail.curve;
  const column = (list: Points, at: number) => list.map((point) => [point[0] ?? 0, point[at] ?? 0]);
  // The last point is what the number says.
  const { now, summary } = detail;
  const budget = useMemo(() => [...column(points, 1), [now, summary.budget.remaining_share]], [points, now]);
  const burn = useMemo(() => column(points, 2), [points]);
  return (
    <section class="charts" aria-label={texts.budgetCurve}>
      <SignalChart series={{ id: "slo-budget", unit: "ratio", points: budget }} name={texts.budgetCurve} />
      <Marks detail={detail} />
      <SignalChart series={{ id: "slo-burn", unit: "times", points: burn }} name={texts.burnCurve} />
    </section>
  );
}
