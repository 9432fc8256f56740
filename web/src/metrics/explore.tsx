// Asks a query over a range, or at one moment; what is asked is in the address.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { plain } from "../format";
import { go, metricsLink, query } from "../router";
import { metrics, errorPlace, type Result } from "./ask";
import { askedBy, ExploreForm, type Asked } from "./explore_form";
import { ResultChart } from "./result_chart";
import { ResultTable } from "./result_table";
import { mt } from "./texts";

const pointsWanted = 240;
const examples = ["up", "rate(kizashi_http_requests_total[5m])", "topk(5, count by (__name__) ({__name__=~\".+\"}))"];

function automaticStep(seconds: number): number {
  const wanted = seconds / pointsWanted;
  return [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600].find((step) => step >= wanted) ?? 7200;
}

async function run({ text, seconds, endMs, step, table }: Asked, signal: AbortSignal): Promise<Result> {
  const end = (Number.isNaN(endMs) ? Date.now() : endMs) / 1000;
  if (table) return metrics.instant(text, end, signal);
  return metrics.range(text, end - seconds, end, step || automaticStep(seconds), signal);
}

function Failure({ message }: { message: string }) {
  const place = errorPlace(message);
  return (
    <p role="alert" class="notice bad">
      {place && <b>{mt.value.errorAt(place.line, place.column)}: </b>}
      <code>{message}</code>
    </p>
  );
}

export function Explore() {
  const asked = askedBy(query.value);
  const written = useSignal(asked.text);
  const result = useSignal<Result | undefined>(undefined);
  const failed = useSignal("");
  const running = useSignal(false);
  const again = useSignal(0);
  const key = query.value.toString();

  useEffect(() => {
    written.value = asked.text;
    if (!asked.text.trim()) return;
    const stop = new AbortController();
    running.value = true;
    run(asked, stop.signal)
      .then((found) => {
        result.value = found;
        failed.value = "";
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) failed.value = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        if (!stop.signal.aborted) running.value = false;
      });
    return () => stop.abort();
  }, [key, again.value]);

  const send = (wanted: Record<string, string>) => {
    go(metricsLink("explore", wanted));
    ++again.value;
  };
  return (
    <>
      <ExploreForm asked={asked} written={written} failed={failed.value !== ""} running={running.value} onSend={send} />
      {failed.value && <Failure message={failed.value} />}
      {!asked.text && <Examples />}
      {asked.text && !failed.value && result.value && <Answer result={result.value} />}
    </>
  );
}

function Examples() {
  return (
    <>
      <p class="hint">{mt.value.first}</p>
      <ul class="services">
        {examples.map((text) => (
          <li key={text}>
            <a class="button" href={metricsLink("explore", { q: text })} data-row>
              <code>{text}</code>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Answer({ result }: { result: Result }) {
  const texts = mt.value;
  if (result.series.length === 0) return <p class="hint">{texts.noResult}</p>;
  return (
    <section aria-live="polite">
      <p class="detail">{texts.took(`${plain(result.tookMs, 2)} ms`)}</p>
      {result.type === "matrix" ? <ResultChart result={result} /> : <ResultTable result={result} />}
    </section>
  );
}
