// The price of an anomaly with its interval, what it spends, and how it is derived.
import type { Anomaly } from "../api/client";
import { minutes, plain } from "../format";
import { PriceScale, PriceText } from "../parts/price";
import { t } from "../settings";
import { at } from "./texts";

function Derivation({ anomaly }: { anomaly: Anomaly }) {
  const texts = at.value;
  const { price } = anomaly;
  return (
    <details class="derivation">
      <summary>{texts.derivation}</summary>
      <p class="hint">{texts.derivationHint}</p>
      <dl class="facts">
        {Object.entries(price.fields).map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{typeof value === "number" ? plain(value, 4) : String(value)}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href={`/kizashi/v1/prices/${encodeURIComponent(anomaly.kind)}`} target="_blank">
          {texts.linkNames.price}
        </a>
      </p>
    </details>
  );
}

export function PriceCard({ anomaly }: { anomaly: Anomaly }) {
  const texts = t.value;
  const { price, ledger } = anomaly;
  return (
    <section class="card" aria-labelledby="price">
      <h2 id="price">{texts.priceTitle}</h2>
      <p class="lead">
        <PriceText price={price} />
      </p>
      <PriceScale price={price} />
      <p class="hint">{texts.priceHint}</p>
      <p>
        {ledger.expected_until === null ? at.value.spends(minutes(price.mean_minutes)) : at.value.spendsNothing}
      </p>
      <h3>{texts.restsOn}</h3>
      <ul>
        {texts.basis(price.basis, price.fields).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <Derivation anomaly={anomaly} />
    </section>
  );
}
