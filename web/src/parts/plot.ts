// Draws a line with uPlot; loaded only by the views that have charts.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, day, signalValue } from "../format";

type Points = readonly (readonly (number | null)[])[];

export interface Plot {
  show(points: Points): void;
  /** Puts the cursor on a point. */
  point(index: number): void;
  remove(): void;
}

const height = 110;
/** Around a point that is alone. */
const aloneSeconds = 1800;

function columns(points: Points): uPlot.AlignedData {
  return [points.map(([time]) => (time ?? 0) / 1000), points.map(([, value]) => value ?? null)];
}

/** What a colour of the sheet is in the theme that is shown; a canvas cannot resolve it itself. */
export function resolved(host: HTMLElement, name: string): string {
  const probe = host.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Labels of the time axis: seconds, and times of the day, only where they tell two labels apart. */
function timeLabels(_: uPlot, times: number[], _axis: number, _space: number, step: number): string[] {
  if (step >= 86_400) return times.map((time) => day(time * 1000));
  return times.map((time) => clock(time * 1000).slice(0, step < 60 ? 8 : 5));
}

/** `onPoint` hears which point the mouse is on, -1 for none. */
export function draw(
  host: HTMLElement,
  points: Points,
  unit: string,
  onPoint: (index: number) => void,
): Plot {
  const colour = (name: string) => resolved(host, name);
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const font = "11px system-ui, sans-serif";
  const options: uPlot.Options = {
    width: Math.max(host.clientWidth, 100),
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { range: (self, low, high) => xRange(self.data[0], low, high) },
      y: { range: (_, low, high) => yRange(low, high, unit) },
    },
    series: [
      {},
      { stroke: colour("--series"), width: 1.5, fill: colour("--series-fill"), spanGaps: false, points: { show: (self) => self.data[0].length < 2 } },
    ],
    axes: [
      { ...axis, font, size: 22, space: 70, values: timeLabels },
      { ...axis, font, size: 58, space: 30, values: (_, values) => values.map((value) => signalValue(value, unit)) },
    ],
    hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? -1)] },
  };
  const plot = new uPlot(options, columns(points), host);
  const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(host.clientWidth, 100), height }));
  resized.observe(host);
  return {
    show: (next) => plot.setData(columns(next)),
    point: (index) => {
      const left = plot.valToPos(plot.data[0][index] ?? 0, "x");
      plot.setCursor({ left, top: height / 2 });
    },
    remove: () => {
      resized.disconnect();
      plot.destroy();
    },
  };
}

/** uPlot shows years around a point that is alone. */
function xRange(times: ArrayLike<number>, low: number, high: number): [number, number] {
  const first = times[0];
  if (first === undefined || times.length > 1) return [low, high];
  return [first - aloneSeconds, first + aloneSeconds];
}

/** Shares stay within 0 to 1 and show what is near 1; other values start at 0. */
function yRange(low: number | null, high: number | null, unit: string): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (unit === "ratio" && low > 0.9) return [Math.min(low, 0.99), 1];
  const top = high > 0 ? high * 1.1 : 1;
  return [Math.min(low, 0), unit === "ratio" ? Math.min(top, Math.max(1, high)) : top];
}
