// Closed roads, and the lane that is chosen on the map.

import { t } from "../i18n/index.ts";
import { clockText } from "../state/clock.ts";
import { intend } from "../state/commands.ts";
import { tables } from "../state/tables.ts";
import { selection } from "../state/view.ts";

export function Roads() {
  const closed = [...tables.read("blocks")];
  const lane = selection.value?.kind === "lane" ? selection.value.id : null;
  return (
    <div class="panel-body scroll" data-test="panel-roads">
      <p class="quiet">{t("roadHint")}</p>
      {lane && (
        <button data-test="close-lane" onClick={() => intend({ word: "close_road", subject: lane, name: "block_road", arguments: { road: lane, lanes: [lane], blocked: true } })}>
          {t("close_road")} {lane}
        </button>
      )}
      <h3>{t("closedRoads")}</h3>
      {closed.length === 0 && <p class="quiet">{t("noneClosed")}</p>}
      {closed.map(([name, row]) => (
        <div key={name} class="closed-road" data-test="closed-road">
          <span><b>{name}</b> <span class="quiet">{row["by"]} · {clockText(row["at_ms"])} · {row["reason"]}</span></span>
          <button class="small" onClick={() => intend({ word: "open_road", subject: name, name: "block_road", arguments: { road: name, lanes: row["lanes"], blocked: false } })}>{t("open_road")}</button>
        </div>
      ))}
    </div>
  );
}
