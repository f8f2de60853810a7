// Everything about what is chosen: a truck with the reason why it waits, a crane, a block, a job order.

import { useEffect, useRef } from "preact/hooks";
import { coded, t } from "../i18n/index.ts";
import { inThePast } from "../state/clock.ts";
import { intend } from "../state/commands.ts";
import { role, stream } from "../state/stream.ts";
import { tables } from "../state/tables.ts";
import { following, selection } from "../state/view.ts";
import { Icon } from "../ui/icon.tsx";
import { cancelJob, moveJob } from "./jobs.tsx";
import { Plot, pointText, togglePlot } from "./points.tsx";

const TRUCK_POINTS = ["truck.drive.speed", "truck.battery.charge", "truck.battery.power", "truck.load.mass", "truck.link.latency", "truck.link.rsrp",
  "truck.axle1.motor_temperature", "truck.axle1.brake_temperature", "truck.hydraulic.pressure", "truck.position.x", "truck.position.y"];
const CRANE_POINTS = ["gantry.position", "trolley.position", "hoist.position", "spreader.load", "supply.power", "hoist.motor_temperature", "job.waiting"];

export function Detail() {
  const chosen = selection.value;
  if (!chosen) return null;
  const kind = kindOf(chosen.id) ?? chosen.kind;
  return (
    <aside class="detail" data-test="detail" data-id={chosen.id} data-kind={kind}>
      <header>
        <span class="quiet">{coded("", kind)}</span> <b>{chosen.id}</b>
        <button class={`small bare ${following.value ? "on" : ""}`} title={t("follow")} aria-pressed={following.value} onClick={() => (following.value = !following.value)}><Icon name="follow" /></button>
        <button class="small bare" aria-label={t("close")} onClick={() => { selection.value = null; following.value = false; }}><Icon name="close" /></button>
      </header>
      {kind === "truck" && <Truck id={chosen.id} />}
      {(kind === "quay_crane" || kind === "yard_crane") && <Crane id={chosen.id} kind={kind} />}
      {kind === "block" && <Block id={chosen.id} />}
      {kind === "job" && <Job id={chosen.id} />}
      {kind === "box" && <Box id={chosen.id} />}
      {kind === "lane" && <button data-test="close-lane" onClick={() => intend({ word: "close_road", subject: chosen.id, name: "block_road", arguments: { road: chosen.id, lanes: [chosen.id], blocked: true } })}>{t("close_road")}</button>}
      {["gate", "charger", "network_node"].includes(kind) && <Readings kind={kind} id={chosen.id} names={stream.points!.groups.get(kind)!.points.map((p) => p.name)} />}
    </aside>
  );
}

/** What an id names: alarms and events only tell the id. */
export function kindOf(id: string): string | null {
  for (const [kind, group] of stream.points?.groups ?? []) if (group.devices.includes(id)) return kind;
  if (tables.of("jobs").has(id)) return "job";
  if (tables.of("boxes").has(id)) return "box";
  return null;
}

function Link({ id }: { id: string | null | undefined }) {
  if (!id) return null;
  return <button class="link" onClick={() => (selection.value = { kind: kindOf(id) ?? "place", id })}>{id}</button>;
}

function Truck({ id }: { id: string }) {
  const row = tables.read("trucks").get(id);
  const n = stream.points!.groups.get("truck")!.devices.indexOf(id);
  if (!row) return null;
  const locked = role.value !== "operator" || inThePast.value;
  const act = (word: "pause_truck" | "resume_truck" | "withdraw_truck" | "return_truck", name: string, more: Record<string, unknown>): void =>
    intend({ word, subject: id, name, arguments: { truck: id, ...more } });
  return (
    <>
      <dl>
        <dt>{t("state")}</dt><dd data-test="truck-phase">{coded("phase_", row["phase"])}{row["paused"] ? ` · ${coded("why_", "paused")}` : ""}{row["withdrawn"] ? ` · ${t("withdraw_truck")}` : ""}</dd>
        <dt>{t("job")}</dt><dd>{row["job"] ? <><Link id={row["job"]} /> {row["from"]} → {row["to"]}</> : <span class="quiet">{t("noJob")}</span>}</dd>
        {row["box"] && <><dt>{t("box")}</dt><dd>{row["box"]} <span class="quiet">{row["box_ft"]} ft</span></dd></>}
        <dt>{t("place")}</dt><dd>{row["place"] ?? "–"}</dd>
        <dt>{t("waiting")}</dt><dd class={row["why"].code === "none" ? "quiet" : ""} data-test="why" data-code={row["why"].code}>{coded("why_", row["why"].code)} <Link id={row["why"].subject} /></dd>
        {row["chain"].length > 0 && <><dt>{t("chain")}</dt><dd>{row["chain"].map((c: string, i: number) => <span key={c}>{i > 0 ? " → " : ""}<Link id={c} /></span>)}</dd></>}
      </dl>
      <div class="acts">
        <button disabled={locked} data-test="pause-truck" onClick={() => row["paused"] ? act("resume_truck", "pause_truck", { paused: false }) : act("pause_truck", "pause_truck", { paused: true })}>{t(row["paused"] ? "resume_truck" : "pause_truck")}</button>
        <button disabled={locked} onClick={() => row["withdrawn"] ? act("return_truck", "withdraw_truck", { withdrawn: false }) : act("withdraw_truck", "withdraw_truck", { withdrawn: true })}>{t(row["withdrawn"] ? "return_truck" : "withdraw_truck")}</button>
        {row["job"] && <button disabled={locked} onClick={() => moveJob(row["job"])}>{t("move_job")}</button>}
      </div>
      <Plot key={`speed${id}`} index={stream.points!.at("truck.drive.speed", n)} colour="#6fb1e0" high={64} />
      <Plot key={`charge${id}`} index={stream.points!.at("truck.battery.charge", n)} colour="#7fbf8f" high={64} />
      <Readings kind="truck" id={id} names={TRUCK_POINTS} />
    </>
  );
}

