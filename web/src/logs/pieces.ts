// Cuts a log line into what can be shown safely: plain text, its slots, and characters that must not
// act on the reader's screen. Pure functions.

/** What `text` is: as it stands, or the name of a character that is shown instead of acting. */
export interface Piece {
  text: string;
  /** The kind of the slot that it lies in, empty outside of slots. */
  slot: string;
  /** "U+001B", or several, when `text` stands for a control character. */
  control: string;
}

/** A part of a text, as places in the string. */
export interface Span {
  begin: number;
  end: number;
  kind: string;
}

// Controls but tab and line feed; what turns the direction of text; what has no width. A terminal's
// colour sequence is one piece.
const unsafe =
  /\u001b\[[0-9;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** How a control character is written: its picture (Unicode's "Control Pictures"), or its number. */
function pictured(text: string): string {
  const code = text.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code) + text.slice(1);
  return code === 0x7f ? "\u2421" : `⟨${codeOf(text)}⟩`;
}

function addText(text: string, slot: string, out: Piece[]): void {
  let from = 0;
  for (const found of text.matchAll(unsafe)) {
    const [match] = found;
    if (found.index > from) out.push({ text: text.slice(from, found.index), slot, control: "" });
    out.push({ text: pictured(match), slot, control: codeOf(match) });
    from = found.index + match.length;
  }
  if (from < text.length) out.push({ text: text.slice(from), slot, control: "" });
}

/** The pieces of `text` in order. `spans` are in order and do not overlap. */
export function cut(text: string, spans: readonly Span[] = []): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const { begin, end, kind } of spans) {
    if (begin < from || end <= begin) continue;
    addText(text.slice(from, begin), "", out);
    addText(text.slice(begin, end), kind, out);
    from = Math.min(end, text.length);
  }
  addText(text.slice(from), "", out);
  return out;
}

function utf8Length(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** The server's slots, [begin, end, kind] in bytes of UTF-8, as places in the string. */
export function spansOf(text: string, slots: readonly (readonly (string | number)[])[]): Span[] {
  const out: Span[] = [];
  let bytes = 0;
  let at = 0;
  const moveTo = (wanted: number) => {
    while (bytes < wanted && at < text.length) {
      const code = text.codePointAt(at) ?? 0;
      bytes += utf8Length(code);
      at += code > 0xffff ? 2 : 1;
    }
    return at;
  };
  for (const [begin, end, kind] of slots) {
    const from = moveTo(Number(begin));
    out.push({ begin: from, end: moveTo(Number(end)), kind: String(kind) });
  }
  return out;
}

/** What a template says varies. */
export const parameterMark = "<*>";

/** A template's spans: each `<*>`. */
export function templateSpans(text: string): Span[] {
  const out: Span[] = [];
  for (let at = text.indexOf(parameterMark); at >= 0; at = text.indexOf(parameterMark, at + 1)) {
    out.push({ begin: at, end: at + parameterMark.length, kind: "any" });
  }
  return out;
}
