"""The pictures of a set, as plotly draws them: plain figures, whose colours are names of the page's own.

A figure is plotly's JSON, and nothing else; plotly's Python classes, which say the same with checks, take as long for
the pictures of one session as its whole replay. The tests have them check every picture. A colour such as ``--good`` is
the page's of that name, so that light, dark and paper each have theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from hinge_imu.events import Fault, FaultName
from hinge_imu.report.page import BACK, Asked, SetView
from hinge_imu.report.traces import COURSE, Trace, phases_of
from hinge_imu.samples import Floats
from hinge_imu.words import Words

Figure = dict[str, Any]

MARKS: dict[FaultName, str] = {
    "spine_rounding": "▲",
    "spine_arching": "▼",
    "butt_wink": "◆",
    "spine_first": "►",
    "incomplete_lockout": "△",
    "overextended_lockout": "◄",
    "uncontrolled_lowering": "▽",
    "bounce": "★",
    "partial_rep": "◐",
    "off_tempo": "◎",
    "not_square": "■",
    "squat_pattern": "◇",
}
"""A shape of its own for each fault, from the part of Unicode that every telephone can draw and none makes a picture
of."""

NEUTRAL_DEG = 10.0
"""The band of the virtual dowel: one lifter's reps differ by 1 to 8 deg (docs/metrics.md)."""

GOOD, FAULT, QUIET, INK = "--good", "--fault", "--quiet", "--ink"
CLEAR = "rgba(0,0,0,0)"


def traces(view: SetView, words: Words) -> Figure:
    """Return hips, trunk and back over a set, as far as they were measured: phases shaded, faults marked."""
    trace, page = view.trace, words.page
    step: Figure = {"x0": round(trace.start_s, 2), "dx": round(trace.step_s, 4)}
    top, low = {"xaxis": "x", "yaxis": "y"}, {"xaxis": "x", "yaxis": "y2"}
    highest = _highest(trace.thorax, trace.pelvis)
    shades = [
        _shade(view, "eccentric", page["going_down"], "--down", highest),
        _shade(view, "concentric", page["coming_up"], "--up", highest),
    ]
    lines = [
        _line(trace.pelvis, page["hips"], GOOD, **step, **top),
        _line(trace.thorax, page["trunk"], INK, dash="dot", **step, **top),
        _line(trace.spine, page["back"], INK, showlegend=False, **step, **low),
    ]
    seen = [line for line, values in zip(lines, trace[2:], strict=True) if not np.isnan(values).all()]
    layout: Figure = {
        "height": 300,
        "xaxis": {"title": {"text": page["seconds"]}, "hoverformat": ".1f"},
        "yaxis": {"title": {"text": page["lean"]}, "ticksuffix": "°"},
        "hovermode": "x",
    }
    if not np.isnan(trace.spine).all():
        layout["height"] = 430
        layout["xaxis"]["anchor"] = "y2"
        layout["yaxis"]["domain"] = [0.44, 1]
        layout["yaxis2"] = {"title": {"text": page["back"]}, "domain": [0, 0.38], "ticksuffix": "°"}
        layout["shapes"] = [_band("x domain", "y2", -NEUTRAL_DEG, NEUTRAL_DEG)]
    return {"data": [*shades, *seen, *_marks(view, words)], "layout": layout}


def dowel(view: SetView, words: Words) -> Figure:
    """Return the back over the course of every rep, best and worst in front, with the band in which a dowel touches."""
    percent = {"x0": 0, "dx": round(100 * float(COURSE[1]), 3)}
    limit = view.profile.limits.spine_rounding_deg
    lines = _in_front(view, words, lambda shape: {"y": _plain(shape.spine), **percent})
    return {
        "data": lines,
        "layout": {
            "height": 320,
            "xaxis": {"title": {"text": words.page["share_of_rep"]}, "ticksuffix": " %", "tickvals": [25, 50, 75, 100]},
            "yaxis": {"title": {"text": words.page["back"]}, "ticksuffix": "°"},
            "shapes": [_band("x domain", "y", -NEUTRAL_DEG, NEUTRAL_DEG), _at_height(limit)],
            "annotations": [
                _note(0.02, NEUTRAL_DEG, words.page["dowel_touches"], QUIET, "bottom"),
                _note(0.02, limit, words.page["limit"], FAULT, "bottom"),
            ],
        },
    }


def coupling(view: SetView, words: Words) -> Figure:
    """Return trunk over hips for every rep: on the slanting line the back stays as it was."""
    lines = _in_front(view, words, lambda shape: {"x": _plain(shape.pelvis), "y": _plain(shape.thorax)})
    most = max((_highest(shape.pelvis, shape.thorax) for shape in view.shapes), default=0.0) + 5
    as_one: Figure = {
        "type": "scatter",
        "mode": "lines",
        "x": [-5, most],
        "y": [-5, most],
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
        "name": words.page["as_one"],
        "hoverinfo": "skip",
    }
    return {
        "data": [as_one, *lines],
        "layout": {
            "height": 360,
            "xaxis": {"title": {"text": words.page["hips"]}, "ticksuffix": "°", "constrain": "domain"},
            "yaxis": {
                "title": {"text": words.page["trunk"]},
                "ticksuffix": "°",
                "scaleanchor": "x",
                "constrain": "domain",
            },
        },
    }


