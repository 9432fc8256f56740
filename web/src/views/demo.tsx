// The demo's switches: what to break, where, for how long; and what is broken now.
import { useSignal } from "@preact/signals";
import type { Demo, Fault } from "../api/client";
import { api } from "../api/client";
import { clock, duration } from "../format";
import { Head } from "../parts/head";
import { Shown } from "../parts/loaded";
import { useLive } from "../live";
import { t } from "../settings";
import { useTitle } from "../title";

const serverFaults: Fault[] = ["down", "slow", "errors", "cpu", "new_line", "log_flood"];
// The shop changes without a verdict, too.
const shopEveryMs = 2000;
const spans = [30, 60, 300, 900];

function Running({ demo }: { demo: Demo }) {
  const texts = t.value;
  return (
    <section aria-labelledby="running">
      <h2 id="running">{texts.runningFaults}</h2>
      {demo.faults.length === 0 ? (
        <p class="hint">{texts.none}</p>
      ) : (
        <ul>
          {demo.faults.map((one) => (
            <li key={`${one.fault} ${one.server}`}>
              {texts.faults[one.fault]} · {one.server || texts.wholeShop} ·{" "}
              {texts.until(clock(one.until))}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Switches({ demo, onChange }: { demo: Demo; onChange: (change: Promise<Demo>) => void }) {
  const texts = t.value;
  const seconds = useSignal(300);
  const start = (fault: Fault, server: string) => onChange(api.fault(fault, server, seconds.value));
  return (
    <>
      <p class="buttons">
        <label>
          {texts.forSpan}{" "}
          <select
            value={String(seconds.value)}
            onChange={(event) => (seconds.value = Number(event.currentTarget.value))}
          >
            {spans.map((span) => (
              <option value={String(span)} key={span}>
                {duration(span)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => start("traffic", "")}>
          {texts.faults.traffic}
        </button>
        <button type="button" onClick={() => onChange(api.clearFaults())}>
          {texts.restore}
        </button>
      </p>
      <div class="scroll">
        <table>
          <Head columns={[texts.server, texts.state, texts.break]} />
          <tbody>
            {demo.servers.map((server) => (
              <tr key={server.name} class={server.alive ? "" : "failure"}>
                <th scope="row">{server.name}</th>
                <td>{server.alive ? texts.memberUp : texts.memberDown}</td>
                <td class="buttons">
                  {serverFaults.map((fault) => (
                    <button
                      type="button"
                      key={fault}
                      aria-label={texts.faultFor(texts.faults[fault], server.name)}
                      onClick={() => start(fault, server.name)}
                    >
                      {texts.faults[fault]}
                    </button>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function DemoView() {
  const texts = t.value;
  useTitle(texts.demo);
  const loaded = useLive(api.demo, [], shopEveryMs);
  const failed = useSignal("");
  const change = (answer: Promise<Demo>) => {
    failed.value = "";
    answer
      .then((data) => (loaded.value = { data, missing: false, failed: "" }))
      .catch((error: unknown) => (failed.value = String(error)));
  };
  return (
    <>
      <h1 tabIndex={-1}>{texts.demo}</h1>
      <p class="hint">{texts.demoHint}</p>
      {failed.value && (
        <p role="alert" class="notice bad">
          {failed.value}
        </p>
      )}
      <Shown from={loaded.value}>
        {(demo) =>
          demo.running ? (
            <>
              <Switches demo={demo} onChange={change} />
              <Running demo={demo} />
            </>
          ) : (
            <p class="notice">{texts.demoGone}</p>
          )
        }
      </Shown>
    </>
  );
}
