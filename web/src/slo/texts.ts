// The texts of these views in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { sloEn, type SloTexts } from "../text/slo_en";
import { sloJa } from "../text/slo_ja";

export const st = computed<SloTexts>(() => (language.value === "ja" ? sloJa : sloEn));