def tempo(view: SetView, asked: Asked, words: Words) -> Figure:
    """Return how long each phase of each rep took, as bars, beside what was asked."""
    names = ("eccentric", "bottom_pause", "concentric", "top_pause")
    data: list[Figure] = []
    layout: Figure = {"height": 300, "showlegend": False, "shapes": [], "bargap": 0.25}
    for number, (name, wanted) in enumerate(zip(names, asked, strict=True), 1):
        took = [getattr(rep, f"{name}_s") for rep in view.reps]
        off = [wanted is not None and s is not None and abs(s - wanted[0]) > wanted[1] + 1e-9 for s in took]
        axis = str(number) if number > 1 else ""
        data.append(_bars(view, took, off, axis))
        layout[f"xaxis{axis}"] = {
            "domain": [(number - 1) * 0.255, (number - 1) * 0.255 + 0.235],
            "title": {"text": words.phases[name]},  # type: ignore[index]  # the keys are the phases
            "tickformat": "d",
            "tickangle": 0,
            "nticks": 5,
        }
        if wanted is not None:
            layout["shapes"] += _asked(axis, *wanted)
    layout["yaxis"] = {"title": {"text": words.page["seconds"]}, "rangemode": "tozero"}
    return {"data": data, "layout": layout}


def trend(view: SetView, words: Words) -> Figure:
    """Return how far the back rounded in each rep, with the set's trend and the interval it is likely in."""
    peaks = [rep.spine_flexion_peak_deg for rep in view.reps]
    numbers = [rep.rep for rep in view.reps]
    data = [*_trend_line(view, numbers, peaks, words), _dots(view, numbers, peaks)]
    limit = view.profile.limits.spine_rounding_deg
    return {
        "data": data,
        "layout": {
            "height": 320,
            "showlegend": False,
            "xaxis": {"title": {"text": words.page["rep"]}, "tickformat": "d"},
            "yaxis": {"title": {"text": words.page["most_rounding"]}, "ticksuffix": "°", "rangemode": "tozero"},
            "shapes": [_at_height(limit)],
            "annotations": [_note(0.02, limit, words.page["limit"], FAULT, "bottom")],
        },
    }


def _trend_line(view: SetView, numbers: list[int], peaks: list[float | None], words: Words) -> list[Figure]:
    """Return the median slope through the middle of the reps, and the slopes between which it is likely to be."""
    ended = view.ended
    if ended is None or ended.spine_flexion_peak_trend_deg is None:
        return []
    low, slope, high = (
        ended.spine_flexion_peak_trend_low_deg or 0.0,
        ended.spine_flexion_peak_trend_deg,
        ended.spine_flexion_peak_trend_high_deg or 0.0,
    )
    known = np.array([(n, peak) for n, peak in zip(numbers, peaks, strict=True) if peak is not None])
    middle_x, middle_y = np.median(known, axis=0)
    ends = np.array([numbers[0], numbers[-1]], float)
    at = [_plain(middle_y + each * (ends - middle_x)) for each in (low, slope, high)]
    fan = {
        "type": "scatter",
        "x": [*ends.tolist(), *reversed(ends.tolist())],
        "y": [*at[0], *reversed(at[2])],
        "fill": "toself",
        "fillcolor": "--band",
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": ends.tolist(),
        "y": at[1],
        "line": {"color": QUIET, "dash": "dash"},
    }
    return [fan, {**line, "name": words.page["trend"], "hoverinfo": "skip"}]


def _dots(view: SetView, numbers: list[int], peaks: list[float | None]) -> Figure:
    faulty = [next((fault.name for fault in rep.faults if fault.name in BACK), None) for rep in view.reps]
    return {
        "type": "scatter",
        "mode": "text",
        "x": numbers,
        "y": [None if peak is None else round(peak, 1) for peak in peaks],
        "text": [MARKS[name] if name else "●" for name in faulty],
        "textfont": {"size": 16, "color": [FAULT if name else GOOD for name in faulty]},
        "hovertemplate": "%{x}: %{y}<extra></extra>",
    }


def _bars(view: SetView, took: list[float | None], off: list[bool], axis: str) -> Figure:
    return {
        "type": "bar",
        "x": [rep.rep for rep in view.reps],
        "y": [None if s is None else round(s, 2) for s in took],
        "xaxis": f"x{axis}",
        "marker": {
            "color": [FAULT if each else GOOD for each in off],
            "pattern": {"shape": ["/" if each else "" for each in off], "fgcolor": "--paper"},
        },
        "hovertemplate": "%{x}: %{y:.1f} s<extra></extra>",
    }


def _asked(axis: str, seconds: float, off: float) -> list[Figure]:
    line = {"type": "line", "y0": seconds, "y1": seconds, "line": {"color": INK, "width": 2, "dash": "dash"}}
    across = {"xref": f"x{axis} domain", "yref": "y", "x0": 0, "x1": 1}
    return [_band(f"x{axis} domain", "y", max(0.0, seconds - off), seconds + off), {**line, **across}]


