"""All words of the report page in English and Chinese; `{}` fields are filled by name."""

from typing import Any

Text = dict[str, str]
LANGUAGES = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    # page
    "title": ("{name}: simulated run", "{name}：仿真报告"),
    "facts": (
        "{trucks} trucks, {cranes} quay cranes, {hours:.1f} h, strategy {strategy}, seed {seed}",
        "{trucks} 台集卡，{cranes} 台岸桥，{hours:.1f} 小时，策略 {strategy}，种子 {seed}",
    ),
    "footer": (
        "Portway {version} · journal {digest} · figures and schemas: docs/reference/run-output.md",
        "Portway {version} · 日志摘要 {digest} · 指标说明：docs/reference/run-output.md",
    ),
    "interrupted": (
        "The run was interrupted after {hours:.2f} hours; all figures cover the time until then.",
        "仿真在 {hours:.2f} 小时后被中断；以下数据仅覆盖此前时段。",
    ),
    "nothing_moved": ("No box was delivered in this run.", "本次运行未完成任何箱。"),
    # tiles: name, unit, remark
    "moves": ("moves completed", "完成箱数"),
    "moves_more": ("{open} job orders open", "未完成作业 {open}"),
    "rate": ("moves per hour and quay crane", "单桥时效"),
    "rate_unit": ("/h", "箱/时"),
    "rate_more": ("{at_work} while at work", "作业时段 {at_work}"),
    "crane_wait": ("quay cranes waiting for trucks", "岸桥等车占比"),
    "crane_wait_more": ("of their time at work", "占作业时间"),
    "empty": ("empty travel", "空驶率"),
    "empty_more": ("of {km} km driven", "总行驶 {km} 公里"),
    "held": ("trucks held by traffic", "交通等待占比"),
    "held_more": ("of all truck time", "占全部车时"),
    "bad": ("conflicts and deadlocks", "冲突与死锁"),
    "bad_more": ("{plans} plans", "路径规划 {plans} 次"),
    "planning": ("planning time, p99", "规划耗时 p99"),
    "planning_unit": ("µs", "微秒"),
    "planning_more": ("median {p50} µs", "中位数 {p50} 微秒"),
    "speed": ("faster than real time", "仿真加速比"),
    "speed_more": ("computed in {wall} s", "计算用时 {wall} 秒"),
    # cards: title, note
    "by_hour": ("Moves per hour by quay crane", "各岸桥每小时箱数"),
    "by_hour_note": ("Boxes taken from or given to a truck, by the hour.", "按小时统计的装卸箱数。"),
    "crane_time": ("Quay crane time", "岸桥时间构成"),
    "crane_time_note": (
        "Amber: more or better dispatched trucks could save it. Right: moves/h at work.",
        "黄色为可通过增加或优化集卡调度节省的时间；右侧为作业时效。",
    ),
    "crane_waits": ("When quay cranes waited for trucks", "岸桥等车时段分布"),
    "crane_waits_note": ("Share of each time bin, crane by crane.", "各时段等车占比。"),
    "truck_time": ("Truck time by state", "集卡时间构成"),
    "truck_time_note": (
        "Trucks in every state over the run; shares of all truck time in the legend.",
        "各状态集卡数量；图例为总时间占比。",
    ),
    "waits": ("Waiting by cause", "等待原因"),
    "waits_note": ("Truck hours lost, and what that is for each move.", "损失车时及折合每箱时间。"),
    "heat": ("Heat map of the roads", "道路占用热力图"),
    "heat_note": (
        "Truck seconds on every metre of road and hour: driving and held by traffic. Drag to move, scroll to zoom.",
        "每米道路每小时的车·秒：行驶与交通等待。拖动平移，滚轮缩放。",
    ),
    "space_time": ("Space-time diagram", "时空图"),
    "space_time_note": (
        "Busiest lane along the quay ({offset:.1f} m from the rail axis), minutes {low} to {high}. "
        "Steep is fast, level is standing.",
        "沿岸最繁忙车道（距轨道轴线 {offset:.1f} 米），第 {low}–{high} 分钟。斜率越大车速越快，水平为停车。",
    ),
    "cranes": ("Quay cranes in figures", "岸桥数据表"),
    # table heads
    "h_crane": ("quay crane", "岸桥"),
    "h_moves": ("moves", "箱数"),
    "h_rate": ("moves/h at work", "作业时效"),
    "h_at_work": ("hours at work", "作业小时"),
    "h_working": ("working h", "作业，时"),
    "h_gantry": ("gantry h", "行走，时"),
    "h_waiting": ("waiting for trucks h", "等车，时"),
    "h_share": ("waiting %", "等车 %"),
    # causes of waiting
    "quay_crane": ("waiting at a quay crane", "等待岸桥"),
    "yard_crane": ("waiting at a yard crane", "等待场桥"),
    "no_free_place": ("no free place at the crane", "作业位被占用"),
    "held_by_traffic": ("held by traffic", "交通等待"),
    "disturbed": ("disturbances on the road", "行驶扰动"),
    "a_move": ("{s:.0f} s a move", "每箱 {s:.0f} 秒"),
    # axes, legends, hover texts
    "hour": ("hour of the run", "运行小时"),
    "minute": ("minute of the run", "运行分钟"),
    "share": ("share of the run, %", "时间占比，%"),
    "trucks": ("trucks", "集卡数"),
    "truck_hours": ("truck hours", "车小时"),
    "metres": ("metres", "米"),
    "along": ("metres along the lane", "沿车道距离，米"),
    "unloaded": ("empty", "空车"),
    "loaded": ("loaded", "重车"),
    "heat_unit": ("truck seconds a metre and hour", "车·秒/(米·时)"),
    "zoom_all": ("whole map", "全图"),
    # shown where the pointer is; what is doubly braced is filled by the page, a number for each mark
    "hover_moves": ("{crane}: {{0}} moves", "{crane}：{{0}} 箱"),
    "hover_share": ("{name}, {state}: {share:.1f} %", "{name}，{state}：{share:.1f} %"),
    "hover_hour": ("hour {{0}}", "第 {{0}} 小时"),
    "hover_trucks": ("{state}: {{{field}}}", "{state}：{{{field}}}"),
    "hover_waits": ("{cause}: {hours:.2f} truck hours", "{cause}：{hours:.2f} 车小时"),
    "hover_crane": ("{crane}, hour {{0}}: {{1}} %", "{crane}，第 {{0}} 小时：{{1}} %"),
    "hover_heat": (
        "x {{0}} m, y {{1}} m\n{{2}} truck s per m and hour",
        "x {{0}} 米，y {{1}} 米\n{{2}} 车·秒/(米·时)",
    ),
    "hover_track": ("minute {{0}}: {{1}} m", "第 {{0}} 分：{{1}} 米"),
}


def word(key: str, /, **fields: Any) -> Text:
    """A text of the page in both languages; a field that is such a text itself is filled in by language."""
    return {lang: told.format(**_said(fields, lang)) for lang, told in zip(LANGUAGES, WORDS[key], strict=True)}


def same(text: str) -> Text:
    """A name that is the same in both languages."""
    return dict.fromkeys(LANGUAGES, text)


def lines(*texts: Text) -> Text:
    """Texts below one another."""
    return {lang: "\n".join(t[lang] for t in texts) for lang in LANGUAGES}


def _said(fields: dict[str, Any], lang: str) -> dict[str, Any]:
    return {k: v[lang] if isinstance(v, dict) else v for k, v in fields.items()}
