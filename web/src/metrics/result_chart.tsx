// The answer to a range query: lines, a cursor for mouse and keyboard, and a table of the series.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { count, dateTime, plain } from "../format";
import { theme } from "../settings";
import { seriesName, type Result, type Series } from "./ask";
import type { LinesPlot } from "./lines_plot";
import { mt } from "./texts";

const linesMax = 50;

function Legend({ shown, values }: { shown: Series[]; values: (number | null | undefined)[] }) {
  const texts = mt.value;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.series}>
      <table class="legend">
        <thead>
          <tr>
            <th scope="col">{texts.series}</th>
            <th scope="col" class="number">
              {texts.value}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ metric }, i) => (
            <tr key={seriesName(metric)}>
              <td>
                <span class="swatch" style={{ background: `hsl(${(i * 67 + 215) % 360} 60% 50%)` }} aria-hidden="true" />{" "}
                <code>{seriesName(metric)}</code>
              </td>
              <td class="number">{typeof values[i] === "number" ? plain(values[i], 6) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ResultChart({ result }: { result: Result }) {
  const texts = mt.value;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<LinesPlot | null>(null);
  const at = useSignal(-1);
  const data = useSignal<[number[], ...(number | null)[][]]>([[]]);
  const shown = useMemo(() => result.series.slice(0, linesMax), [result]);
  const chosenTheme = theme.value;

  useEffect(() => {
    let current = true;
    void import("./lines_plot").then(({ columns, drawLines }) => {
      if (!current || !host.current) return;
      data.value = columns(shown);
      at.value = -1;
      plot.current = drawLines(host.current, data.value, (i) => (at.value = i));
    });
    return () => {
      current = false;
      plot.current?.remove();
      plot.current = null;
    };
  }, [shown, chosenTheme]);

  const [times, ...values] = data.value;
  const index = at.value >= 0 ? at.value : times.length - 1;
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step === 0 || times.length === 0) return;
    event.preventDefault();
    at.value = Math.min(Math.max(index + step, 0), times.length - 1);
    plot.current?.point(at.value);
  };
  const time = times[index] === undefined ? "" : dateTime((times[index] ?? 0) * 1000);
  return (
    <figure class="chart">
      <figcaption>
        <span>{texts.seriesOf(count(shown.length), count(result.series.length))}</span>
        <output aria-live={at.value >= 0 ? "polite" : "off"}>{time}</output>
      </figcaption>
      <div
        ref={host}
        class="lines-plot"
        role="img"
        tabIndex={0}
        aria-label={`${texts.kinds.graph} ${time}. ${texts.chartHint}`}
        onKeyDown={onKey}
      />
      <Legend shown={shown} values={values.map((column) => column[index])} />
    </figure>
  );
}
