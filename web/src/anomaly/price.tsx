// The price of an anomaly with its interval, what it spends, and how it is derived.
import type { Anomaly, PriceTold } from "../api/client";
import { dateTime, minutes, plain } from "../format";
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

/** Prices that were told before, each with what its own numbers give today. */
function Told({ told }: { told: PriceTold[] }) {
  const texts = at.value;
  if (told.length < 2) return null;
  return (
    <>
      <h3>{texts.told}</h3>
      <ol class="told">
        {told.map((one) => (
          <li key={one.time}>
            <time dateTime={new Date(one.time).toISOString()}>{dateTime(one.time)}</time>{" "}
            <PriceText price={one.price} />{" "}
            <span class="hint">
              {one.computed_again ? texts.again(minutes(one.computed_again.mean_minutes)) : texts.priorTold}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

export function PriceCard({ anomaly, told }: { anomaly: Anomaly; told: PriceTold[] }) {
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
      <Told told={told} />
      <Derivation anomaly={anomaly} />
    </section>
  );
}
