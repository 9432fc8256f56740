// The texts of this view in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { alertsEn, type AlertsTexts } from "../text/alerts_en";
import { alertsJa } from "../text/alerts_ja";

export const al = computed<AlertsTexts>(() => (language.value === "ja" ? alertsJa : alertsEn));
