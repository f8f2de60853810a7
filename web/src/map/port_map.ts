// The map: two canvases for the flat view, a third with WebGL for the spatial one, and the hand on them.

import { tables } from "../state/tables.ts";
import type { PointIndex } from "../wire/points.ts";
import type { TerminalDoc } from "../wire/terminal.ts";
import { Camera } from "./camera.ts";
import { palettes } from "./colours.ts";
import { Ground, stacksOf } from "./ground.ts";
import { Motion, type Pose } from "./motion.ts";
import { Moving } from "./moving.ts";
import { nearest, type Picked } from "./pick.ts";
import { Plan } from "./plan.ts";
import type { Space } from "./space.ts";

const RATIO_MAX = 1.5;

export interface MapOptions {
  theme: "dark" | "light"; dimension: "2d" | "3d"; colourBy: string; selected: string | null; following: boolean; ways: boolean; heat: boolean;
}

export class PortMap {
  readonly plan: Plan;
  readonly camera = new Camera();
  readonly motions: Record<string, Motion>;
  onPick: (picked: Picked | null) => void = () => {};
  onCamera: (text: string) => void = () => {};
  painted = 0;
  paintedHz = 0;
  frameMs = 0;
  /** Ages of the positions that were painted last, ms. */
  readonly agesMs: number[] = [];
  private options: MapOptions = {
    theme: "dark", dimension: "2d", colourBy: "state", selected: null, following: false, ways: true, heat: false,
  };
  private readonly still = document.createElement("canvas");
  private readonly live = document.createElement("canvas");
  private readonly ground: Ground;
  private readonly moving: Moving;
  private space: Space | null = null;
  private values: Int32Array | null = null;
  private groundDirty = true;
  private boxesMs = -1e9;
  private boxesDirty = true;
  private dirty = true;
  private ratio = 1;
  private disposed = false;
  private countedMs = performance.now();
  private counted = 0;
  private readonly unlisten: () => void;
  private readonly watcher: ResizeObserver;

  constructor(readonly host: HTMLElement, doc: TerminalDoc, readonly points: PointIndex) {
    this.plan = new Plan(doc);
    this.ground = new Ground(this.plan);
    this.moving = new Moving(this.plan, points);
    this.motions = { truck: new Motion(points, "truck"), road_truck: new Motion(points, "road_truck") };
    for (const canvas of [this.still, this.live]) {
      canvas.className = "map-canvas";
      host.append(canvas);
    }
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(host);
    this.unlisten = tables.onChange((changed) => {
      if (changed.has("boxes")) this.boxesDirty = true;
      if (["vessels", "blocks", "heat"].some((name) => changed.has(name))) this.groundDirty = true;
      this.dirty = true;
    });
    this.hands();
    this.resize();
    this.fit();
    requestAnimationFrame(() => this.paint());
  }

  set(options: Partial<MapOptions>): void {
    const was = this.options;
    this.options = { ...was, ...options };
    this.groundDirty = this.dirty = true;
    if (this.options.dimension !== was.dimension) void this.enter(this.options.dimension);
    this.space?.set(this.options);
  }

  onFrame(values: Int32Array, wallMs: number): void {
    this.values = values;
    const now = performance.now();
    for (const motion of Object.values(this.motions)) motion.frame(values, now, wallMs);
    this.dirty = true;
  }

  /** A jump on the time line: nothing glides there. */
  restart(): void {
    for (const motion of Object.values(this.motions)) motion.restart();
  }

  fit(): void {
    this.camera.fit(this.plan.low, this.plan.high, 30);
  }

  flyTo(x: number, y: number, scale?: number): void {
    this.camera.centre(x, y);
    if (scale) this.camera.zoom(scale / this.camera.scale);
  }

  /** Centre of something by its id. */
  whereIs(id: string): [number, number] | null {
    const truck = this.points.groups.get("truck")?.devices.indexOf(id) ?? -1;
    if (truck >= 0) {
      const pose = this.motions["truck"]!.pose(truck, performance.now(), emptyPose());
      return pose.known ? [pose.x, pose.y] : null;
    }
    const crane = this.plan.doc.quay_cranes.findIndex((c) => c.id === id);
    if (crane >= 0 || this.plan.blockOfCrane.has(id)) return this.craneAt(id, crane);
    return this.plan.find(id);
  }

  private craneAt(id: string, quayCrane: number): [number, number] | null {
    const value = (name: string, n: number): number =>
      this.values ? (this.points.value(this.values, this.points.at(name, n)) ?? 0) : 0;
    const quay = this.plan.doc.quay;
    if (quayCrane >= 0 && quay) {
      const u = value("quay_crane.gantry.position", quayCrane);
      return [quay.x + Math.cos(quay.axis) * u, quay.y + Math.sin(quay.axis) * u];
    }
    const block = this.plan.blockOfCrane.get(id)!, n = this.plan.doc.yard_cranes.findIndex((c) => c.id === id);
    const u = value("yard_crane.gantry.position", n);
    return [block.x + Math.cos(block.axis) * u, block.y + Math.sin(block.axis) * u];
  }

  /** Where a truck is painted now; tests read it. */
  truckOnScreen(id: string): Pose | null {
    const n = this.points.groups.get("truck")?.devices.indexOf(id) ?? -1;
    return n < 0 ? null : { ...this.motions["truck"]!.pose(n, performance.now(), emptyPose()) };
  }

  dispose(): void {
    this.disposed = true;
    this.unlisten();
    this.watcher.disconnect();
    this.space?.dispose();
    this.still.remove();
    this.live.remove();
  }

  // -- painting -----------------------------------------------------------------------------------------------

