// Draws the series of an answer as lines; loaded with the first chart.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, plain } from "../format";
import { resolved } from "../parts/plot";
import type { Series } from "./ask";

export interface LinesPlot {
  point(index: number): void;
  remove(): void;
}

const height = 300;

/** A colour for the i-th line, and how it is dashed: lines differ without colour too. */
export function strokeOf(i: number): { stroke: string; dash: number[] } {
  const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
  return { stroke: `hsl(${(i * 67 + 215) % 360} 60% 50%)`, dash: dashes[Math.floor(i / 5) % dashes.length] ?? [] };
}

/** The times of all series, ascending, and each series' values at them. */
export function columns(series: Series[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b);
  const at = new Map(times.map((time, i) => [time, i]));
  const values = series.map(({ points }) => {
    const column: (number | null)[] = new Array<number | null>(times.length).fill(null);
    for (const [time, value] of points) {
      const number = Number(value.replace("Inf", "Infinity"));
      column[at.get(time) ?? 0] = Number.isFinite(number) ? number : null;
    }
    return column;
  });
  return [times, ...values];
}

/** `onPoint` hears which time the mouse is on, -1 for none. */
export function drawLines(host: HTMLElement, data: uPlot.AlignedData, onPoint: (index: number) => void): LinesPlot {
  const colour = (name: string) => resolved(host, name);
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  const options: uPlot.Options = {
    width: Math.max(host.clientWidth, 100),
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    series: [{}, ...data.slice(1).map((_, i) => ({ ...strokeOf(i), width: 1.5, points: { show: data[0].length < 2 } }))],
    axes: [
      { ...axis, size: 24, space: 70, values: (_, times) => times.map((time) => clock(time * 1000).slice(0, 5)) },
      { ...axis, size: 64, space: 30, values: (_, values) => values.map((value) => plain(value, 4)) },
    ],
    hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? -1)] },
  };
  const plot = new uPlot(options, data, host);
  const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(host.clientWidth, 100), height }));
  resized.observe(host);
  return {
    point: (index) => plot.setCursor({ left: plot.valToPos(plot.data[0][index] ?? 0, "x"), top: height / 2 }),
    remove: () => {
      resized.disconnect();
      plot.destroy();
    },
  };
}
