// Key figures against plan, what trucks wait for, what the fleet does.

import { coded, t, type Word } from "../i18n/index.ts";
import { type Row, tables } from "../state/tables.ts";
import { selection } from "../state/view.ts";

const MAIN: Word[] = ["moves_per_h", "boxes_done", "kwh_per_box", "crane_wait_share", "truck_empty_share", "trucks_working", "trucks_waiting", "late"];

export function number(value: number, unit: string): string {
  if (unit === "%") return `${(100 * value).toFixed(0)} %`;
  const text = Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
  return unit && unit !== "1/h" && unit !== "1/s" ? `${text} ${unit}` : text;
}

export function Figures() {
  const kpi = tables.read("kpi");
  return (
    <div class="panel-body scroll" data-test="panel-figures">
      <div class="figure-grid">
        {MAIN.map((id) => <Figure key={id} id={id} row={kpi.get(id)} total={id === "boxes_done" ? kpi.get("boxes_total") : undefined} />)}
      </div>
      <Bars title={t("craneRates")} prefix="crane:" kpi={kpi} name={(id) => id} onClick={(id) => (selection.value = { kind: "quay_crane", id })} />
      <Bars title={t("byCause")} prefix="wait:" kpi={kpi} name={(id) => coded("why_", id)} />
      <Bars title={t("byPhase")} prefix="phase:" kpi={kpi} name={(id) => coded("phase_", id)} />
    </div>
  );
}

function Figure({ id, row, total }: { id: Word; row: Row | undefined; total: Row | undefined }) {
  const short = row?.["plan"] != null && row["value"] < 0.8 * row["plan"];
  return (
    <div class={`figure ${short ? "short" : ""}`} data-test={`kpi-${id}`} data-value={row?.["value"] ?? ""}>
      <span class="figure-name">{t(id)}</span>
      <span class="figure-value">{row ? number(row["value"], row["unit"]) : "–"}</span>
      <span class="figure-plan">{row?.["plan"] != null ? `${t("plan")} ${number(row["plan"], row["unit"])}` : total ? `${t("of")} ${total["value"].toFixed(0)}` : ""}</span>
    </div>
  );
}

function Bars({ title, prefix, kpi, name, onClick }: {
  title: string; prefix: string; kpi: Map<string, Row>; name: (id: string) => string; onClick?: (id: string) => void;
}) {
  const rows = [...kpi].filter(([id]) => id.startsWith(prefix)).map(([id, row]) => [id.slice(prefix.length), row] as const);
  const most = Math.max(1, ...rows.map(([, row]) => Math.max(row["value"], row["plan"] ?? 0)));
  return (
    <section class="bars">
      <h3>{title}</h3>
      {rows.map(([id, row]) => (
        <div key={id} class="bar-row" onClick={() => onClick?.(id)}>
          <span class="bar-name">{name(id)}</span>
          <span class="bar-track">
            <span class={`bar-fill ${row["plan"] != null && row["value"] < 0.8 * row["plan"] ? "short" : ""}`} style={{ width: `${(100 * row["value"]) / most}%` }} />
            {row["plan"] != null && <span class="bar-plan" style={{ left: `${(100 * row["plan"]) / most}%` }} />}
          </span>
          <span class="bar-value">{number(row["value"], row["unit"])}</span>
        </div>
      ))}
    </section>
  );
}
