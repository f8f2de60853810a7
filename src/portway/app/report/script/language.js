// Everything is said in both languages; the page shows that of <html lang>.
"use strict";

const pageTitle = /** @type {HTMLElement} */ (document.querySelector("title"));
/** @type {NodeListOf<HTMLElement>} */
const languageButtons = document.querySelectorAll("[data-language]");

const inChinese = () => document.documentElement.lang.startsWith("zh");

/** The text of a tip in the language shown. @param {HTMLElement | SVGElement} holder */
const tipOf = (holder) => (inChinese() ? holder.dataset["tipZh"] : holder.dataset["tipEn"]) ?? "";

/** @param {string} language */
function speak(language) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = tipOf(pageTitle);
  languageButtons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset["language"] === language)));
}

/** @param {string} language */
function choose(language) {
  speak(language);
  try { localStorage.setItem("portway-language", language); } catch { /* a file page may not store */ }
}

function wished() {
  try { return localStorage.getItem("portway-language"); } catch { return null; }
}

languageButtons.forEach((b) => b.addEventListener("click", () => choose(b.dataset["language"] ?? "en")));
speak(wished() ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
