"""The pictures of a set, as plotly draws them: plain figures, whose colours are names of the page's own.

A figure is plotly's JSON, and nothing else; plotly's Python classes, which say the same with checks, take as long for
the pictures of one session as its whole replay. The tests have them check every picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from hinge_imu.events import Fault, FaultName
from hinge_imu.report.page import SetView
from hinge_imu.report.plot import (
    FAULT,
    GOOD,
    INK,
    NEUTRAL_DEG,
    QUIET,
    Figure,
    at_height,
    band,
    highest,
    line,
    note,
    plain,
)
from hinge_imu.report.traces import COURSE, Shape, Trace, phases_of
from hinge_imu.words import BACK, MARKS, Words


def traces(view: SetView, words: Words) -> Figure:
    """Return hips, trunk and back over a set, as far as they were measured: phases shaded, faults marked."""
    trace, page = view.trace, words.page
    step: Figure = {"x0": round(trace.start_s, 2), "dx": round(trace.step_s, 4)}
    top, low = {"xaxis": "x", "yaxis": "y"}, {"xaxis": "x", "yaxis": "y2"}
    top_deg = highest(trace.thorax, trace.pelvis)
    shades = [
        _shade(view, "eccentric", page["going_down"], "--down", top_deg),
        _shade(view, "concentric", page["coming_up"], "--up", top_deg),
    ]
    lines = [
        line(trace.pelvis, page["hips"], GOOD, **step, **top),
        line(trace.thorax, page["trunk"], INK, dash="dot", **step, **top),
        line(trace.spine, page["back"], INK, showlegend=False, **step, **low),
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
        layout["shapes"] = [band("x domain", "y2", -NEUTRAL_DEG, NEUTRAL_DEG)]
    return {"data": [*shades, *seen, *_marks(view, words)], "layout": layout}


def dowel(view: SetView, words: Words) -> Figure:
    """Return the back over the course of every rep, best and worst in front, with the band in which a dowel touches."""
    percent = {"x0": 0, "dx": round(100 * float(COURSE[1]), 3)}
    limit = view.profile.limits.spine_rounding_deg
    lines = _in_front(view, words, lambda shape: {"y": plain(shape.spine), **percent})
    return {
        "data": lines,
        "layout": {
            "height": 320,
            "xaxis": {"title": {"text": words.page["share_of_rep"]}, "ticksuffix": " %", "tickvals": [25, 50, 75, 100]},
            "yaxis": {"title": {"text": words.page["back"]}, "ticksuffix": "°"},
            "shapes": [band("x domain", "y", -NEUTRAL_DEG, NEUTRAL_DEG), at_height(limit)],
            "annotations": [
                note(0.02, NEUTRAL_DEG, words.page["dowel_touches"], QUIET, "bottom"),
                note(0.02, limit, words.page["limit"], FAULT, "bottom"),
            ],
        },
    }


def coupling(view: SetView, words: Words) -> Figure:
    """Return trunk over hips for every rep: on the slanting line the back stays as it was."""
    lines = _in_front(view, words, lambda shape: {"x": plain(shape.pelvis), "y": plain(shape.thorax)})
    most = max((highest(shape.pelvis, shape.thorax) for shape in view.shapes), default=0.0) + 5
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


def _in_front(view: SetView, words: Words, drawn: Callable[[Shape], Figure]) -> list[Figure]:
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
    return [{"type": "scatter", "mode": "lines", "hoverinfo": "skip", **each} for each in found]


def _joined(lines: Iterable[Figure]) -> Figure:
    """Return many lines as one, with a gap between each: one is drawn a hundred times as fast as a hundred."""
    x: list[Any] = []
    y: list[Any] = []
    for each in lines:
        along = each.get("x") or [round(each["x0"] + i * each["dx"], 1) for i in range(len(each["y"]))]
        x += [*along, None]
        y += [*each["y"], None]
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
    top = trace.at("thorax", fault.at_s)
    return trace.at("pelvis", fault.at_s) if np.isnan(top) else top


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
