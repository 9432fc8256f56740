// The slices behind every number: how many events each step had, and how many of them failed.
import { useSignal } from "@preact/signals";
import type { SloSlices } from "../api/client";
import { count, dateTime, duration, plain } from "../format";
import { useAsked } from "../logs/ask";
import { Shown } from "../parts/loaded";
import { slos } from "./ask";
import { st } from "./texts";

const width = 1000;
const height = 120;
const rowsMax = 120;

const number = (value: number | undefined) => {
  const known = value ?? 0;
  return Number.isInteger(known) ? count(known) : plain(known, 4);
};

function Bars({ found }: { found: SloSlices }) {
  const texts = st.value;
  const step = found.step_seconds * 1000;
  const span = Math.max(found.end - found.start, step);
  const most = Math.max(...found.slices.map((one) => one[2] ?? 0), 1e-9);
  const sum = (at: number) => found.slices.reduce((all, one) => all + (one[at] ?? 0), 0);
  const bad = sum(2) - sum(1);
  const x = (time: number) => ((time - found.start) / span) * width;
  const wide = Math.max((step / span) * width - 0.4, 0.6);
  const y = (value: number) => (Math.max(value, 0) / most) * (height - 8);
  return (
    <svg
      class="slo-slices"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${texts.slices}: ${texts.goodOf(number(sum(1)), number(sum(2)))}, ${texts.bad} ${number(bad)}`}
    >
      <defs>
        <pattern id="slo-bad" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2.4" height="4" class="slo-bad-line" />
        </pattern>
      </defs>
      {found.slices.map(([begin = 0, good = 0, total = 0, covered = 0]) => (
        <g key={begin}>
          <rect x={x(begin)} y={height - 2 - y(good)} width={wide} height={y(good)} class="slo-good" />
          <rect x={x(begin)} y={height - 2 - y(total)} width={wide} height={y(total - good)} fill="url(#slo-bad)" />
          {covered > 0 && <rect x={x(begin)} y={height - 2} width={wide} height={2} class="slo-covered" />}
        </g>
      ))}
    </svg>
  );
}

function Table({ found }: { found: SloSlices }) {
  const texts = st.value;
  const rows = found.slices.slice(-rowsMax).reverse();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${texts.table}: ${texts.slices}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.time}</th>
            {[texts.good, texts.bad, texts.total, texts.covered].map((head) => (
              <th scope="col" class="number" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([begin = 0, good = 0, total = 0, covered = 0]) => (
            <tr key={begin}>
              <td>{dateTime(begin)}</td>
              <td class="number">{number(good)}</td>
              <td class="number">{number(Math.max(total - good, 0))}</td>
              <td class="number">{number(total)}</td>
              <td class="number">{duration(covered)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Slices({ service, slo }: { service: string; slo: string }) {
  const texts = st.value;
  const range = useSignal(21_600);
  const table = useSignal(false);
  const every = range.value > 86_400 ? 60_000 : 10_000;
  const loaded = useAsked(() => slos.slices(service, slo, range.value), [service, slo, range.value], every);
  return (
    <section aria-label={texts.slices}>
      <div class="slo-team">
        <h2>{texts.slices}</h2>
        <label>
          {texts.range}{" "}
          <select value={String(range.value)} onChange={(event) => (range.value = Number(event.currentTarget.value))}>
            {Object.entries(texts.ranges).map(([seconds, text]) => (
              <option value={seconds} key={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Shown from={loaded.value}>
        {(found) => (
          <figure class="chart">
            {found.slices.length === 0 ? <p class="hint">{texts.noSlices}</p> : <Bars found={found} />}
            <p class="axis">
              <span>{dateTime(found.start)}</span>
              <span>{dateTime(found.end)}</span>
            </p>
            <p class="detail">{texts.slicesHint}</p>
            <button
              type="button"
              class="quiet small"
              aria-expanded={table.value}
              onClick={() => (table.value = !table.value)}
            >
              {table.value ? texts.hideTable : texts.showTable}: {texts.slices}
            </button>
            {table.value && <Table found={found} />}
          </figure>
        )}
      </Shown>
    </section>
  );
}
