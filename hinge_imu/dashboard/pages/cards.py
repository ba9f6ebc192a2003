"""A strap's card as HTML: what is in it moves by `live.js`, what stands in it is written here, and escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from typing import Literal
from urllib.parse import quote

from hinge_imu.dashboard.strap import Strap
from hinge_imu.events import RepEvent
from hinge_imu.profiles import Limits, built_in
from hinge_imu.words import MARKS, Phase, Words

State = Literal["lifting", "resting", "ready", "silent", "lost", "away"]
Kept = Callable[[str, Sequence[float | None]], Sequence[bool | None]]
"""Tells of each digit of a prescribed tempo whether it was kept, None where nobody can tell; raises ValueError."""

LOW_DEG, HIGH_DEG = -30.0, 60.0
"""From where to where the gauge of the back goes, as in `live.js`."""

NEUTRAL_DEG = 10.0
"""The band in which a dowel touches, as on the session's page."""

TIRING_SHARE = 0.2
"""Slower by this share than the fastest rep of the set is said to be tiring: the loss at which sets are stopped that
train strength rather than endurance (Pareja-Blanco et al. 2017, DOI 10.1111/sms.12678), there of the bar's speed."""

PHASES: tuple[Phase, ...] = ("eccentric", "bottom_pause", "concentric", "top_pause")
SHOWN_REPS = 12
"""Of a set so many reps, the last, stand on a card; chosen: a line or two."""


def state(strap: Strap, now: float) -> State:
    """Return how a strap is, in one word."""
    if strap.status == "lost":
        return "lost"
    if strap.status == "offline":
        return "away"
    if strap.silent(now):
        return "silent"
    if strap.lifting(now):
        return "lifting"
    return "resting" if strap.reps and not strap.over else "ready"


def classes(strap: Strap, now: float, *, public: bool = False) -> str:
    """Return the classes of a card: its state, and whether its last rep went over a limit."""
    last = strap.last
    faulty = " faulty" if last is not None and last.faults else ""
    return f"card {state(strap, now)}{faulty}{' pain' if strap.pain and not public else ''}"


def moves(words: Words) -> str:
    """Return the part of a card that moves: the figure from the side, and the trace of the back."""
    top, height = (100 * (HIGH_DEG - edge) / (HIGH_DEG - LOW_DEG) for edge in (NEUTRAL_DEG, HIGH_DEG - 2 * NEUTRAL_DEG))
    return (
        f'<svg class="figure" viewBox="18 8 90 120" role="img" aria-label="{escape(words.dashboard["back"])}">'
        '<path class="legs" d="M52 78 L57 101 L52 124 l9 0"/><path class="arm" d="M52 37 l0 36"/>'
        '<path class="stick" d="M47 82 L47 18"/><path class="back" d="M52 78 L52 32"/>'
        '<circle class="head" cx="52" cy="22" r="8"/></svg>'
        '<svg class="trace" viewBox="0 0 200 100" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="neutral" x="0" y="{top:.1f}" width="200" height="{height:.1f}"/><path class="line"/></svg>'
    )


def who(strap: Strap, words: Words, *, linked: bool = True) -> str:
    """Return whose card it is, and where more of them stands."""
    name = f"<bdi>{escape(strap.athlete or words.dashboard['no_name'])}</bdi>"
    if strap.athlete and linked:
        return f'<a href="athlete/{quote(strap.athlete, safe="")}">{name}</a>'
    return name


def pill(strap: Strap, words: Words, now: float) -> str:
    """Return how the strap is."""
    found = state(strap, now)
    return escape(words.dashboard["lost" if found == "silent" else found])


def what(strap: Strap, words: Words) -> str:
    """Return which exercise it is, and by which strap."""
    last = strap.last
    simulated = f'<span class="simulated">{words.dashboard["simulated"]}</span> ' if strap.simulated else ""
    return f"{simulated}{escape(words.exercise(last.exercise if last else strap.exercise))} · {escape(strap.name)}"


def said(strap: Strap, words: Words, kept: Kept) -> str:
    """Return the part of a card that says how many, how fast, and what was seen."""
    parts = [
        f'<div class="numbers">{_count(strap, words)}{_tempo(strap, words, kept)}</div>',
        gauge(strap.limits, words, _degrees(strap, words)),
        _strip(strap, words),
        _clocks(words),
    ]
    return "".join(parts)


def after(strap: Strap, words: Words, *, public: bool = False) -> str:
    """Return the part of a card below: what was seen in the last rep, what to say after the set, what is amiss."""
    return "".join(
        (_trouble(strap, words, public=public), _last(strap.last, words), _say(strap, words), _tired(strap, words))
    )


def _clocks(words: Words) -> str:
    ago = escape(words.dashboard["ago"].format(seconds="#"))
    return f'<p class="clocks"><span class="ago" data-say="{ago}"></span><span class="rest"></span></p>'


def _count(strap: Strap, words: Words) -> str:
    about = words.dashboard
    where = about["set_done" if strap.ended else "set"].format(set=strap.set) if strap.set else ""
    return f'<div class="count"><b>{len(strap.reps)}</b><span>{escape(about["rep"])}<br>{escape(where)}</span></div>'


