// The ground plan as the map draws it: geometry worked out once.

import type { Block, Lane, Line, Place, Quay, TerminalDoc } from "../wire/terminal.ts";

export const BOOM_OUT_M = 40, BOOM_BACK_M = 14, CRANE_WIDE_M = 15, BERTH_M = 34;

export interface Frame { x: number; y: number; axis: number; side: number }

/** A point in a frame: `u` along its axis, `v` across (to the left, or to the land of a quay). */
export function at(frame: Frame, u: number, v: number): [number, number] {
  const c = Math.cos(frame.axis), s = Math.sin(frame.axis);
  return [frame.x + c * u - s * v * frame.side, frame.y + s * u + c * v * frame.side];
}

export class Plan {
  readonly low: [number, number];
  readonly high: [number, number];
  readonly lanes = new Map<string, Lane>();
  readonly places = new Map<string, Place>();
  readonly blocks = new Map<string, Block>();
  readonly blockOfCrane = new Map<string, Block>();
  readonly roads: { line: Line; width_m: number; arrows: [number, number, number][] }[] = [];

  constructor(readonly doc: TerminalDoc) {
    const placed = new Set(doc.places.map((p) => p.lane));
    for (const lane of doc.lanes) {
      this.lanes.set(lane.id, lane);
      this.roads.push({ line: lane.line, width_m: lane.width_m, arrows: placed.has(lane.id) ? [] : arrowsOf(lane) });
    }
    for (const place of doc.places) this.places.set(place.id, place);
    for (const block of doc.blocks) this.blocks.set(block.id, block);
    for (const crane of doc.yard_cranes) {
      const block = this.blocks.get(crane.block);
      if (block) this.blockOfCrane.set(crane.id, block);
    }
    const points = doc.lanes.flatMap((l) => l.line).concat(doc.blocks.flatMap((b) => blockCorners(b)));
    if (doc.quay) {
      const length = (doc.quay.bays - 1) * doc.quay.bay_pitch_m;
      points.push(at(quayFrame(doc.quay), 0, -BERTH_M), at(quayFrame(doc.quay), length, -BERTH_M));
    }
    this.low = [Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1]))];
    this.high = [Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1]))];
  }

  /** Where something is, by its id: place, block, gate or charger. */
  find(id: string): [number, number] | null {
    const place = this.places.get(id) ?? this.places.get(this.doc.gates.find((g) => g.id === id)?.in ?? "");
    if (place) return [place.x, place.y];
    const block = this.blocks.get(id);
    if (block) return at(blockFrame(block), ((block.bays - 1) / 2) * block.bay_pitch_m, ((block.rows - 1) / 2) * block.row_pitch_m);
    const lane = this.lanes.get(id);
    return lane ? lane.line[Math.floor(lane.line.length / 2)]! : null;
  }
}

export function blockFrame(block: Block): Frame {
  return { x: block.x, y: block.y, axis: block.axis, side: 1 };
}

export function quayFrame(quay: Quay): Frame {
  return { x: quay.x, y: quay.y, axis: quay.axis, side: quay.side };
}

export function blockCorners(b: Block): Line {
  const u0 = -b.bay_pitch_m / 2, u1 = (b.bays - 0.5) * b.bay_pitch_m;
  const v0 = -b.row_pitch_m / 2, v1 = (b.rows - 0.5) * b.row_pitch_m;
  return [at(blockFrame(b), u0, v0), at(blockFrame(b), u1, v0), at(blockFrame(b), u1, v1), at(blockFrame(b), u0, v1)];
}

function arrowsOf(lane: Lane): [number, number, number][] {
  const out: [number, number, number][] = [];
  let left = 18;
  for (let i = 1; i < lane.line.length; i++) {
    const [x0, y0] = lane.line[i - 1]!, [x1, y1] = lane.line[i]!;
    const length = Math.hypot(x1 - x0, y1 - y0), heading = Math.atan2(y1 - y0, x1 - x0);
    for (; left < length; left += 36) out.push([x0 + ((x1 - x0) * left) / length, y0 + ((y1 - y0) * left) / length, heading]);
    left -= length;
  }
  return out;
}
