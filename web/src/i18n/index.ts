// Words in the person's language; switching needs no reload. A word that a dictionary lacks does not compile.

import { effect, signal } from "@preact/signals";
import { en, type Word, type Words } from "./en.ts";
import { zh } from "./zh.ts";

export type { Word };
const dictionaries: Record<"en" | "zh", Words> = { en, zh };
const wished = localStorage.getItem("portway-language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = signal<"en" | "zh">(wished === "zh" ? "zh" : "en");

effect(() => {
  document.documentElement.lang = language.value;
  localStorage.setItem("portway-language", language.value);
});

export function t(word: Word): string {
  return dictionaries[language.value][word];
}

/** A code of the server in words, itself when there are none. */
export function coded(prefix: string, code: string): string {
  const words = dictionaries[language.value] as Record<string, string>;
  return words[prefix + code] ?? code;
}

/** Name, cause and response of an alarm. */
export function alarmText(code: string): { name: string; cause: string; response: string } {
  const words = dictionaries[language.value] as Record<string, string>;
  const key = `al_${code}` in words ? code : "unknown";
  return {
    name: key === "unknown" ? code : words[`al_${key}`]!, cause: words[`al_${key}_cause`]!, response: words[`al_${key}_do`]!,
  };
}
