// What was measured around an anomaly, with the band it was expected in: a drawing, and its table.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Anomaly } from "../api/client";
import { plain } from "../format";
import { PointTable } from "../parts/signal_chart";
import { measured, type Points, signalPoints } from "./ask";
import { at } from "./texts";

interface Band {
  time: number;
  low: number;
  high: number;
}

const width = 640;
const height = 160;
const besideMs = 30 * 60_000;
const rangeMaxMs = 7 * 86_400_000;

/** The bands that the evidence tells, oldest first; those without both ends are left out. */
export function bandsOf(anomaly: Anomaly): Band[] {
  return [{ time: anomaly.begin, fields: anomaly.fields }, ...anomaly.evidence]
    .map(({ time, fields }) => ({ time, low: Number(fields["band_low"]), high: Number(fields["band_high"]) }))
    .filter((band) => Number.isFinite(band.low) && Number.isFinite(band.high))
    .sort((a, b) => a.time - b.time);
}

function rangeOf(anomaly: Anomaly): [number, number] {
  const length = Math.min((anomaly.end ?? Date.now()) - anomaly.begin, rangeMaxMs);
  const beside = Math.max(besideMs, length);
  return [anomaly.begin - beside, Math.min(anomaly.begin + length + beside, Date.now())];
}

/** A band holds from its time to the next one's; the first from the drawing's begin. */
function bandPath(bands: Band[], x: (time: number) => number, y: (value: number) => number, to: number): string {
  const corners = bands.flatMap((band, i) => {
    const begin = i === 0 ? 0 : x(band.time);
    const next = bands[i + 1];
    return [
      { x: begin, band },
      { x: next ? x(next.time) : to, band },
    ];
  });
  const upper = corners.map((corner) => `${corner.x},${y(corner.band.high)}`);
  const lower = [...corners].reverse().map((corner) => `${corner.x},${y(corner.band.low)}`);
  return [...upper, ...lower].join(" ");
}

function Drawing({ anomaly, points, bands }: { anomaly: Anomaly; points: Points; bands: Band[] }) {
  const texts = at.value;
  const [from, to] = [points[0]?.[0] ?? 0, points[points.length - 1]?.[0] ?? 1];
  const all = [...points.map(([, value]) => value), ...bands.flatMap((band) => [band.low, band.high])];
  const least = Math.min(...all);
  const span = Math.max(...all) - least || 1;
  const x = (time: number) => Math.min(Math.max(((time - from) / (to - from || 1)) * width, 0), width);
  const y = (value: number) => height - 6 - ((value - least) / span) * (height - 12);
  const last = bands[bands.length - 1];
  const said = last ? texts.inBand(plain(last.low, 3), plain(last.high, 3)) : "";
  return (
    <svg
      class="anomaly-band"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${texts.band}: ${plain(points[points.length - 1]?.[1] ?? 0, 3)}${said ? `, ${said}` : ""}`}
    >
      {bands.length > 0 && <polygon class="expected" points={bandPath(bands, x, y, width)} />}
      <line class="began" x1={x(anomaly.begin)} x2={x(anomaly.begin)} y1="0" y2={height} />
      <polyline class="measured" points={points.map(([time, value]) => `${x(time)},${y(value)}`).join(" ")} />
    </svg>
  );
}

export function BandChart({ anomaly, query }: { anomaly: Anomaly; query: string }) {
  const texts = at.value;
  const points = useSignal<Points | undefined>(undefined);
  const table = useSignal(false);
  useEffect(() => {
    if (!query) return undefined;
    let current = true;
    const signal = String(anomaly.fields["signal"] ?? "");
    void (signal ? signalPoints(anomaly.service, signal, rangeOf(anomaly)[0]) : measured(query, ...rangeOf(anomaly)))
      .catch((): Points => [])
      .then((got) => current && (points.value = got.filter(([, value]) => Number.isFinite(value))));
    return () => {
      current = false;
    };
  }, [query, anomaly.begin, anomaly.end]);
  if ((!query && !anomaly.fields["signal"]) || points.value === undefined) return null;
  return (
    <section class="card" aria-labelledby="band">
      <h2 id="band">{texts.band}</h2>
      <p class="hint">
        {texts.bandHint} <code>{query || String(anomaly.fields["signal"])}</code>
      </p>
      {points.value.length === 0 ? (
        <p class="hint">{texts.noBand}</p>
      ) : (
        <Drawing anomaly={anomaly} points={points.value} bands={bandsOf(anomaly)} />
      )}
      <button type="button" class="quiet small" aria-expanded={table.value} aria-controls="band-table" onClick={() => (table.value = !table.value)}>
        {table.value ? texts.hideTable : texts.showTable}
      </button>
      {table.value && <PointTable series={{ id: "band", unit: "", points: points.value }} id="band-table" />}
    </section>
  );
}
