"""Several sessions beside each other: a list of their pages, and for each athlete how a lift went over the weeks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from hinge_imu.report.html import Halves, date, document, picture
from hinge_imu.report.page import Page
from hinge_imu.report.plot import GOOD, INK, Figure, band
from hinge_imu.report.sentences import count
from hinge_imu.words import BACK, Words

BETWEEN_SESSIONS_DEG = 15.0
"""Two measurements of one person on different days must differ by 5 to 15 deg to differ at all, depending on the
movement (Laird et al. 2016, DOI 10.1186/s12891-016-1250-1); the largest of these is taken."""


class Lift(NamedTuple):
    """One exercise of one session: ``rounding_deg`` is the median of the most flexion in each rep, None if unseen."""

    name: str
    title: str
    sets: int
    reps: int
    rounding_deg: float | None
    measured: int
    held: int


class Overview(NamedTuple):
    """What the list of sessions says of one: who, when, what, and the name of its page."""

    athlete: str | None
    started_utc: str | None
    lifts: tuple[Lift, ...]
    href: str = ""


def overview(page: Page) -> Overview:
    """Return one session in a line."""
    lifts = []
    for name in dict.fromkeys(view.profile.name for view in page.sets):
        views = [view for view in page.sets if view.profile.name == name]
        reps = [rep for view in views for rep in view.reps]
        seen = [rep for rep in reps if rep.spine_flexion_peak_deg is not None]
        lifts.append(
            Lift(
                name=name,
                title=views[0].profile.title,
                sets=len(views),
                reps=len(reps),
                rounding_deg=float(np.median([rep.spine_flexion_peak_deg for rep in seen])) if seen else None,
                measured=len(seen),
                held=sum(not any(fault.name in BACK for fault in rep.faults) for rep in seen),
            )
        )
    return Overview(page.header.athlete, page.header.started_utc, tuple(lifts))


def index_page(sessions: Sequence[Overview], words: Words) -> Halves:
    """Return the page that leads to those of all sessions, the oldest first, one heading an athlete."""
    athletes: dict[str | None, list[Overview]] = defaultdict(list)
    for each in sorted(sessions, key=lambda each: (each.started_utc or "", each.href)):
        athletes[each.athlete].append(each)
    body = [f"<h1>{escape(words.page['sessions'])}</h1>"]
    for number, (athlete, mine) in enumerate(sorted(athletes.items(), key=lambda item: item[0] or "\uffff"), 1):
        name = athlete or words.page["no_athlete"]
        body += [f"<section><h2>{escape(name)}</h2>", _table(mine, words)]
        body += [*_progress(f"athlete{number}", name, mine, words), "</section>"] if athlete else ["</section>"]
    return document(words.page["sessions"], "\n".join(body), words)


def _table(sessions: Sequence[Overview], words: Words) -> str:
    rows = []
    for each in sessions:
        day = date(each.started_utc, words) or each.href.removesuffix(".html")
        link = f'<a href="{escape(each.href)}">{escape(day)}</a>'
        done = "; ".join(_lift(lift, words) for lift in each.lifts) or words.page["no_reps"]
        measured = sum(lift.measured for lift in each.lifts)
        held = f"{sum(lift.held for lift in each.lifts)}/{measured}" if measured else "-"
        rows.append(f"<tr><td>{link}</td><td>{held}</td><td>{escape(done)}</td></tr>")
    heads = "".join(f"<th>{escape(words.page[key])}</th>" for key in ("session", "held_share", "what_was_done"))
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _lift(lift: Lift, words: Words) -> str:
    name = words.exercise(lift.name, lift.title)
    return f"{name}: {count(words, 'sets', lift.sets)}, {count(words, 'reps', lift.reps)}"


def _progress(place: str, athlete: str, sessions: Sequence[Overview], words: Words) -> list[str]:
    """Return a picture for each exercise that was measured in at least two sessions whose day is known."""
    days: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for each in sessions:
        for lift in each.lifts:
            if each.started_utc is not None and lift.rounding_deg is not None:
                days[lift.name, lift.title].append((each.started_utc, lift.rounding_deg))
    error = f"{BETWEEN_SESSIONS_DEG:.0f}°"
    found = []
    for number, ((name, title), points) in enumerate(days.items(), 1):
        if len(points) < 2:
            continue
        head = words.page["progress_of"].format(athlete=athlete, exercise=words.exercise(name, title))
        told = f"{change(points, words)} {words.page['progress_how'].format(band=error)}"
        found.append(picture(f"{place}-{number}", over_days(points, words), head, told, wide=True))
    return found


def change(points: Sequence[tuple[str, float]], words: Words) -> str:
    """Return what is different since the first session: nothing, unless it is more than two days differ by anyway."""
    since = points[-1][1] - points[0][1]
    key = "same" if abs(since) < BETWEEN_SESSIONS_DEG else "more" if since > 0 else "less"
    amounts = {"change": f"{words.number(abs(since))}°", "band": f"{BETWEEN_SESSIONS_DEG:.0f}°"}
    return words.page[f"progress_{key}"].format(**amounts)


def over_days(points: Sequence[tuple[str, float]], words: Words) -> Figure:
    """Return the rounding of one lift over the days, with the band in which a difference says nothing."""
    first = points[0][1]
    low, high = first - BETWEEN_SESSIONS_DEG, first + BETWEEN_SESSIONS_DEG
    line: Figure = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [day for day, _ in points],
        "y": [round(value, 1) for _, value in points],
        "line": {"color": GOOD, "width": 2},
        "marker": {"size": 10, "color": GOOD, "line": {"color": INK, "width": 1}},
        "hovertemplate": "%{x|%Y-%m-%d}: %{y:.0f}°<extra></extra>",
    }
    heights = [low, high, *(value for _, value in points)]
    layout = {
        "height": 320,
        "showlegend": False,
        "shapes": [band("x domain", "y", low, high)],
        "xaxis": {"type": "date", "tickformat": words.page["day_format"]},
        "yaxis": {
            "title": {"text": words.page["most_rounding"]},
            "ticksuffix": "°",
            "range": [min(heights) - 5, max(heights) + 5],
        },
    }
    return {"data": [line], "layout": layout}
