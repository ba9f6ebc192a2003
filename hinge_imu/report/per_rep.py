"""The pictures of a set that have a number a rep: how long each phase took, and how far the back rounded."""

from __future__ import annotations

import numpy as np

from hinge_imu.report.page import Asked, SetView
from hinge_imu.report.plot import FAULT, GOOD, INK, QUIET, Figure, at_height, band, note, plain
from hinge_imu.words import BACK, MARKS, Words


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
            **_whole(view),
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
            "xaxis": {"title": {"text": words.page["rep"]}, **_whole(view)},
            "yaxis": {"title": {"text": words.page["most_rounding"]}, "ticksuffix": "°", "rangemode": "tozero"},
            "shapes": [at_height(limit)],
            "annotations": [note(0.02, limit, words.page["limit"], FAULT, "bottom")],
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
    at = [plain(middle_y + each * (ends - middle_x)) for each in (low, slope, high)]
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


def _whole(view: SetView) -> Figure:
    """Return how the numbers of reps are written below an axis: all of few, some of many."""
    return {"tickformat": "d", "tickangle": 0, **({"dtick": 1} if len(view.reps) <= 6 else {"nticks": 5})}


def _asked(axis: str, seconds: float, off: float) -> list[Figure]:
    line = {"type": "line", "y0": seconds, "y1": seconds, "line": {"color": INK, "width": 2, "dash": "dash"}}
    across = {"xref": f"x{axis} domain", "yref": "y", "x0": 0, "x1": 1}
    return [band(f"x{axis} domain", "y", max(0.0, seconds - off), seconds + off), {**line, **across}]
