// A key of the legend shows its series alone; pressed again, all of them.
"use strict";

/** @param {HTMLElement} key */
function showAlone(key) {
  const figure = /** @type {HTMLElement} */ (key.closest("figure")), alone = key.getAttribute("aria-pressed") === "false";
  figure.querySelectorAll("[data-key]").forEach((k) => k.setAttribute("aria-pressed", String(alone && k === key)));
  /** @type {NodeListOf<SVGElement>} */ (figure.querySelectorAll("[data-series]"))
    .forEach((s) => s.classList.toggle("faint", alone && s.dataset["series"] !== key.dataset["key"]));
}

/** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-key]"))
  .forEach((key) => key.addEventListener("click", () => showAlone(key)));
