// The texts of this view in the language that is chosen.
import { computed } from "@preact/signals";
import { language } from "../settings";
import { incidentEn, type IncidentTexts } from "../text/incident_en";
import { incidentJa } from "../text/incident_ja";

export const it = computed<IncidentTexts>(() => (language.value === "ja" ? incidentJa : incidentEn));