function Crane({ id, kind }: { id: string; kind: string }) {
  const row = tables.read("cranes").get(id);
  if (!row) return null;
  const jobs = [...tables.read("jobs")].filter(([, j]) => j["crane"] === id && j["state"] !== "completed").slice(0, 8);
  return (
    <>
      <dl>
        <dt>{t("state")}</dt><dd>{coded("crane_", row["state"])}</dd>
        <dt>{t("job")}</dt><dd><Link id={row["job"]} /></dd>
        <dt>{t("truck")}</dt><dd><Link id={row["truck"]} /></dd>
        <dt>{t("rate")}</dt><dd>{row["rate"].toFixed(0)}{row["plan_rate"] ? ` / ${row["plan_rate"].toFixed(0)} ${t("plan")}` : ""}</dd>
        <dt>{t("done")}</dt><dd>{row["done"]}{row["todo"] !== null ? ` · ${t("todo")} ${row["todo"]}` : ""}</dd>
      </dl>
      {jobs.length > 0 && <ul class="queue">{jobs.map(([j, r]) => <li key={j}><Link id={j} /> {coded("kind_", r["kind"])} {r["from"]} → {r["to"]} <Link id={r["truck"]} /></li>)}</ul>}
      <Readings kind={kind} id={id} names={CRANE_POINTS.map((p) => `${kind}.${p}`)} />
    </>
  );
}

function Block({ id }: { id: string }) {
  const block = stream.points!.doc.blocks.find((b) => b.id === id);
  const boxes = [...tables.read("boxes")].filter(([, r]) => r["b"] === id);
  if (!block) return null;
  const high = Array.from({ length: block.rows }, () => new Array<number>(block.bays).fill(0));
  for (const [, r] of boxes) high[r["r"] - 1]![r["y"] - 1] = Math.max(high[r["r"] - 1]?.[r["y"] - 1] ?? 0, r["t"]);
  return (
    <>
      <p>{boxes.length} {t("boxesHere")} · {block.bays} {t("bays")} × {block.rows} {t("rows")} × {block.tiers} {t("tiers")}</p>
      <div class="stacks" style={{ gridTemplateColumns: `repeat(${block.bays}, 1fr)` }}>
        {[...high].reverse().flatMap((line, r) => line.map((tiers, b) => <span key={`${r}/${b}`} style={{ opacity: 0.25 + (0.75 * tiers) / block.tiers }}>{tiers || ""}</span>))}
      </div>
    </>
  );
}

function Job({ id }: { id: string }) {
  const row = tables.read("jobs").get(id);
  if (!row) return null;
  const locked = role.value !== "operator" || inThePast.value || row["state"] === "completed" || row["state"] === "collected";
  return (
    <>
      <dl>
        <dt>{t("state")}</dt><dd>{coded("job_", row["state"])}</dd>
        <dt>{t("box")}</dt><dd>{row["box"]} <span class="quiet">{row["ft"]} ft · {(row["mass_kg"] / 1000).toFixed(1)} t</span></dd>
        <dt>{t("from")}</dt><dd>{row["from"]}</dd><dt>{t("to")}</dt><dd>{row["to"]}</dd>
        <dt>{t("truck")}</dt><dd><Link id={row["truck"]} /></dd><dt>{t("crane")}</dt><dd><Link id={row["crane"]} /></dd>
      </dl>
      <div class="acts">
        <button disabled={locked} onClick={() => moveJob(id)}>{t("move_job")}</button>
        <button disabled={locked} onClick={() => cancelJob(id)}>{t("cancel_job")}</button>
      </div>
    </>
  );
}

function Box({ id }: { id: string }) {
  const row = tables.read("boxes").get(id);
  if (!row) return null;
  return <dl><dt>{t("block")}</dt><dd><Link id={row["b"]} /></dd><dt>{t("position")}</dt><dd>{row["y"]} / {row["r"]} / {row["t"]}</dd><dt>{t("load")}</dt><dd>{row["f"]} ft</dd></dl>;
}

/** Points of a device, written straight into the page at every frame. */
function Readings({ kind, id, names }: { kind: string; id: string; names: string[] }) {
  const list = useRef<HTMLDListElement>(null);
  const points = stream.points!, n = points.groups.get(kind)?.devices.indexOf(id) ?? -1;
  useEffect(() => {
    const cells = [...(list.current?.querySelectorAll("dd > span") ?? [])];
    const refs = names.map((name) => points.all[points.at(name, n)]);
    const write = (values: Int32Array): void => {
      refs.forEach((ref, i) => {
        const cell = cells[i];
        if (!ref || !cell) return;
        const text = pointText(ref, values[ref.index]);
        if (cell.textContent !== text) cell.textContent = text;
        cell.className = points.quality(values, ref) ? "stale" : "";
      });
    };
    if (stream.reader) write(stream.reader.values);
    return stream.onFrame((_, values) => write(values));
  }, [kind, id]);
  return (
    <dl class="readings" ref={list}>
      {names.map((name) => [
        <dt key={`${name}t`}><button class="link" onClick={() => togglePlot(points.at(name, n))}>{name.slice(kind.length + 1)}</button></dt>,
        <dd key={name} data-point={name}><span /> <i>{points.all[points.at(name, n)]?.spec.unit}</i></dd>,
      ])}
    </dl>
  );
}
