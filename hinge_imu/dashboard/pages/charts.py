"""The pictures of an athlete's page, as ECharts draws them: plain options, in colours that hold on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hinge_imu.dashboard.pages.cards import NEUTRAL_DEG
from hinge_imu.dashboard.store import Day, Trace
from hinge_imu.events import RepEvent
from hinge_imu.profiles import Limits
from hinge_imu.words import MARKS, Words

GOOD, FAULT, QUIET, BAND, LINE = (f"var(--{name})" for name in ("good", "fault", "quiet", "band", "line"))
"""The page's colours, blue and orange, which all eyes tell apart: a drawing in SVG takes them from its style."""

Options = dict[str, Any]


def trace(trace: Trace, rep: RepEvent, limits: Limits, words: Words) -> Options:
    """Return hips, trunk and back over one rep, the band in which a dowel touches, the limit, and its faults."""
    from_s = trace.t_s[0] if trace.t_s else 0.0
    times = [round(t_s - from_s, 2) for t_s in trace.t_s]
    about = words.dashboard
    back = _line(about["back"], times, trace.spine_deg, GOOD, "solid")
    back["markArea"] = {"silent": True, "itemStyle": {"color": BAND}, "data": [_edges(-NEUTRAL_DEG, NEUTRAL_DEG)]}
    back["markLine"] = _limit(limits.spine_rounding_deg, about["limit"])
    back["markPoint"] = {"data": [_mark(fault, times, trace, from_s, words) for fault in rep.faults], "symbolSize": 1}
    lines = [
        _line(about["hips"], times, trace.pelvis_deg, QUIET, "dashed"),
        _line(about["trunk"], times, trace.thorax_deg, QUIET, "solid"),
        back,
    ]
    return _chart(lines, {"type": "value", "max": times[-1] if times else 1, "axisLabel": {"formatter": "{value} s"}})


def progress(days: Sequence[Day], between_deg: float, words: Words) -> Options:
    """Return the rounding of one exercise over the days, and the band in which a difference to the first says nothing.

    Every day has been measured.
    """
    first = float(days[0].spine_flexion_peak_deg or 0.0)
    heights = [round(float(day.spine_flexion_peak_deg or 0.0), 1) for day in days]
    points = [[day.at_utc.isoformat(), height] for day, height in zip(days, heights, strict=True)]
    line: Options = {"type": "line", "name": words.dashboard["rounding"], "data": points, "symbolSize": 10}
    line |= {"lineStyle": {"color": GOOD, "width": 2}, "itemStyle": {"color": GOOD}, "emphasis": {"disabled": True}}
    band = _edges(first - between_deg, first + between_deg)
    line["markArea"] = {"silent": True, "itemStyle": {"color": BAND}, "data": [band]}
    edges = {"min": min(*heights, first - between_deg) // 5 * 5, "max": -(-max(*heights, first + between_deg) // 5) * 5}
    return _chart([line], {"type": "time", "axisLabel": {"hideOverlap": True}}, **edges)


def _chart(series: list[Options], x_axis: Options, **y_axis: Any) -> Options:
    grey = {"color": QUIET}
    lines = {"axisLine": {"lineStyle": grey}, "splitLine": {"lineStyle": {"color": LINE}}, "axisLabel": grey}
    return {
        "animation": False,
        "textStyle": grey,
        "legend": {"textStyle": grey, "top": 0},
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "backgroundColor": "var(--card)",
            "textStyle": {"color": "var(--ink)"},
        },
        "grid": {"left": 45, "right": 45, "top": 32, "bottom": 28},
        "xAxis": {**lines, **x_axis, "axisLabel": {**grey, **x_axis["axisLabel"]}, "splitLine": {"show": False}},
        "yAxis": {"type": "value", **lines, "axisLabel": {**grey, "formatter": "{value}°"}, **y_axis},
        "series": series,
    }


def _line(name: str, times: list[float], values: list[float | None], color: str, dash: str) -> Options:
    points = [list(pair) for pair in zip(times, values, strict=True)]
    look: Options = {
        "lineStyle": {"color": color, "type": dash, "width": 3 if color == GOOD else 2},
        "itemStyle": {"color": color},
    }
    return {"type": "line", "name": name, "showSymbol": False, "data": points, "emphasis": {"disabled": True}, **look}


def _edges(low: float, high: float) -> list[Options]:
    return [{"yAxis": low}, {"yAxis": high}]


def _limit(deg: float, name: str) -> Options:
    label = {"formatter": name, "color": FAULT, "position": "insideEndTop"}
    line = {"color": FAULT, "type": "dotted", "width": 2}
    return {"silent": True, "symbol": "none", "data": [{"yAxis": deg}], "lineStyle": line, "label": label}


def _mark(fault: Any, times: list[float], trace: Trace, from_s: float, words: Words) -> Options:
    at_s = fault.at_s - from_s
    nearest = min(range(len(times)), key=lambda i: abs(times[i] - at_s), default=0)
    height = trace.spine_deg[nearest] if times else None
    label = {"show": True, "formatter": MARKS[fault.name], "color": FAULT, "fontSize": 18, "offset": [0, -12]}
    return {"coord": [round(at_s, 2), height or 0.0], "name": words.said(fault), "label": label}
