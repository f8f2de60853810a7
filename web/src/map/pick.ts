// What lies under a point of the map: a truck first, then a crane, a place, a block, a lane.

import type { PortMap } from "./port_map.ts";
import { blockFrame, CRANE_WIDE_M } from "./plan.ts";

export interface Picked { kind: string; id: string }

export function nearest(map: PortMap, x: number, y: number, reachM: number): Picked | null {
  const truck = closest(map.points.groups.get("truck")!.devices, (id) => map.whereIs(id), x, y, Math.max(8, reachM));
  if (truck) return { kind: "truck", id: truck };
  const doc = map.plan.doc;
  const quay = closest(doc.quay_cranes.map((c) => c.id), (id) => map.whereIs(id), x, y, Math.max(CRANE_WIDE_M, reachM));
  if (quay) return { kind: "quay_crane", id: quay };
  const place = closest(doc.places.map((p) => p.id), (id) => map.plan.find(id), x, y, Math.max(5, reachM));
  if (place && map.camera.scale > 0.9) return { kind: "place", id: place };
  for (const block of doc.blocks) {
    const f = blockFrame(block), c = Math.cos(f.axis), s = Math.sin(f.axis);
    const u = c * (x - f.x) + s * (y - f.y), v = -s * (x - f.x) + c * (y - f.y);
    if (u > -block.bay_pitch_m / 2 && u < (block.bays - 0.5) * block.bay_pitch_m && v > -6 && v < block.rows * block.row_pitch_m) {
      const crane = closest(doc.yard_cranes.filter((k) => k.block === block.id).map((k) => k.id), (id) => map.whereIs(id), x, y, 12);
      return crane ? { kind: "yard_crane", id: crane } : { kind: "block", id: block.id };
    }
  }
  let best = reachM, found: string | null = null;
  for (const lane of doc.lanes) {
    for (let i = 1; i < lane.line.length; i++) {
      const far = toSegment(x, y, lane.line[i - 1]!, lane.line[i]!);
      if (far < best) [best, found] = [far, lane.id];
    }
  }
  return found ? { kind: "lane", id: found } : null;
}

function closest(ids: string[], where: (id: string) => [number, number] | null, x: number, y: number, reachM: number): string | null {
  let best = reachM, found: string | null = null;
  for (const id of ids) {
    const at = where(id);
    const far = at ? Math.hypot(at[0] - x, at[1] - y) : Infinity;
    if (far < best) [best, found] = [far, id];
  }
  return found;
}

function toSegment(x: number, y: number, a: [number, number], b: [number, number]): number {
  const dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length)) : 0;
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}
