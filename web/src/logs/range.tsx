// Ranges of time: so long back from now, or between two moments of the reader's own clock.
import { lt } from "./texts";

const two = (value: number) => String(value).padStart(2, "0");

/** A moment as <input type="datetime-local"> writes it, in the reader's time zone. */
export function toInput(ms: number): string {
  const date = new Date(ms);
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Milliseconds since the epoch; NaN when it is no moment. */
export function fromInput(text: string): number {
  return new Date(text).getTime();
}

/** A number out of an address; nothing when it is none. */
export function fromQuery(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** How far back to look. */
export function RangeChoice(props: { seconds: number; onChoose: (seconds: number) => void }) {
  const texts = lt.value;
  return (
    <label>
      {texts.range}{" "}
      <select
        value={String(props.seconds)}
        onChange={(event) => props.onChoose(Number(event.currentTarget.value))}
      >
        {Object.entries(texts.ranges).map(([seconds, text]) => (
          <option value={seconds} key={seconds}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