def _tempo(strap: Strap, words: Words, kept: Kept) -> str:
    last = strap.last
    asked = f"<small>{escape(words.dashboard['asked'].format(tempo=strap.asked))}</small>" if strap.asked else ""
    if last is None:
        return f'<div class="tempo">{asked}</div>'
    return f'<div class="tempo"><b>{digits(last, strap.asked, words, kept)}</b>{asked}</div>'


def digits(rep: RepEvent, asked: str | None, words: Words, kept: Kept) -> str:
    """Return the tempo of a rep, each digit that is not as asked underlined."""
    measured = [getattr(rep, f"{name}_s") for name in PHASES]
    verdicts: Sequence[bool | None] = [None] * len(PHASES)
    if asked and not _is_free(rep.exercise):
        with suppress(ValueError):
            verdicts = kept(asked, measured)
    shown = []
    for name, value, verdict in zip(PHASES, measured, verdicts, strict=True):
        text = "·" if value is None else f"{value:.1f}".replace(".", words.decimal)
        off = f' class="off" title="{escape(words.dashboard["tempo_off"])}"' if verdict is False else ""
        shown.append(f"<span{off}><i>{escape(words.phases[name])}</i>{text}</span>")
    return "".join(shown)


def _degrees(strap: Strap, words: Words) -> str:
    spine = strap.angles[-1].spine_deg if strap.angles else None
    return "" if spine is None else f"{words.number(spine)}°"


def _is_free(exercise: str) -> bool:
    profile = built_in().get(exercise)
    return profile is not None and "off_tempo" in profile.never


def gauge(limits: Limits, words: Words, degrees: str = "") -> str:
    """Return the gauge of the back: the band in which a dowel touches, the limits, and the needle."""

    def left(deg: float) -> str:
        return f"left:{100 * (deg - LOW_DEG) / (HIGH_DEG - LOW_DEG):.1f}%"

    width = 100 * 2 * NEUTRAL_DEG / (HIGH_DEG - LOW_DEG)
    return (
        f'<div class="gauge" role="img" aria-label="{escape(words.dashboard["back"])}">'
        f'<i class="neutral" style="{left(-NEUTRAL_DEG)};width:{width:.1f}%"></i>'
        f'<i class="limit" style="{left(limits.spine_rounding_deg)}"></i>'
        f'<i class="limit" style="{left(limits.spine_arching_deg)}"></i>'
        f'<i class="needle"></i><span class="degrees">{degrees}</span></div>'
    )


def _strip(strap: Strap, words: Words) -> str:
    reps = sorted(strap.reps.values(), key=lambda rep: rep.start_s)[-SHOWN_REPS:]
    return f'<ol class="strip">{"".join(tile(rep, words) for rep in reps)}</ol>' if reps else ""


def tile(rep: RepEvent, words: Words) -> str:
    """Return a rep as a tile: its number, and a mark for each of its faults."""
    names = dict.fromkeys(fault.name for fault in rep.faults)
    told = "; ".join(words.said(fault) for fault in rep.faults) or words.dashboard["steady"]
    marks = "".join(f'<span class="mark">{MARKS[name]}</span>' for name in names) or '<span class="steady">●</span>'
    return f'<li{" class=faulty" if names else ""} title="{escape(told)}">{rep.rep} {marks}</li>'


def _last(last: RepEvent | None, words: Words) -> str:
    faults = last.faults if last is not None else ()
    lines = [f'<li><span class="mark">{MARKS[each.name]}</span> {escape(words.said(each))}</li>' for each in faults]
    return f'<ul class="faults">{"".join(lines)}</ul>' if lines else ""


def _tired(strap: Strap, words: Words) -> str:
    slower = strap.slower_share
    if slower is None or slower < TIRING_SHARE:
        return ""
    told = words.dashboard["slower"].format(percent=round(100 * slower))
    return f'<p class="tired quiet"><b>{escape(words.dashboard["tiring"])}</b>: {escape(told)}</p>'


def _say(strap: Strap, words: Words) -> str:
    """Return what to say once the set is over: of the fault that most of its reps had."""
    if strap.ended is None:
        return ""
    counted = Counter(name for rep in strap.reps.values() for name in {fault.name for fault in rep.faults})
    if not counted:
        return f'<p class="say">{escape(words.page["nothing_to_mend"])}</p>'
    (name, _reps), *_ = counted.most_common(1)
    fault = words.faults[name]
    return f'<p class="say"><b>{escape(fault.cue)}.</b> {escape(fault.coach)}</p>'


def _trouble(strap: Strap, words: Words, *, public: bool) -> str:
    about = words.dashboard
    lines = [f'<p class="hurts">✚ {escape(about["pain"])}</p>'] if strap.pain and not public else []
    for where, event in sorted(strap.broken.items()):
        who = about["computer" if where == "computer" else f"sensor_{where}"]
        lines.append(f'<p class="trouble">! {escape(who)} {escape(about[f"fact_{event.what}"])}</p>')
    return "".join(lines)
