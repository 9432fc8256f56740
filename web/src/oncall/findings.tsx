// What is wrong before it happens: nobody on call, and changes without effect.
import { onCallLink } from "../router";
import { duration } from "../format";
import type { Finding } from "./ask";
import { ot } from "./texts";
import { ownZone, timeIn } from "./zone";

const shownMax = 20;

/** `zones` are those of the schedules by name. */
export function Findings({ findings, zones }: { findings: Finding[]; zones: Map<string, string> }) {
  const texts = ot.value;
  const left = findings.length - shownMax;
  return (
    <section class="card" aria-labelledby="findings">
      <h2 id="findings">{texts.findings}</h2>
      {findings.length === 0 && <p class="hint">{texts.noFindings}</p>}
      <ul class="findings">
        {findings.slice(0, shownMax).map((one) => {
          const zone = zones.get(one.schedule) ?? ownZone();
          const times = texts.fromTo(timeIn(one.begin, zone), timeIn(one.end, zone));
          return (
            <li class={one.kind} key={`${one.kind} ${one.schedule} ${one.person} ${one.begin}`}>
              <a href={onCallLink(one.schedule)}>{one.schedule}</a>: <b>{texts.findingKinds[one.kind](one.person)}</b> {times}{" "}
              <span class="detail">({duration((one.end - one.begin) / 1000)})</span>
            </li>
          );
        })}
      </ul>
      {left > 0 && <p class="hint">{texts.more(left)}</p>}
    </section>
  );
}
