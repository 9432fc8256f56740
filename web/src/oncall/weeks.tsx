// Eight weeks of a schedule on its own clock: a row a week, in it a lane for each layer and one for
// who is on call in the end; behind it a table.
import { useSignal } from "@preact/signals";
import { Choice } from "../parts/choice";
import { t } from "../settings";
import type { Preview, Span } from "./ask";
import { whoText } from "./now";
import { SpanTable } from "./span_table";
import { ot } from "./texts";
import { dayAfter, dayIn, momentOf, mondayOf, timeIn, weekdayName } from "./zone";

const colors = 8;
const finalLane = "";

interface Lane {
  name: string;  // finalLane, or a layer's
  spans: Span[];
}
interface Week {
  days: number[];  // the moments of eight midnights: the last is the next week's first
}

function weeksOf(from: number, to: number, zone: string): Week[] {
  const weeks: Week[] = [];
  for (let monday = mondayOf(from, zone); momentOf(monday, zone) < to; monday = dayAfter(monday, 7)) {
    weeks.push({ days: [0, 1, 2, 3, 4, 5, 6, 7].map((day) => momentOf(dayAfter(monday, day), zone)) });
  }
  return weeks;
}

/** Where [begin, end) lies in the week, in percent; nothing when it does not. */
function place(week: Week, begin: number, end: number): { left: string; width: string } | undefined {
  const [first = 0, last = 0] = [week.days[0], week.days[7]];
  const [from, to] = [Math.max(begin, first), Math.min(end, last)];
  if (from >= to) return undefined;
  const share = (ms: number) => `${((100 * ms) / (last - first)).toFixed(3)}%`;
  return { left: share(from - first), width: share(to - from) };
}

function Bar(props: { week: Week; begin: number; end: number; class: string; text: string; title: string }) {
  const style = place(props.week, props.begin, props.end);
  if (!style) return null;
  return (
    <span class={`bar-of ${props.class}`} style={style} title={props.title}>
      {props.text}
    </span>
  );
}

function LaneRow({ week, lane, preview, color }: { week: Week; lane: Lane; preview: Preview; color: (person: string) => string }) {
  const texts = ot.value;
  const zone = preview.time_zone;
  const title = (span: Span) => `${whoText(span)}: ${timeIn(span.begin, zone)} – ${timeIn(span.end, zone)}`;
  return (
    <div class={lane.name === finalLane ? "lane final" : "lane"}>
      <span class="lane-name">{lane.name === finalLane ? texts.onCall : lane.name}</span>
      <div class="strip">
        {week.days.slice(1, 7).map((day) => (
          <span class="midnight" style={{ left: place(week, day, day + 1)?.left }} key={day} />
        ))}
        {lane.spans.map(
          (span) =>
            span.person !== null && (
              <Bar week={week} begin={span.begin} end={span.end} class={color(span.person)} text={span.person} title={title(span)} key={span.begin} />
            ),
        )}
        {lane.name === finalLane &&
          preview.gaps.map((gap) => (
            <Bar
              week={week}
              begin={gap.begin}
              end={gap.end}
              class="gap"
              text={texts.nobody}
              title={`${texts.nobody}: ${timeIn(gap.begin, zone)} – ${timeIn(gap.end, zone)}`}
              key={`gap ${gap.begin}`}
            />
          ))}
      </div>
    </div>
  );
}

function lanesOf(preview: Preview): Lane[] {
  return [...(preview.layers ?? []), { name: finalLane, spans: preview.spans }];
}

export function Weeks({ preview, from, to }: { preview: Preview; from: number; to: number }) {
  const texts = ot.value;
  const table = useSignal(false);
  const shown = useSignal(finalLane);
  const zone = preview.time_zone;
  const lanes = lanesOf(preview);
  const people = [...new Set(lanes.flatMap((lane) => lane.spans.map((span) => span.person)))].filter((one) => one !== null).sort();
  const color = (person: string) => `who-${people.indexOf(person) % colors}`;
  const weeks = weeksOf(from, to, zone);
  const lane = lanes.find((one) => one.name === shown.value) ?? { name: finalLane, spans: preview.spans };
  return (
    <figure class="chart weeks">
      <figcaption>
        <span>{texts.weeksOf(preview.title, zone)}</span>
      </figcaption>
      <div role="img" aria-label={texts.weeksLabel(preview.title, preview.gaps.length)}>
        <div class="lane weekdays">
          <span class="lane-name" />
          <div class="strip">
            {[0, 1, 2, 3, 4, 5, 6].map((day) => (
              <span key={day}>{weekdayName(day)}</span>
            ))}
          </div>
        </div>
        {weeks.map((week) => (
          <div class="week" key={week.days[0]}>
            <div class="week-name">
              {dayIn(week.days[0] ?? 0, zone)} – {dayIn(week.days[6] ?? 0, zone)}
            </div>
            {lanes.map((one) => (
              <LaneRow week={week} lane={one} preview={preview} color={color} key={one.name} />
            ))}
          </div>
        ))}
      </div>
      <p class="buttons">
        <button type="button" class="quiet small" aria-expanded={table.value} onClick={() => (table.value = !table.value)}>
          {table.value ? t.value.hideTable : t.value.showTable}
        </button>
        {table.value && (
          <Choice
            label={texts.layer}
            value={shown.value}
            choices={lanes.map((one): [string, string] => [one.name, one.name || texts.onCall]).reverse()}
            onChoose={(name) => (shown.value = name)}
          />
        )}
      </p>
      {table.value && <SpanTable spans={lane.spans} zone={zone} layered={lane.name === finalLane} />}
    </figure>
  );
}
