// Lines over time as bars: small in a row, or with axis, cursor and table.
import { useSignal } from "@preact/signals";
import type { LogCounts } from "../api/client";
import { clock, count, dateTime } from "../format";
import { t } from "../settings";
import { lt } from "./texts";

export interface Bar {
  begin: number;
  end: number;
  lines: number;
}

const minuteMs = 60_000;

/** `counts` summed into at most `barsMax` bars that fill [from, to); each is whole minutes wide. */
export function barsOf(counts: LogCounts, from: number, to: number, barsMax: number): Bar[] {
  const step = Math.max(1, Math.ceil((to - from) / minuteMs / barsMax)) * minuteMs;
  const first = Math.floor(from / minuteMs) * minuteMs;
  const size = Math.min(barsMax + 1, Math.max(1, Math.ceil((to - first) / step)));
  const bars = Array.from({ length: size }, (_, i) => ({ begin: first + i * step, end: first + (i + 1) * step, lines: 0 }));
  for (const [time = 0, lines = 0] of counts) {
    // The server's steps may be wider and begin before the range.
    const bar = bars[Math.min(Math.max(Math.floor((time - first) / step), 0), size - 1)];
    if (bar) bar.lines += lines;
  }
  return bars;
}

function highest(bars: Bar[]): Bar | undefined {
  return bars.reduce<Bar | undefined>((best, bar) => (best && best.lines >= bar.lines ? best : bar), undefined);
}

/** One path for all bars: thousands of rows stay light. A bar with a line is at least one high. */
function outline(bars: Bar[], width: number, height: number): string {
  const top = highest(bars)?.lines || 1;
  const wide = width / bars.length;
  let path = "";
  bars.forEach(({ lines }, i) => {
    if (lines === 0) return;
    const tall = Math.max(1, (lines / top) * height);
    path += `M${(i * wide).toFixed(2)} ${height}v${(-tall).toFixed(2)}h${(wide * 0.85).toFixed(2)}v${tall.toFixed(2)}z`;
  });
  return path;
}

function spanText({ begin, end }: Bar): string {
  return `${dateTime(begin)} – ${clock(end)}`;
}

function peakText(bars: Bar[]): string {
  const peak = highest(bars);
  return peak && peak.lines > 0 ? lt.value.peak(count(peak.lines), spanText(peak)) : lt.value.none;
}

export function Spark({ counts, from, to }: { counts: LogCounts; from: number; to: number }) {
  const bars = barsOf(counts, from, to, 60);
  return (
    <svg class="spark" viewBox="0 0 120 22" preserveAspectRatio="none" role="img" aria-label={peakText(bars)}>
      <path d={outline(bars, 120, 22)} />
    </svg>
  );
}

function BarTable({ bars, id }: { bars: Bar[]; id: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t.value.showTable} id={id}>
      <table>
        <thead>
          <tr>
            <th scope="col">{lt.value.time}</th>
            <th scope="col" class="number">
              {lt.value.lines}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...bars].reverse().map((bar) => (
            <tr key={bar.begin}>
              <td>{spanText(bar)}</td>
              <td class="number">{count(bar.lines)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Steps the cursor by arrow keys; nothing for other keys. */
function moved(event: KeyboardEvent, at: number, size: number): number | undefined {
  const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  if (step === 0 || size === 0) return undefined;
  event.preventDefault();
  return Math.min(Math.max((at < 0 ? size : at) + step, 0), size - 1);
}

/** The bar that the pointer is over. */
function pointed(event: PointerEvent, size: number): number {
  const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
  return Math.min(Math.floor(((event.clientX - left) / Math.max(width, 1)) * size), size - 1);
}

export function BarChart(props: { counts: LogCounts; from: number; to: number; name: string }) {
  const { counts, from, to, name } = props;
  const table = useSignal(false);
  const at = useSignal(-1);
  const bars = barsOf(counts, from, to, 120);
  const bar = bars[at.value];
  const reading = bar ? `${spanText(bar)}: ${count(bar.lines)}` : peakText(bars);
  const toggle = table.value ? t.value.hideTable : t.value.showTable;
  return (
    <figure class="chart">
      <figcaption>
        <span>{name}</span>
        <output aria-live={bar ? "polite" : "off"}>{reading}</output>
      </figcaption>
      <svg
        class="bars"
        viewBox="0 0 600 80"
        preserveAspectRatio="none"
        role="img"
        tabIndex={0}
        aria-label={`${name}: ${reading}. ${lt.value.chartHint}`}
        onKeyDown={(event) => (at.value = moved(event, at.value, bars.length) ?? at.value)}
        onBlur={() => (at.value = -1)}
        onPointerMove={(event) => (at.value = pointed(event, bars.length))}
        onPointerLeave={() => (at.value = -1)}
      >
        <path d={outline(bars, 600, 80)} />
        {bar && <rect class="cursor" x={(at.value / bars.length) * 600} y="0" width={600 / bars.length} height="80" />}
      </svg>
      <p class="axis">
        <span>{dateTime(from)}</span>
        <span>{dateTime(to)}</span>
      </p>
      <button
        type="button"
        class="quiet small"
        aria-expanded={table.value}
        aria-controls="bars-table"
        aria-label={`${toggle}: ${name}`}
        onClick={() => (table.value = !table.value)}
      >
        {toggle}
      </button>
      {table.value && <BarTable bars={bars} id="bars-table" />}
    </figure>
  );
}
