// Turns in words: from when until when, who, and by which layer.
import { Head } from "../parts/head";
import type { Span } from "./ask";
import { whoText } from "./now";
import { ot } from "./texts";
import { timeIn } from "./zone";

/** `layered`: they are of several layers. */
export function SpanTable({ spans, zone, layered }: { spans: Span[]; zone: string; layered: boolean }) {
  const texts = ot.value;
  return (
    <div class="scroll spans" tabIndex={0} role="region" aria-label={texts.turns}>
      <table>
        <Head columns={[texts.from, texts.until, texts.who, ...(layered ? [texts.layer] : [])]} />
        <tbody>
          {spans.map((span) => (
            <tr key={span.begin}>
              <td>{timeIn(span.begin, zone)}</td>
              <td>{timeIn(span.end, zone)}</td>
              <td>{whoText(span)}</td>
              {layered && <td>{span.layer ?? ""}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
