"""What pictures are put together from, as plotly's JSON: marks, colours, lines, bands and words.

A colour such as ``--good`` is the page's of that name, so that light, dark and paper each have theirs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hinge_imu.samples import Floats

Figure = dict[str, Any]

NEUTRAL_DEG = 10.0
"""The band of the virtual dowel: one lifter's reps differ by 1 to 8 deg (docs/metrics.md)."""

GOOD, FAULT, QUIET, INK = "--good", "--fault", "--quiet", "--ink"


def line(values: Floats, name: str, color: str, *, dash: str = "solid", **more: Any) -> Figure:
    """Return angles in degrees at even steps as a line."""
    line = {"color": color, "width": 2, "dash": dash}
    shown = {"y": plain(values), "name": name, "line": line, "hovertemplate": f"{name} %{{y:.0f}}°<extra></extra>"}
    return {"type": "scatter", "mode": "lines", **shown, **more}


def band(xref: str, yref: str, low: float, high: float) -> Figure:
    """Return a shaded band across a whole picture, behind everything."""
    place = {"xref": xref, "yref": yref, "x0": 0, "x1": 1, "y0": low, "y1": high}
    return {"type": "rect", **place, "fillcolor": "--band", "line": {"width": 0}, "layer": "below"}


def at_height(y: float) -> Figure:
    """Return a limit: a dotted line across a whole picture."""
    place = {"xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {"type": "line", **place, "line": {"color": FAULT, "width": 1.5, "dash": "dot"}}


def note(x: float, y: float, text: str, color: str, anchor: str) -> Figure:
    """Return a word beside a band or a line, ``x`` of the width from the left."""
    place = {"xref": "x domain", "yref": "y", "x": x, "y": y, "xanchor": "left", "yanchor": anchor}
    return {**place, "text": text, "showarrow": False, "font": {"color": color, "size": 12}}


def plain(values: Floats) -> list[float]:
    """Return plain numbers for the page; what is not known is nan, and null in JSON."""
    plain: list[float] = np.round(values, 1).tolist()
    return plain


def highest(*values: Floats) -> float:
    """Return the largest of angles that are known, 0 where none is."""
    known = [float(np.nanmax(each)) for each in values if not np.isnan(each).all()]
    return max(known, default=0.0)