def _in_front(view: SetView, words: Words, drawn: Any) -> list[Figure]:
    """Return a line a rep: the best and the worst in front of the others, told apart by more than their colour."""
    others = [i for i in range(len(view.reps)) if i not in {view.best, view.worst}]
    rest = _joined([drawn(view.shapes[i]) for i in others])
    found = [{**rest, "line": {"color": "--faint", "width": 1}, "name": words.page["other_reps"]}] if others else []
    pairs = [
        (view.best, "best_rep", GOOD, "solid"),
        (view.worst, "worst_rep", FAULT if view.worst_is_bad else INK, "dash"),
    ]
    for i, key, color, dash in pairs[: 1 + (view.best != view.worst)]:
        name = words.page[key].format(rep=view.reps[i].rep)
        found.append({**drawn(view.shapes[i]), "line": {"color": color, "width": 3, "dash": dash}, "name": name})
    return [{"type": "scatter", "mode": "lines", "hoverinfo": "skip", **line} for line in found]


def _joined(lines: Iterable[Figure]) -> Figure:
    """Return many lines as one, with a gap between each: one is drawn a hundred times as fast as a hundred."""
    x: list[Any] = []
    y: list[Any] = []
    for line in lines:
        along = line.get("x") or [round(line["x0"] + i * line["dx"], 1) for i in range(len(line["y"]))]
        x += [*along, None]
        y += [*line["y"], None]
    return {"x": x, "y": y}


def _marks(view: SetView, words: Words) -> list[Figure]:
    """Return the faults of a set where they began, one trace for each kind: those of the back on the back's line."""
    found: dict[FaultName, list[tuple[float, float, str]]] = {}
    for rep in view.reps:
        for fault in rep.faults:
            height = _height(view.trace, fault)
            said = f"{words.page['rep']} {rep.rep}: {words.said(fault)}"
            found.setdefault(fault.name, []).append((round(fault.at_s, 2), 0.0 if np.isnan(height) else height, said))
    return [
        {
            "type": "scatter",
            "mode": "text",
            "name": f"{MARKS[name]} {words.faults[name].title}",
            "x": [x for x, _, _ in each],
            "y": [y for _, y, _ in each],
            "text": [MARKS[name]] * len(each),
            "textfont": {"size": 18, "color": FAULT},
            "hovertext": [said for _, _, said in each],
            "hoverinfo": "text",
            "yaxis": "y2" if name in BACK else "y",
            "showlegend": False,
        }
        for name, each in found.items()
    ]


def _height(trace: Trace, fault: Fault) -> float:
    """Return where a fault is marked: on the line of the back, or on that of the highest segment that was measured."""
    if fault.name in BACK:
        return trace.at("spine", fault.at_s)
    highest = trace.at("thorax", fault.at_s)
    return trace.at("pelvis", fault.at_s) if np.isnan(highest) else highest


def _shade(view: SetView, phase: str, name: str, color: str, height: float) -> Figure:
    """Return one phase of every rep as one shape: as many rectangles would keep a telephone busy."""
    spans = [(a, b) for rep in view.reps for each, a, b in phases_of(rep) if each == phase]
    x = [round(t, 2) if t is not None else None for a, b in spans for t in (a, a, b, b, None)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": [-5, height, height, -5, None] * len(spans),
        "fill": "toself",
        "fillcolor": color,
        "line": {"width": 0},
        "name": name,
        "hoverinfo": "skip",
    }


def _line(values: Floats, name: str, color: str, *, dash: str = "solid", **more: Any) -> Figure:
    line = {"color": color, "width": 2, "dash": dash}
    shown = {"y": _plain(values), "name": name, "line": line, "hovertemplate": f"{name} %{{y:.0f}}°<extra></extra>"}
    return {"type": "scatter", "mode": "lines", **shown, **more}


def _band(xref: str, yref: str, low: float, high: float) -> Figure:
    place = {"xref": xref, "yref": yref, "x0": 0, "x1": 1, "y0": low, "y1": high}
    return {"type": "rect", **place, "fillcolor": "--band", "line": {"width": 0}, "layer": "below"}


def _at_height(y: float) -> Figure:
    place = {"xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {"type": "line", **place, "line": {"color": FAULT, "width": 1.5, "dash": "dot"}}


def _note(x: float, y: float, text: str, color: str, anchor: str) -> Figure:
    place = {"xref": "x domain", "yref": "y", "x": x, "y": y, "xanchor": "left", "yanchor": anchor}
    return {**place, "text": text, "showarrow": False, "font": {"color": color, "size": 12}}


def _plain(values: Floats) -> list[float]:
    """Return plain numbers for the page; what is not known is nan, and null in JSON."""
    plain: list[float] = np.round(values, 1).tolist()
    return plain


def _highest(*values: Floats) -> float:
    known = [float(np.nanmax(each)) for each in values if not np.isnan(each).all()]
    return max(known, default=0.0)
