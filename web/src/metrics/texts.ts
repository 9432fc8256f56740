// The texts of these views in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { metricsEn, type MetricsTexts } from "../text/metrics_en";
import { metricsJa } from "../text/metrics_ja";

export const mt = computed<MetricsTexts>(() => (language.value === "ja" ? metricsJa : metricsEn));
