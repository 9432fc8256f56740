// One signal over time: a line, its newest value, a cursor for mouse and keyboard, and a table.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { SignalPoints } from "../api/client";
import { clock, dateTime, signalValue } from "../format";
import { t, theme } from "../settings";
import type { Plot } from "./plot";

/** Enough of a signal to draw it. */
type SignalSeries = Pick<SignalPoints["signals"][number], "id" | "points"> & { unit: string };

const dayMs = 86_400_000;

const rowsMax = 120;

/** The newest points in words. */
export function PointTable({ series, id }: { series: SignalSeries; id: string }) {
  const texts = t.value;
  const rows = series.points.slice(-rowsMax).reverse();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.showTable} id={id}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.time}</th>
            <th scope="col" class="number">
              {texts.value}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([time, value]) => (
            <tr key={time}>
              <td>{dateTime(time ?? 0)}</td>
              <td class="number">{signalValue(value, series.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The last point that has a value. */
function newest(points: SignalSeries["points"]): number | null {
  for (let i = points.length - 1; i >= 0; --i) {
    const value = points[i]?.[1];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

export function SignalChart({ series, name }: { series: SignalSeries; name: string }) {
  const texts = t.value;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const latest = useRef(series);
  latest.current = series;
  const at = useSignal(-1);
  const table = useSignal(false);
  const chosenTheme = theme.value;

  useEffect(() => {
    let current = true;
    let drawn: Plot | null = null;
    void import("./plot").then(({ draw }) => {
      if (!current || !host.current) return;
      drawn = draw(host.current, latest.current.points, latest.current.unit, (i) => (at.value = i));
      plot.current = drawn;
    });
    return () => {
      current = false;
      drawn?.remove();
      plot.current = null;
    };
  }, [chosenTheme, series.unit]);
  useEffect(() => plot.current?.show(series.points), [series.points]);

  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step === 0 || series.points.length === 0) return;
    event.preventDefault();
    const last = series.points.length - 1;
    const from = at.value < 0 ? last + 1 : at.value;
    at.value = Math.min(Math.max(from + step, 0), last);
    plot.current?.point(at.value);
  };
  const point = at.value >= 0 ? series.points[at.value] : undefined;
  const { points } = series;
  const long = (points[points.length - 1]?.[0] ?? 0) - (points[0]?.[0] ?? 0) > dayMs;
  const reading = point
    ? `${(long ? dateTime : clock)(point[0] ?? 0)} ${signalValue(point[1], series.unit)}`
    : signalValue(newest(series.points), series.unit);
  const tableId = `table-${series.id.replace(/[^a-z0-9]/gi, "-")}`;
  return (
    <figure class="chart">
      <figcaption>
        <span>{name}</span>
        <output aria-live={point ? "polite" : "off"}>{reading}</output>
      </figcaption>
      <div
        ref={host}
        class="plot"
        role="img"
        tabIndex={0}
        aria-label={`${name}: ${reading}. ${texts.chartHint}`}
        onKeyDown={onKey}
        onBlur={() => (at.value = -1)}
      />
      {series.points.length === 0 && <p class="hint">{texts.noPoints}</p>}
      <button
        type="button"
        class="quiet small"
        aria-expanded={table.value}
        aria-controls={tableId}
        aria-label={`${table.value ? texts.hideTable : texts.showTable}: ${name}`}
        onClick={() => (table.value = !table.value)}
      >
        {table.value ? texts.hideTable : texts.showTable}
      </button>
      {table.value && <PointTable series={series} id={tableId} />}
    </figure>
  );
}
