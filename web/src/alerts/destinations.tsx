// Where messages go: each destination with its queue, its last success and its last error.
import { count, dateTime, duration } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { Head } from "../parts/head";
import { alerts, type Destination } from "./ask";
import { al } from "./texts";

const pollMs = 3000;
const ms = (text: string | undefined) => (text ? new Date(text).getTime() : 0);

type State = "failing" | "waiting" | "failed" | "fine" | "unused";

function stateOf(one: Destination): State {
  const failed = ms(one.last_error_at) > ms(one.last_delivered);
  if (one.waiting > 0) return failed ? "failing" : "waiting";
  if (failed) return "failed";
  return one.delivered > 0 ? "fine" : "unused";
}

function Queue({ one }: { one: Destination }) {
  const texts = al.value;
  const held = Math.max(ms(one.held_until), ms(one.next_attempt));
  return (
    <>
      {texts.waiting(one.waiting)}
      {one.oldest && <div class="detail">{texts.oldest(duration((Date.now() - ms(one.oldest)) / 1000))}</div>}
      {one.sending && <div class="detail">{texts.sending}</div>}
      {one.waiting > 0 && held > Date.now() && <div class="detail">{texts.heldUntil(dateTime(held))}</div>}
      {one.limit && <div class="detail">{texts.limit(one.limit.messages, duration(one.limit.window_ms / 1000))}</div>}
    </>
  );
}

function Row({ one }: { one: Destination }) {
  const texts = al.value;
  const state = stateOf(one);
  return (
    <tr class={state === "failing" || state === "failed" ? "failure" : ""}>
      <th scope="row">
        {one.receiver} <div class="detail">{one.destination}</div>
      </th>
      <td>{texts.kinds[one.kind] ?? one.kind}</td>
      <td>{one.host === undefined ? <span class="detail">{texts.gone}</span> : one.host || "–"}</td>
      <td>
        <b>{texts.states[state]}</b>
      </td>
      <td>
        <Queue one={one} />
      </td>
      <td>
        {one.last_delivered ? <time dateTime={one.last_delivered}>{dateTime(ms(one.last_delivered))}</time> : "–"}
        {one.delivered > 0 && <div class="detail">{texts.delivered(count(one.delivered))}</div>}
      </td>
      <td class="last-error">
        {one.last_error ? (
          <>
            <time dateTime={one.last_error_at}>{dateTime(ms(one.last_error_at))}</time> {one.last_error}
            <div class="detail">
              {texts.failedAttempts(count(one.failed))}
              {one.given_up > 0 && ` · ${texts.givenUp(count(one.given_up))}`}
            </div>
          </>
        ) : (
          "–"
        )}
      </td>
    </tr>
  );
}

export function Destinations() {
  const texts = al.value;
  const loaded = useLive(alerts.destinations, [], pollMs);
  const columns = [texts.receiver, texts.kind, texts.host, texts.state, texts.queue, texts.lastSuccess, texts.lastError];
  return (
    <Shown from={loaded.value}>
      {({ queues }) =>
        queues.length === 0 ? (
          <p class="hint">{texts.noDestinations}</p>
        ) : (
          <div class="scroll" tabIndex={0} role="region" aria-label={texts.parts.destinations}>
            <table class="destinations">
              <Head columns={columns} />
              <tbody>
                {queues.map((one) => (
                  <Row one={one} key={one.destination} />
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Shown>
  );
}
