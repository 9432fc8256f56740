// The texts of these views in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { logsEn, type LogsTexts } from "../text/logs_en";
import { logsJa } from "../text/logs_ja";

export const lt = computed<LogsTexts>(() => (language.value === "ja" ? logsJa : logsEn));
