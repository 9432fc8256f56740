// Language and theme: chosen once, kept in the browser.
import { computed, effect, signal } from "@preact/signals";
import { en, type Texts } from "./text/en";
import { ja } from "./text/ja";

export type Language = "en" | "ja";
export type Theme = "auto" | "light" | "dark";

const dictionaries: Record<Language, Texts> = { en, ja };

function stored<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  const value = localStorage.getItem(key);
  return allowed.find((one) => one === value) ?? fallback;
}

export const language = signal<Language>(
  stored("kizashi-language", ["en", "ja"], navigator.language.startsWith("ja") ? "ja" : "en"),
);
export const theme = signal<Theme>(stored("kizashi-theme", ["auto", "light", "dark"], "auto"));
export const t = computed<Texts>(() => dictionaries[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
  localStorage.setItem("kizashi-language", language.value);
});
effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  localStorage.setItem("kizashi-theme", theme.value);
});
