// The connection: frames and rows come in, wishes go out; it comes back by itself.

import { signal } from "@preact/signals";
import { FrameReader, type Head } from "../wire/frames.ts";
import { PointIndex } from "../wire/points.ts";
import type { TerminalDoc } from "../wire/terminal.ts";
import { tables } from "./tables.ts";
import { clock, type ClockMessage } from "./clock.ts";

const STALE_MS = 1_500;
const RETRY_MS_MAX = 5_000;

export type Link = "connecting" | "up" | "stale" | "lost";
export interface Answer { ok: boolean; problems: { code: string; detail: string }[] }
export interface History { point: number; at_ms: number[]; value: number[] }

export const link = signal<Link>("connecting");
export const role = signal<"" | "viewer" | "operator">("");
export const who = signal("");
export const keyWanted = signal<"" | "first" | "wrong">("");
export const terminal = signal<TerminalDoc | null>(null);
export const cutOff = signal("");

type FrameListener = (head: Head, values: Int32Array) => void;

class Stream {
  reader: FrameReader | null = null;
  points: PointIndex | null = null;
  private socket: WebSocket | null = null;
  private readonly listeners = new Set<FrameListener>();
  private readonly waiting = new Map<number, (answer: never) => void>();
  private nextId = 1;
  private retryMs = 500;
  private heardMs = 0;
  /** Ages of the last frames when they were applied, ms. */
  readonly agesMs: number[] = [];
  head: Head | null = null;

  start(): void {
    this.connect();
    setInterval(() => this.watch(), 300);
  }

  onFrame(listener: FrameListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  send(message: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Ask for something that is answered. */
  ask<T extends Answer | History>(message: Record<string, unknown>): Promise<T> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve as (answer: never) => void);
      this.send({ ...message, id });
      setTimeout(() => {
        if (!this.waiting.delete(id)) return;
        resolve({ ok: false, problems: [{ code: "no_answer", detail: "" }], point: -1, at_ms: [], value: [] } as never);
      }, 8_000);
    });
  }

  giveKey(key: string): void {
    sessionStorage.setItem("portway-key", key);
    this.send({ c: "key", key });
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/twin/stream`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (event) => {
      this.heardMs = performance.now();
      if (typeof event.data === "string") this.take(JSON.parse(event.data));
      else this.frame(event.data as ArrayBuffer);
    };
    socket.onclose = () => {
      link.value = "lost";
      setTimeout(() => this.connect(), this.retryMs);
      this.retryMs = Math.min(RETRY_MS_MAX, this.retryMs * 1.6);
    };
  }

  private watch(): void {
    if (link.value !== "up" && link.value !== "stale") return;
    const quiet = performance.now() - this.heardMs > STALE_MS && !clock.peek().paused;
    link.value = quiet ? "stale" : "up";
  }

  private frame(data: ArrayBuffer): void {
    const head = this.reader?.read(data);
    if (!head) return;
    this.head = head;
    link.value = "up";
    this.retryMs = 500;
    this.agesMs.push(Date.now() - head.wallMs);
    if (this.agesMs.length > 600) this.agesMs.splice(0, 100);
    for (const listener of this.listeners) listener(head, this.reader!.values);
  }

  private take(message: { t: string; [key: string]: unknown }): void {
    switch (message.t) {
      case "hello":
        role.value = message["role"] as "viewer";
        who.value = message["name"] as string;
        if (message["need_key"]) this.wantKey("first");
        else keyWanted.value = "";
        break;
      case "terminal":
        this.begin(message["document"] as TerminalDoc);
        break;
      case "tables":
        tables.apply(message["full"] as boolean, message["tables"] as never);
        break;
      case "clock":
        clock.value = message as unknown as ClockMessage;
        break;
      case "answer":
      case "history": {
        const id = message["id"] as number;
        this.waiting.get(id)?.(message as never);
        this.waiting.delete(id);
        break;
      }
      case "error":
        if (message["code"] === "no_such_key") {
          sessionStorage.removeItem("portway-key");
          this.wantKey("wrong");
        } else if (message["code"] === "cut_off") cutOff.value = String(message["detail"]);
        break;
    }
  }

  private wantKey(why: "first" | "wrong"): void {
    const known = sessionStorage.getItem("portway-key");
    if (known && why === "first") this.send({ c: "key", key: known });
    else keyWanted.value = why;
  }

  /** A terminal, after every connect; the page keeps what it shows when it is the same. */
  private begin(doc: TerminalDoc): void {
    this.reader = new FrameReader(doc.points.count);
    const same = terminal.peek()?.id === doc.id && terminal.peek()?.points.count === doc.points.count;
    if (!same) {
      this.points = new PointIndex(doc);
      terminal.value = doc;
    }
  }
}

export const stream = new Stream();
