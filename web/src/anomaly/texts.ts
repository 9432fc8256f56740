// The texts of this view in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { anomalyEn, type AnomalyTexts } from "../text/anomaly_en";
import { anomalyJa } from "../text/anomaly_ja";

export const at = computed<AnomalyTexts>(() => (language.value === "ja" ? anomalyJa : anomalyEn));
