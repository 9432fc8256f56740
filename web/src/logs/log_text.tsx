// The text of a line or of a template: never HTML, control characters shown, long ones folded.
import { useSignal } from "@preact/signals";
import { count } from "../format";
import { cut, spansOf, templateSpans, type Piece, type Span } from "./pieces";
import { lt } from "./texts";

const foldedCharacters = 400;
const foldedLines = 6;

/** Where a text is folded: its length when it is short enough. */
function foldAt(text: string): number {
  let at = -1;
  for (let line = 0; line < foldedLines; ++line) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) break;
  }
  const lines = at < 0 ? text.length : at;
  const end = Math.min(lines, text.length <= foldedCharacters * 1.25 ? text.length : foldedCharacters);
  // Both halves of a character stay together.
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
}

function Part({ piece }: { piece: Piece }) {
  const shown = piece.control ? (
    <span class="control" title={lt.value.control(piece.control)}>
      {piece.text}
    </span>
  ) : (
    piece.text
  );
  if (!piece.slot) return <>{shown}</>;
  return (
    <mark class={`slot ${piece.slot}`} title={lt.value.kinds[piece.slot]}>
      {shown}
    </mark>
  );
}

function Pieces({ text, spans }: { text: string; spans: readonly Span[] }) {
  return (
    <>
      {cut(text, spans).map((piece, i) => (
        <Part piece={piece} key={i} />
      ))}
    </>
  );
}

type Slots = readonly (readonly (string | number)[])[];

export function LogText({ text, slots = [] }: { text: string; slots?: Slots }) {
  const texts = lt.value;
  const open = useSignal(false);
  const end = foldAt(text);
  const folded = end < text.length;
  const shown = folded && !open.value ? text.slice(0, end) : text;
  const spans = spansOf(text, slots)
    .filter((span) => span.begin < shown.length)
    .map((span) => ({ ...span, end: Math.min(span.end, shown.length) }));
  return (
    <>
      <code class="log-text" dir="ltr">
        <Pieces text={shown} spans={spans} />
        {folded && !open.value && "…"}
      </code>
      {folded && (
        <button
          type="button"
          class="quiet small"
          aria-expanded={open.value}
          onClick={() => (open.value = !open.value)}
        >
          {open.value ? texts.showLess : texts.showAll(count(text.length))}
        </button>
      )}
    </>
  );
}

const shortCharacters = 120;

/** A value where nothing can be unfolded, such as in a link. */
export function ShortText({ text }: { text: string }) {
  const characters = [...text.slice(0, shortCharacters * 2)];
  const short = characters.slice(0, shortCharacters).join("");
  return (
    <code class="log-text" dir="ltr">
      <Pieces text={short} spans={[]} />
      {short.length < text.length && "…"}
    </code>
  );
}

/** What the team calls it, when it does, and how it is written. */
export function Template({ text, name = "" }: { text: string; name?: string }) {
  return (
    <>
      {name && <strong class="pattern-name">{name}</strong>}
      <code class="log-text" dir="ltr">
        <Pieces text={text} spans={templateSpans(text)} />
      </code>
    </>
  );
}
