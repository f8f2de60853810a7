// The heat map of the roads: drag to move, scroll or press a button to zoom. Numbers at the axes follow.
"use strict";

const ZOOM_MAX = 40, STEP = 1.5, APART_PX = 70;

/** The least of 1, 2, 5, 10, ... that is not below `least`. @param {number} least */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10);
}

class RoadMap {
  /** @param {SVGSVGElement} map */
  constructor(map) {
    this.view = /** @type {SVGSVGElement} */ (map.querySelector(".view"));
    this.world = /** @type {SVGGElement} */ (map.querySelector(".world"));
    this.axes = /** @type {SVGGElement} */ (map.querySelector(".axes"));
    const m = /** @type {SVGMatrix} */ (this.world.transform.baseVal.consolidate()?.matrix);
    this.home = { scale: m.a, x: m.e, y: m.f };
    this.now = { ...this.home };
  }

  /** Where the pointer is inside the map's frame. @param {PointerEvent | WheelEvent} event */
  at(event) {
    const box = this.view.getBoundingClientRect(), factor = this.wide() / box.width;
    return { x: (event.clientX - box.left) * factor, y: (event.clientY - box.top) * factor };
  }

  wide() { return this.view.width.baseVal.value; }

  high() { return this.view.height.baseVal.value; }

  /** @param {number} factor @param {{x: number, y: number}} fixed */
  zoom(factor, fixed = { x: this.wide() / 2, y: this.high() / 2 }) {
    const scale = Math.min(this.now.scale * factor, this.home.scale * ZOOM_MAX);
    if (scale <= this.home.scale) return this.show(this.home);
    const by = scale / this.now.scale;
    this.show({ scale, x: fixed.x - (fixed.x - this.now.x) * by, y: fixed.y - (fixed.y - this.now.y) * by });
  }

  /** @param {{x: number, y: number}} from @param {{x: number, y: number}} to */
  move(from, to) { this.show({ ...this.now, x: this.now.x + to.x - from.x, y: this.now.y + to.y - from.y }); }

  whole() { this.show(this.home); }

  /** @param {{scale: number, x: number, y: number}} now */
  show(now) {
    this.now = { ...now };
    this.world.setAttribute("transform", `matrix(${now.scale},0,0,${-now.scale},${now.x},${now.y})`);
    this.number();
  }

  /** Round metres along both sides, in place of the numbers that stand there. */
  number() {
    const { scale, x, y } = this.now, left = this.view.x.baseVal.value, top = this.view.y.baseVal.value;
    const step = roundStep(APART_PX / scale), digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const written = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    this.axes.querySelectorAll("text:not(.title)").forEach((t) => t.remove());
    for (let k = Math.ceil(-x / scale / step); k * step * scale + x <= this.wide(); k++)
      this.write(written.format(k * step), left + x + k * step * scale, top + this.high() + 17, "middle");
    for (let k = Math.ceil((y - this.high()) / scale / step); y - k * step * scale >= 0; k++)
      this.write(written.format(k * step), left - 8, top + y - k * step * scale + 4, "end");
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} anchor */
  write(text, x, y, anchor) {
    const element = document.createElementNS(this.axes.namespaceURI, "text");
    element.textContent = text;
    element.setAttribute("x", String(x));
    element.setAttribute("y", String(y));
    element.setAttribute("text-anchor", anchor);
    this.axes.append(element);
  }

  /** At its whole size the map lets the page scroll on. @param {WheelEvent} event */
  wheel(event) {
    if (event.deltaY > 0 && this.now.scale <= this.home.scale) return;
    event.preventDefault();
    tipBox.hidden = true;
    this.zoom(Math.exp(-event.deltaY * 0.0015), this.at(event));
  }

  /** @param {PointerEvent} down */
  drag(down) {
    let last = this.at(down);
    this.view.setPointerCapture(down.pointerId);
    this.view.onpointermove = (event) => {
      const at = this.at(event);
      this.move(last, at);
      last = at;
    };
    this.view.onpointerup = this.view.onpointercancel = () => (this.view.onpointermove = null);
  }
}

/** @type {NodeListOf<SVGSVGElement>} */ (document.querySelectorAll(".map")).forEach((svg) => {
  const map = new RoadMap(svg), holder = /** @type {HTMLElement} */ (svg.closest(".map-holder"));
  const presses = { in: () => map.zoom(STEP), out: () => map.zoom(1 / STEP), all: () => map.whole() };
  for (const [name, press] of Object.entries(presses)) holder.querySelector(`[data-zoom=${name}]`)?.addEventListener("click", press);
  map.view.addEventListener("wheel", (event) => map.wheel(event), { passive: false });
  map.view.addEventListener("pointerdown", (event) => map.drag(event));
});
