// What is wrong before it happens: nobody on call, and changes without effect.
import { duration } from "../format";
import { onCallLink } from "../router";
import type { Finding } from "./ask";
import { ot } from "./texts";
import { ownZone, timeIn } from "./zone";

const firstMax = 5;

type Zones = Map<string, string>;

function List({ findings, zones }: { findings: Finding[]; zones: Zones }) {
  const texts = ot.value;
  return (
    <ul class="findings">
      {findings.map((one) => {
        const zone = zones.get(one.schedule) ?? ownZone();
        return (
          <li class={one.kind} key={`${one.kind} ${one.schedule} ${one.person} ${one.begin}`}>
            <a href={onCallLink(one.schedule)}>{one.schedule}</a>: <b>{texts.findingKinds[one.kind](one.person)}</b>{" "}
            {texts.fromTo(timeIn(one.begin, zone), timeIn(one.end, zone))} <span class="detail">({duration((one.end - one.begin) / 1000)})</span>
          </li>
        );
      })}
    </ul>
  );
}

/** `zones` are those of the schedules by name. */
export function Findings({ findings, zones }: { findings: Finding[]; zones: Zones }) {
  const texts = ot.value;
  const [first, rest] = [findings.slice(0, firstMax), findings.slice(firstMax)];
  return (
    <section class="card" aria-labelledby="findings">
      <h2 id="findings">{texts.findings}</h2>
      {findings.length === 0 && <p class="hint">{texts.noFindings}</p>}
      <List findings={first} zones={zones} />
      {rest.length > 0 && (
        <details>
          <summary>{texts.more(rest.length)}</summary>
          <List findings={rest} zones={zones} />
        </details>
      )}
    </section>
  );
}
