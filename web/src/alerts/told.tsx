// Who was told of an alert and when, what still waits to be told, and when it is looked at next.
import { clock, dateTime } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { alerts } from "./ask";
import { al } from "./texts";

const pollMs = 3000;
const ms = (text: string) => new Date(text).getTime();

/** `group` is a group's key. */
export function ToldList({ fingerprint, group }: { fingerprint: string; group: string }) {
  const texts = al.value;
  const loaded = useLive(() => alerts.told(fingerprint), [fingerprint], pollMs);
  if (loaded.value.missing) return <p class="hint">{texts.forgotten}</p>;
  return (
    <Shown from={loaded.value}>
      {(all) => {
        const of = <T extends { group: string }>(list: T[]) => list.filter((one) => one.group === group);
        const [told, waiting] = [of(all.told), of(all.waiting)];
        return (
          <ul class="who-told">
            {told.map((one) => (
              <li key={`told ${one.destination}`}>
                <time dateTime={one.at}>{dateTime(ms(one.at))}</time> {texts.toldAs[one.status](one.destination)}
              </li>
            ))}
            {waiting.map((one) => (
              <li key={`waiting ${one.destination} ${one.since}`}>
                <time dateTime={one.since}>{dateTime(ms(one.since))}</time> <b>{texts.waitsFor(one.destination)}</b>{" "}
                {(one.attempts ?? 0) > 0 && (
                  <span class="detail">
                    {texts.tried(one.attempts ?? 0)} {one.next_attempt && texts.again(clock(ms(one.next_attempt)))}
                  </span>
                )}
              </li>
            ))}
            {told.length + waiting.length === 0 && <li class="hint">{texts.nobodyYet}</li>}
          </ul>
        );
      }}
    </Shown>
  );
}