  private resize(): void {
    const width = Math.max(1, this.host.clientWidth), height = Math.max(1, this.host.clientHeight);
    this.ratio = Math.min(RATIO_MAX, devicePixelRatio || 1);
    for (const canvas of [this.still, this.live]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this.camera.resize(width, height);
    if (this.camera.untouched) this.fit();
    this.space?.resize(width, height, this.ratio);
    this.groundDirty = true;
  }

  private async enter(dimension: "2d" | "3d"): Promise<void> {
    if (dimension === "3d" && !this.space) {
      const { Space } = await import("./space.ts");
      if (this.disposed) return;
      try {
        this.space = new Space(this.host, this.plan, this.points, this.camera);
      } catch {
        return; // no WebGL on this machine: the flat view stays
      }
      this.space.set(this.options);
      this.space.resize(this.host.clientWidth, this.host.clientHeight, this.ratio);
      this.boxesDirty = true;
    }
    const spatial = this.options.dimension === "3d" && this.space !== null;
    this.space?.show(spatial);
    this.still.style.visibility = this.live.style.visibility = spatial ? "hidden" : "visible";
    this.groundDirty = this.dirty = true;
  }

  private paint(): void {
    if (this.disposed) return;
    requestAnimationFrame(() => this.paint());
    const now = performance.now();
    this.count(now);
    if (!this.values) return;
    this.follow();
    const moves = this.motions["truck"]!.moving(now) || this.motions["road_truck"]!.moving(now);
    if (!moves && !this.dirty && !this.camera.changed && !this.groundDirty) return;
    this.restack(now);
    if (this.options.dimension === "3d" && this.space) {
      this.space.draw(this.values, this.motions, now, this.look(), this.ground.stacks);
    } else {
      this.paintFlat(now);
    }
    if (this.camera.changed) this.onCamera(this.camera.untouched ? "" : this.camera.text());
    this.camera.changed = this.groundDirty = this.dirty = false;
    this.painted++;
    this.agesMs.push(Date.now() - this.motions["truck"]!.wallMs(now));
    if (this.agesMs.length > 3_000) this.agesMs.splice(0, 1_000);
    this.counted++;
    this.frameMs = 0.9 * this.frameMs + 0.1 * (performance.now() - now);
  }

  private paintFlat(now: number): void {
    const p = palettes[this.options.theme];
    if (this.groundDirty || this.camera.changed) {
      const closed = new Set<string>();
      for (const row of tables.of("blocks").values()) for (const lane of row["lanes"]) closed.add(lane);
      this.ground.draw(this.still.getContext("2d", { alpha: false })!, this.camera, this.ratio, p, {
        vessels: tables.of("vessels"), closed, heat: this.options.heat ? tables.of("heat") : null,
      });
    }
    this.moving.draw(this.live.getContext("2d")!, this.camera, this.ratio, this.values!, this.motions, now, this.look());
  }

  private look() {
    return {
      p: palettes[this.options.theme], colourBy: this.options.colourBy, selected: this.options.selected, ways: this.options.ways,
      trucks: tables.of("trucks"), wayRows: tables.of("ways"),
    };
  }

  private restack(now: number): void {
    if (!this.boxesDirty || now - this.boxesMs < 1_000) return;
    this.boxesMs = now;
    this.boxesDirty = false;
    this.ground.stacks = stacksOf(this.plan, tables.of("boxes"));
    this.groundDirty = true;
  }

  private follow(): void {
    if (!this.options.following || !this.options.selected) return;
    const where = this.whereIs(this.options.selected);
    if (where) this.camera.centre(...where);
  }

  private count(now: number): void {
    if (now - this.countedMs < 1_000) return;
    this.paintedHz = (1_000 * this.counted) / (now - this.countedMs);
    this.countedMs = now;
    this.counted = 0;
  }

  // -- hands --------------------------------------------------------------------------------------------------

  private hands(): void {
    let held: { x: number; y: number; turn: boolean; far: number } | null = null;
    this.host.addEventListener("pointerdown", (e) => {
      held = { x: e.clientX, y: e.clientY, turn: e.button === 2 || e.shiftKey, far: 0 };
      this.host.setPointerCapture(e.pointerId);
    });
    this.host.addEventListener("pointermove", (e) => {
      if (!held) return;
      const dx = e.clientX - held.x, dy = e.clientY - held.y;
      held.far += Math.abs(dx) + Math.abs(dy);
      held.x = e.clientX;
      held.y = e.clientY;
      if (held.turn) {
        this.camera.rotate(-dx * 0.005);
        this.space?.tilt(dy * 0.005);
        this.dirty = true;
      } else this.camera.move(dx, dy);
    });
    this.host.addEventListener("pointerup", (e) => {
      if (held && held.far < 5) this.pick(e);
      held = null;
    });
    this.host.addEventListener("contextmenu", (e) => e.preventDefault());
    this.host.addEventListener("wheel", (e) => {
      e.preventDefault();
      const box = this.host.getBoundingClientRect();
      this.camera.zoom(Math.exp(-e.deltaY * 0.0014), e.clientX - box.left, e.clientY - box.top);
    }, { passive: false });
  }

  private pick(e: PointerEvent): void {
    const box = this.host.getBoundingClientRect();
    const px = e.clientX - box.left, py = e.clientY - box.top;
    const [x, y] = this.options.dimension === "3d" && this.space ? this.space.toWorld(px, py) : this.camera.toWorld(px, py);
    this.onPick(nearest(this, x, y, Math.max(4, 9 / this.camera.scale)));
  }
}

export function emptyPose(): Pose {
  return { x: 0, y: 0, heading: 0, speed: 0, known: false };
}
