// What a silence with these matchers silences among the alerts that there are.
import { useLive } from "../live";
import { alerts } from "./ask";
import { Labels } from "./labels";
import { filterOf, type Matcher } from "./matchers";
import { al } from "./texts";

const shownMax = 10;

export function SilencePreview({ matchers }: { matchers: Matcher[] }) {
  const texts = al.value;
  const loaded = useLive(async () => (matchers.length > 0 ? alerts.matching(matchers) : undefined), [matchers.map(filterOf).join(" ")], 5000);
  const { data, failed } = loaded.value;
  return (
    <section aria-label={texts.preview}>
      <p role="status">{failed ? `${texts.noPreview} ${failed}` : data ? texts.wouldSilence(data.length) : texts.previewHint}</p>
      {!failed && data && data.length > 0 && (
        <ul class="alerts">
          {data.slice(0, shownMax).map((one) => (
            <li key={one.fingerprint}>
              <b>{one.labels["alertname"]}</b> <Labels labels={one.labels} without={["alertname"]} />
            </li>
          ))}
          {data.length > shownMax && <li class="hint">{texts.more(data.length - shownMax)}</li>}
        </ul>
      )}
    </section>
  );
}
