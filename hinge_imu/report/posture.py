"""The virtual dowel as a picture: the back at the bottom of a rep from the side, and a stick that lies on the sacrum.

What is measured is the lean of the pelvis and of the upper back. The curve between them is drawn as even as can be;
legs and head, which no sensor sees, are only hinted at.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.report.page import SetView
from hinge_imu.report.plot import FAULT, GOOD, INK, QUIET, Figure
from hinge_imu.samples import Floats
from hinge_imu.words import Words

BACK, LEG, HEAD = 0.55, 0.85, 0.09
"""Lengths in m of somebody who is only drawn: hip to neck, leg, and the head's radius."""

STICK = 0.72
"""Length of the stick in m."""

APART = 1.0
"""In m, so that two people who bend forward do not meet."""


def posture(view: SetView, words: Words) -> Figure:
    """Return the best and the worst rep at the bottom, side by side."""
    which = [
        (view.best, "best_rep", GOOD, "solid"),
        (view.worst, "worst_rep", FAULT if view.worst_is_bad else INK, "solid"),
    ]
    known = [each for each in which if not np.isnan(view.shapes[each[0]].bottom).any()]
    known = known[: 1 + (view.best != view.worst)]
    data: list[Figure] = []
    notes: list[Figure] = []
    for place, (rep, key, color, dash) in enumerate(known):
        pelvis, thorax = np.radians(view.shapes[rep].bottom)
        data += _person(pelvis, thorax, place * APART, color, dash)
        back = words.number(np.degrees(thorax - pelvis))
        text = f"{words.page[key].format(rep=view.reps[rep].rep)}<br>{words.page['back']} {back}°"
        notes.append({"x": place * APART + 0.1, "y": -LEG - 0.06, "text": text, "showarrow": False, "yanchor": "top"})
    hidden = {"visible": False, "fixedrange": True}
    top = max((max(line["y"]) for line in data), default=0.0) + 0.05
    layout = {
        "height": 340,
        "showlegend": False,
        "annotations": notes,
        "xaxis": {**hidden, "range": [-0.12, 0.8 + APART * (len(known) - 1)]},
        "yaxis": {**hidden, "range": [-LEG - 0.32, top], "scaleanchor": "x"},
    }
    return {"data": data, "layout": layout}


def _person(pelvis: float, thorax: float, x: float, color: str, dash: str) -> list[Figure]:
    back = _curve(pelvis, thorax)
    along, behind = np.array([np.sin(pelvis), np.cos(pelvis)]), np.array([-np.cos(pelvis), np.sin(pelvis)])
    stick = 0.035 * behind + np.outer([-0.04, STICK], along)
    foot = np.array([0.22 * np.sin(pelvis), -LEG])
    legs = np.array([[0.0, 0.0], [0.16 * np.sin(pelvis) + 0.03, -0.45 * LEG], foot, foot + np.array([0.16, 0.0])])
    round_ = np.linspace(0, 2 * np.pi, 33)
    head = back[-1] + (HEAD + 0.03) * np.array([np.sin(thorax), np.cos(thorax)])
    circle = head + HEAD * np.stack([np.cos(round_), np.sin(round_)], axis=1)
    return [
        _stroke(legs, x, QUIET, 2, "dot"),
        _stroke(circle, x, QUIET, 2, "dot"),
        _stroke(stick, x, INK, 3, "solid"),
        _stroke(back, x, color, 8, dash),
    ]


def _curve(pelvis: float, thorax: float) -> Floats:
    """Return points (N,2) in m from the hip to the neck: straight where a sensor sits, evenly bent in between."""
    share = np.linspace(0, 1, 41)
    lean = np.interp(share, [0.0, 0.15, 0.75, 1.0], [pelvis, pelvis, thorax, thorax])
    steps = np.stack([np.sin(lean), np.cos(lean)], axis=1) * BACK / (len(share) - 1)
    points: Floats = np.concatenate([np.zeros((1, 2)), np.cumsum(steps[1:], axis=0)])
    return points


def _stroke(points: Floats, x: float, color: str, width: float, dash: str) -> Figure:
    plain = np.round(points + np.array([x, 0.0]), 3)
    line = {"color": color, "width": width, "dash": dash}
    along, up = plain.T.tolist()
    return {"type": "scatter", "mode": "lines", "x": along, "y": up, "line": line, "hoverinfo": "skip"}
