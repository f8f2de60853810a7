// Smooth motion between frames: the page shows what was true one frame ago and moves on from there, never backwards.

import type { PointIndex } from "../wire/points.ts";
import { NO_VALUE } from "../wire/frames.ts";

const JUMP_M = 30;
const STEP_MS_MAX = 2_500;

export interface Pose { x: number; y: number; heading: number; speed: number; known: boolean }

interface Rows { first: number; count: number; step: number }

/** Poses of all devices of a kind that move. */
export class Motion {
  readonly count: number;
  private readonly rows: Rows[];
  private readonly old: Float64Array;
  private readonly now: Float64Array;
  private readonly known: Uint8Array;
  private arrivedMs = 0;
  private stepMs = 100;
  private fresh = true;
  private oldWallMs = 0;
  private nowWallMs = 0;

  constructor(points: PointIndex, kind: string) {
    this.rows = ["x", "y", "heading"].map((axis) => points.row(`${kind}.position.${axis}`));
    this.rows.push(points.row(`${kind}.drive.speed`));
    this.count = this.rows[0]!.count;
    this.old = new Float64Array(4 * this.count);
    this.now = new Float64Array(4 * this.count);
    this.known = new Uint8Array(this.count);
  }

  /** A frame has come at `nowMs` of the page's clock; it was sampled at `wallMs`. */
  frame(values: Int32Array, nowMs: number, wallMs: number): void {
    this.oldWallMs = this.fresh ? wallMs : this.wallMs(nowMs);
    this.nowWallMs = wallMs;
    if (!this.fresh && !this.differs(values)) return; // a recording holds fewer instants than are sent
    const since = nowMs - this.arrivedMs;
    const shown = this.fresh ? 1 : Math.min(1, since / this.stepMs);
    for (let n = 0; n < this.count; n++) {
      const at = 4 * n;
      this.known[n] = values[this.rows[0]!.first + n] === NO_VALUE ? 0 : 1;
      for (let axis = 0; axis < 4; axis++) {
        const row = this.rows[axis]!;
        const value = values[row.first + n]! * row.step;
        const from = axis === 2 ? this.old[at + 2]! + turn(this.old[at + 2]!, this.now[at + 2]!) * shown
          : this.old[at + axis]! + (this.now[at + axis]! - this.old[at + axis]!) * shown;
        this.old[at + axis] = from;
        this.now[at + axis] = value;
      }
      const far = Math.hypot(this.now[at]! - this.old[at]!, this.now[at + 1]! - this.old[at + 1]!) > JUMP_M;
      if (far || this.fresh) this.old.set(this.now.subarray(at, at + 4), at);
    }
    this.stepMs = this.fresh ? 100 : Math.min(STEP_MS_MAX, 0.8 * this.stepMs + 0.2 * Math.max(16, since));
    this.arrivedMs = nowMs;
    this.fresh = false;
  }

  private differs(values: Int32Array): boolean {
    for (let n = 0; n < this.count; n++) {
      for (let axis = 0; axis < 2; axis++) {
        const row = this.rows[axis]!;
        const known = values[row.first + n] !== NO_VALUE;
        if (known !== (this.known[n] === 1) || (known && values[row.first + n]! * row.step !== this.now[4 * n + axis])) return true;
      }
    }
    return false;
  }

  /** Forget what was: the next frame is taken as it is. */
  restart(): void {
    this.fresh = true;
  }

  /** When that was true which is shown at `nowMs`. */
  wallMs(nowMs: number): number {
    return this.oldWallMs + (this.nowWallMs - this.oldWallMs) * Math.min(1, (nowMs - this.arrivedMs) / this.stepMs);
  }

  /** Whether anything still moves on the screen. */
  moving(nowMs: number): boolean {
    return nowMs - this.arrivedMs < this.stepMs + 50;
  }

  pose(n: number, nowMs: number, out: Pose): Pose {
    const share = Math.min(1, (nowMs - this.arrivedMs) / this.stepMs), at = 4 * n;
    out.x = this.old[at]! + (this.now[at]! - this.old[at]!) * share;
    out.y = this.old[at + 1]! + (this.now[at + 1]! - this.old[at + 1]!) * share;
    out.heading = this.old[at + 2]! + turn(this.old[at + 2]!, this.now[at + 2]!) * share;
    out.speed = this.now[at + 3]!;
    out.known = this.known[n] === 1;
    return out;
  }
}

/** The shorter way round from one angle to another. */
export function turn(from: number, to: number): number {
  const d = to - from;
  return d - 2 * Math.PI * Math.round(d / (2 * Math.PI));
}
