// What is told where the pointer is: the numbers of a mark, of a cell of the map, or of the nearest point of a track.
"use strict";

const tipBox = /** @type {HTMLElement} */ (document.querySelector("#tip"));
const NEAR_PX = 20;

/** The text of a tip with its numbers filled in. @param {SVGElement} holder @param {(string | undefined)[]} values */
const filled = (holder, values) => tipOf(holder).replace(/\{(\d+)\}/g, (_, i) => values[Number(i)] ?? "");

/** Where the pointer is in the units inside an element. @param {SVGGraphicsElement} element @param {PointerEvent} event */
const inside = (element, event) =>
  new DOMPoint(event.clientX, event.clientY).matrixTransform(/** @type {DOMMatrix} */ (element.getScreenCTM()).inverse());

/** @param {SVGElement} mark */
function markText(mark) {
  const holder = /** @type {SVGElement} */ (mark.closest("[data-tip-en]"));
  return filled(holder, (mark.dataset["v"] ?? "").split("|"));
}

/** @type {Map<SVGImageElement, string[][]>} */
const rasters = new Map();

/** @param {SVGElement} map @param {PointerEvent} event */
function cellText(map, event) {
  const image = /** @type {SVGImageElement} */ (map.querySelector("image"));
  const cells = rasters.get(image) ?? (image.dataset["cells"] ?? "").split(";").map((row) => row.split(","));
  rasters.set(image, cells);
  const at = inside(image, event), size = Number(image.dataset["cell"]);
  const column = Math.floor((at.x - image.x.baseVal.value) / size), row = Math.floor((at.y - image.y.baseVal.value) / size);
  const value = cells[row]?.[column];
  if (!value) return "";
  const middle = [image.x.baseVal.value + (column + 0.5) * size, image.y.baseVal.value + (row + 0.5) * size];
  return filled(map, [...middle.map((m) => m.toFixed(0)), value]);
}

/** @type {Map<SVGElement, number[][]>} */
const trackPoints = new Map();

/** All points of the tracks of a figure. @param {SVGElement} figure */
function pointsOf(figure) {
  const lines = [...figure.querySelectorAll("polyline")].map((line) => line.getAttribute("points") ?? "");
  const points = trackPoints.get(figure) ?? lines.flatMap((l) => l.split(" ").map((p) => p.split(",").map(Number)));
  trackPoints.set(figure, points);
  return points;
}

/** @param {SVGElement} figure @param {PointerEvent} event */
function trackText(figure, event) {
  const world = /** @type {SVGGElement} */ (figure.querySelector(".world"));
  const dot = /** @type {SVGCircleElement} */ (figure.querySelector(".dot"));
  const m = /** @type {DOMMatrix} */ (world.getCTM()), at = inside(world, event);
  let near = NEAR_PX, found = [0, 0];
  for (const [x = 0, y = 0] of pointsOf(figure)) {
    const away = Math.hypot((x - at.x) * m.a, (y - at.y) * m.d);
    if (away < near) [near, found] = [away, [x, y]];
  }
  dot.style.visibility = near < NEAR_PX ? "visible" : "hidden";
  const [x = 0, y = 0] = found, own = /** @type {SVGMatrix} */ (world.transform.baseVal.consolidate()?.matrix);
  dot.setAttribute("transform", `translate(${own.e + own.a * x} ${own.f + own.d * y})`);
  return near < NEAR_PX ? filled(figure, [x.toFixed(1), y.toFixed(0)]) : "";
}

/** @param {PointerEvent} event */
function textAt(event) {
  const target = /** @type {Element} */ (event.target);
  const [mark, map, tracks] = ["[data-v]", ".map", ".tracks"].map((s) => /** @type {SVGElement | null} */ (target.closest(s)));
  if (mark) return markText(mark);
  if (map) return cellText(map, event);
  return tracks ? trackText(tracks, event) : "";
}

/** Beside the pointer, on the side where there is room. @param {PointerEvent} event */
function place(event) {
  const { offsetWidth: wide, offsetHeight: high } = tipBox;
  const x = event.clientX + 14 + wide < innerWidth ? event.clientX + 14 : event.clientX - 14 - wide;
  const y = Math.min(Math.max(4, event.clientY - high / 2), innerHeight - high - 4);
  tipBox.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
}

/** @param {PointerEvent} event */
function tell(event) {
  const text = textAt(event);
  tipBox.hidden = !text;
  tipBox.textContent = text;
  if (text) place(event);
}

document.addEventListener("pointermove", tell);
document.addEventListener("pointerdown", tell);
addEventListener("scroll", () => (tipBox.hidden = true), { passive: true });
