// The texts of this view in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { oncallEn, type OnCallTexts } from "../text/oncall_en";
import { oncallJa } from "../text/oncall_ja";

export const ot = computed<OnCallTexts>(() => (language.value === "ja" ? oncallJa : oncallEn));
