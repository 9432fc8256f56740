// Who is on call of each schedule now and next, and until when.
import { useSignal } from "@preact/signals";
import { authorized } from "../api/client";
import { duration } from "../format";
import { onCallLink } from "../router";
import { t } from "../settings";
import { feed, type Duty, type Person, type Span } from "./ask";
import { Ring } from "./ring";
import { ot } from "./texts";
import { timeIn } from "./zone";

/** Somebody's name, and how they came to be on call when it is not their turn. */
export function whoText(span: Span): string {
  const texts = ot.value;
  if (span.person === null) return texts.nobody;
  const why = span.why && span.why !== "turn" ? texts.whys[span.why](span.instead_of ?? "") : "";
  return why ? `${span.person} (${why})` : span.person;
}

/** An ordinary link, for calendar programs; on the page it is fetched with the token of the tab. */
export function FeedLink({ of, name }: { of: "schedule" | "person"; name: string }) {
  const texts = ot.value;
  const failed = useSignal("");
  const take = async (event: MouseEvent) => {
    event.preventDefault();
    failed.value = "";
    const response = await authorized(feed(of, name)).catch(() => undefined);
    if (!response?.ok) {
      failed.value = `${t.value.failed} ${response?.statusText ?? ""}`;
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = `${name}.ics`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <a href={feed(of, name)} download={`${name}.ics`} aria-label={texts.calendarOf(name)} title={texts.calendarHint} onClick={(event) => void take(event)}>
        {texts.calendar}
      </a>
      {failed.value && <span role="alert"> {failed.value}</span>}
    </>
  );
}

function Card({ duty, people, chosen }: { duty: Duty; people: Person[]; chosen: boolean }) {
  const texts = ot.value;
  const { now, next, time_zone: zone } = duty;
  const ringable = people.find((one) => one.name === now.person && one.has_phone)?.name;
  return (
    <article class={chosen ? "card duty chosen" : "card duty"} aria-label={duty.title}>
      <h3>
        <a href={onCallLink(duty.schedule)} data-row aria-current={chosen ? "true" : undefined}>
          {duty.title}
        </a>{" "}
        <span class="detail">{duty.team}</span>
      </h3>
      <p class="lead">
        <span class="detail">{texts.now}</span> <b class={now.person === null ? "nobody" : ""}>{whoText(now)}</b>
      </p>
      <p>
        {next ? (
          <>
            <time dateTime={new Date(next.begin).toISOString()}>{texts.untilTime(timeIn(next.begin, zone))}</time>{" "}
            <span class="detail">({texts.left(duration(Math.max(0, next.begin - Date.now()) / 1000))})</span>
            <br />
            <span class="detail">{texts.next}</span> <b>{whoText(next)}</b>{" "}
            <span class="detail">{texts.untilTime(timeIn(next.end, zone))}</span>
          </>
        ) : (
          texts.noChange
        )}
      </p>
      <p class="detail">
        {zone} · <FeedLink of="schedule" name={duty.schedule} />
      </p>
      {ringable !== undefined && <Ring person={ringable} key={ringable} />}
    </article>
  );
}

export function NowCards({ duties, people, chosen }: { duties: Duty[]; people: Person[]; chosen: string }) {
  const texts = ot.value;
  return (
    <section aria-labelledby="now">
      <h2 id="now">{texts.nowTitle}</h2>
      <div class="cards">
        {duties.map((duty) => (
          <Card duty={duty} people={people} chosen={duty.schedule === chosen} key={duty.schedule} />
        ))}
      </div>
    </section>
  );
}
