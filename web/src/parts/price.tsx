// A price in error-budget minutes with its interval: the number, and where the truth may lie.
import type { Price } from "../api/client";
import { minutes } from "../format";
import { t } from "../settings";

export function PriceText({ price }: { price: Price }) {
  return (
    <span class="price">
      <b>{minutes(price.mean_minutes)}</b>{" "}
      <span class="interval">
        {t.value.interval(minutes(price.low_minutes), minutes(price.high_minutes))}
      </span>
    </span>
  );
}

/** The interval drawn to the scale of its own upper end. */
export function PriceScale({ price }: { price: Price }) {
  const end = Math.max(price.high_minutes, price.mean_minutes) || 1;
  const at = (value: number) => 4 + (value / end) * 292;
  return (
    <svg class="scale" viewBox="0 0 300 26" role="img" aria-label={priceLabel(price)}>
      <line x1="4" x2="296" y1="13" y2="13" class="scale-axis" />
      <line x1={at(price.low_minutes)} x2={at(price.high_minutes)} y1="13" y2="13" class="scale-span" />
      <circle cx={at(price.mean_minutes)} cy="13" r="5" class="scale-mean" />
    </svg>
  );
}

function priceLabel(price: Price): string {
  return `${minutes(price.mean_minutes)}, ${t.value.interval(minutes(price.low_minutes), minutes(price.high_minutes))}`;
}
