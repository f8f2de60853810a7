// Frames of the stream: key frames and differences; docs/reference/twin-wire.md.

export const HEAD_BYTES = 40;
export const NO_VALUE = -2147483648;
const MAGIC = 0x31545750;
const VERSION = 1;

export interface Head {
  isKey: boolean; paused: boolean; past: boolean; number: number; count: number; atMs: number; wallMs: number; speed: number;
}

export class FrameError extends Error {}

/** Head of a frame; FrameError when the bytes are none. */
export function readHead(data: DataView): Head {
  if (data.byteLength < HEAD_BYTES || data.getUint32(0, true) !== MAGIC) throw new FrameError("no frame");
  const version = data.getUint8(4);
  if (version !== VERSION) throw new FrameError(`frame version ${version}, this page reads ${VERSION}`);
  return {
    isKey: data.getUint8(5) === 0, paused: data.getUint8(6) === 1, past: data.getUint8(7) === 1,
    number: data.getUint32(8, true), count: data.getUint32(12, true), atMs: data.getFloat64(16, true),
    wallMs: data.getFloat64(24, true), speed: data.getFloat32(32, true),
  };
}

/** Add the differences in `bytes` (mask, then zigzag varints) to `values`; FrameError when they do not fit. */
export function applyDelta(values: Int32Array, bytes: Uint8Array): void {
  const count = values.length;
  let at = (count + 7) >> 3;
  for (let byte = 0; byte < (count + 7) >> 3; byte++) {
    let mask = bytes[byte]!;
    for (let i = byte << 3; mask !== 0; i++, mask >>= 1) {
      if ((mask & 1) === 0) continue;
      let z = 0;
      let shift = 0;
      let b = 128;
      while (b >= 128) {
        if (at >= bytes.length) throw new FrameError("differences are cut off");
        b = bytes[at++]!;
        z |= (b & 127) << shift;
        shift += 7;
      }
      values[i] = (values[i]! + ((z >>> 1) ^ -(z & 1))) | 0;
    }
  }
  if (at !== bytes.length) throw new FrameError("too many differences");
}

/** The values of a terminal as frames bring them. */
export class FrameReader {
  values: Int32Array;
  number = -1;
  frames = 0;
  keys = 0;
  gaps = 0;
  bytes = 0;

  constructor(count: number) {
    this.values = new Int32Array(count).fill(NO_VALUE);
  }

  /** Take over a frame; null for a difference that does not follow, which waits for the next key frame. */
  read(data: ArrayBuffer): Head | null {
    const head = readHead(new DataView(data));
    if (head.count !== this.values.length) throw new FrameError(`${head.count} values instead of ${this.values.length}`);
    this.bytes += data.byteLength;
    if (head.isKey) {
      this.values.set(new Int32Array(data.slice(HEAD_BYTES)));
      this.keys++;
    } else if (head.number === this.number + 1) {
      applyDelta(this.values, new Uint8Array(data, HEAD_BYTES));
    } else {
      this.gaps++;
      return null;
    }
    this.number = head.number;
    this.frames++;
    return head;
  }
}
