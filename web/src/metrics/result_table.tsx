// The newest value of each series of an answer.
import { useSignal } from "@preact/signals";
import { count, dateTime } from "../format";
import { seriesName, type Result } from "./ask";
import { mt } from "./texts";

const rowsMax = 200;

export function ResultTable({ result }: { result: Result }) {
  const texts = mt.value;
  const all = useSignal(false);
  const rows = all.value ? result.series : result.series.slice(0, rowsMax);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label={texts.series}>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.series}</th>
              <th scope="col" class="number">
                {texts.value}
              </th>
              <th scope="col">{texts.time}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ metric, points }) => {
              const [seconds, value] = points[points.length - 1] ?? [0, ""];
              const name = seriesName(metric);
              return (
                <tr key={name}>
                  <td>
                    <code>{name}</code>
                  </td>
                  <td class="number">{value}</td>
                  <td>{dateTime(seconds * 1000)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length < result.series.length && (
        <p>
          {texts.seriesOf(count(rows.length), count(result.series.length))}{" "}
          <button type="button" class="quiet" onClick={() => (all.value = true)}>
            +
          </button>
        </p>
      )}
    </>
  );
}
