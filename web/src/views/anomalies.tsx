// Every anomaly, the dearest first.
import { useSignal } from "@preact/signals";
import type { Anomaly } from "../api/client";
import { api } from "../api/client";
import { useLive } from "../live";
import { AnomalyTable } from "../parts/anomaly_list";
import { Shown } from "../parts/loaded";
import { t } from "../settings";
import { useTitle } from "../title";

type Order = "price" | "time";

function sorted(anomalies: Anomaly[], order: Order): Anomaly[] {
  if (order === "time") return anomalies;
  return [...anomalies].sort((a, b) => b.price.mean_minutes - a.price.mean_minutes);
}

export function AnomaliesView() {
  const texts = t.value;
  useTitle(texts.anomalies);
  const filter = useSignal<keyof typeof texts.filters>("all");
  const order = useSignal<Order>("time");
  const loaded = useLive(() => api.anomalies(filter.value), [filter.value]);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.anomalies}</h1>
        <label>
          {texts.filter}{" "}
          <select
            value={filter.value}
            onChange={(event) => (filter.value = event.currentTarget.value as typeof filter.value)}
          >
            {Object.entries(texts.filters).map(([value, text]) => (
              <option value={value} key={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.sortBy}{" "}
          <select
            value={order.value}
            onChange={(event) => (order.value = event.currentTarget.value as Order)}
          >
            <option value="time">{texts.byTime}</option>
            <option value="price">{texts.byPrice}</option>
          </select>
        </label>
      </div>
      <Shown from={loaded.value}>
        {({ anomalies }) => <AnomalyTable anomalies={sorted(anomalies, order.value)} withService />}
      </Shown>
    </>
  );
}
