// What the server says of a terminal once; docs/reference/twin-wire.md.

export type Line = [number, number][];
export interface Lane { id: string; width_m: number; line: Line; speed_mps: number; crossing: boolean }
export interface Place { id: string; kind: string; x: number; y: number; heading: number; serves: string | null; lane: string }
export interface Block {
  id: string; x: number; y: number; axis: number; bays: number; rows: number; tiers: number;
  bay_pitch_m: number; row_pitch_m: number;
}
export interface Quay { x: number; y: number; axis: number; bays: number; bay_pitch_m: number; gauge_m: number; side: number }
export interface PointSpec { name: string; unit: string; step: number; values: string[] | null }
export interface PointGroup { kind: string; offset: number; devices: string[]; points: PointSpec[] }
export interface BothWords { en: string; zh: string }
export interface TableView { name: string; words: BothWords; columns: { key: string; unit: string; words: BothWords }[] }
export interface TerminalDoc {
  version: number; id: string; title: string; mode: "simulation" | "live" | "replay"; epoch_ms: number | null; whole?: boolean;
  lanes: Lane[]; places: Place[]; blocks: Block[]; quay: Quay | null;
  quay_cranes: { id: string; bay_start: number; bay_end: number }[];
  yard_cranes: { id: string; block: string }[];
  gates: { id: string; in: string; out: string }[];
  chargers: { id: string; place: string; power_kw: number }[];
  zones: { id: string; polygon: Line; closed: boolean; speed_mps: number | null }[];
  truck: { length_m: number; width_m: number };
  movements: number[][];
  points: { count: number; groups: PointGroup[] };
  tables?: TableView[]; // of subsystems; recordings of older versions have none
}
