// ISA-101: grey when normal, saturation for what is not.

export interface Palette {
  water: string; land: string; quay: string; road: string; roadEdge: string; mark: string; block: string; blockEdge: string;
  text: string; quiet: string; crane: string; craneEdge: string; vessel: string; truck: string; truckEdge: string; roadTruck: string;
  wheel: string; select: string; base: string; claim: string; warn: string; alarm: string; closed: string; place: string; charge: string;
  boxes: string[]; boxEdge: string;
}

export const palettes: Record<"dark" | "light", Palette> = {
  dark: {
    water: "#0a1117", land: "#141a1f", quay: "#414c55", road: "#272f37", roadEdge: "#36414a", mark: "#55626d", block: "#1a2127",
    blockEdge: "#36414a", text: "#c9d2d9", quiet: "#74828d", crane: "#7d8b96", craneEdge: "#a9b6c0", vessel: "#1d2831",
    truck: "#b9c6d0", truckEdge: "#0c1115", roadTruck: "#77838d", wheel: "#2a3239", select: "#7fc4ff", base: "#7fc4ff", claim: "#4f7794",
    warn: "#e0a63a", alarm: "#ef5b4c", closed: "#d1493b", place: "#3a4650", charge: "#3f8f82",
    boxes: ["#4b5a66", "#566470", "#5f6a70", "#6a6660", "#52605c", "#5c5a66"], boxEdge: "#11171c",
  },
  light: {
    water: "#cfdae2", land: "#eceeee", quay: "#a9b2b8", road: "#dadfe2", roadEdge: "#c3cacf", mark: "#9aa6ae", block: "#e3e7e9",
    blockEdge: "#b8c2c8", text: "#27313a", quiet: "#67747e", crane: "#75838e", craneEdge: "#4b5862", vessel: "#b3c1cb",
    truck: "#3f5362", truckEdge: "#f7f9fa", roadTruck: "#8a969e", wheel: "#5a6771", select: "#0a6fc2", base: "#0a6fc2", claim: "#86b2d4",
    warn: "#b87400", alarm: "#c7291a", closed: "#c7291a", place: "#b7c0c6", charge: "#2f8f83",
    boxes: ["#9aa8b3", "#a5b0b8", "#aeb4b6", "#b5afa6", "#9fada8", "#aaa6b2"], boxEdge: "#e8ecee",
  },
};

/** A steady number for a text, to pick a colour by. */
export function hashOf(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

/** Colour of a share 0..1 from quiet to hot. */
export function heatColour(share: number, alpha: number): string {
  const s = Math.min(1, Math.max(0, share));
  return `hsla(${42 - 38 * s}, ${60 + 30 * s}%, ${55 - 8 * s}%, ${alpha})`;
}
