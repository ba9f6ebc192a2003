"""The page as one file: text, style, pictures and what draws them, with nothing to fetch."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

import msgspec

from hinge_imu.events import RepEvent
from hinge_imu.report import figures, per_rep, sentences
from hinge_imu.report.page import Page, SetView
from hinge_imu.report.plot import Figure
from hinge_imu.report.posture import posture
from hinge_imu.words import MARKS, Words

Halves = tuple[str, str]
"""A page before and after the place of plotly's script, which is the same, and large, for all of them."""

PLOT = 'class="plot"'


def session_page(page: Page, words: Words) -> Halves:
    """Return the page of one session."""
    said = sentences.headline(page, words)
    body = [
        _about(page, words),
        f"<h1>{escape(said[0])}</h1>",
        *(f'<p class="lead">{escape(sentence)}</p>' for sentence in said[1:]),
        *([_glance(page, words), _to_do(page, words)] if page.sets else []),
        *(_set(view, page, words) for view in page.sets),
        _missing(page, words),
    ]
    return document(f"{page.header.athlete or 'hinge-imu'}: {said[0]}", "\n".join(body), words)


def document(title: str, body: str, words: Words) -> Halves:
    """Return a whole page around its body, with the footer that all have."""
    body += f"\n<footer><p>{escape(words.disclaimer)}</p></footer>"
    before, after = _read("page.html").split("$plotly")
    filled = {"language": words.language, "title": escape(title), "style": _read("page.css"), "body": body}
    return Template(before).substitute(filled), Template(after).substitute(script=_read("page.js"))


def picture(name: str, figure: Figure, title: str, explained: str, *, wide: bool = False) -> str:
    """Return a picture with its words; it is drawn once it comes into view."""
    data = msgspec.json.encode(figure).decode().replace("<", "\\u003c")
    return (
        f"<figure{' class=wide' if wide else ''}><figcaption><h3>{escape(title)}</h3><p>{escape(explained)}</p>"
        f'</figcaption><div {PLOT} id="{name}" role="img" aria-label="{escape(title)}" '
        f'style="min-height:{figure["layout"]["height"]}px"></div>'
        f'<script type="application/json">{data}</script></figure>'
    )


def date(started_utc: str | None, words: Words) -> str:
    """Return the day of a session as the language writes it; nothing where the strap knew no time."""
    if started_utc is None:
        return ""
    return datetime.fromisoformat(started_utc).strftime("%d.%m.%Y" if words.language == "de" else "%Y-%m-%d")


def _about(page: Page, words: Words) -> str:
    header = page.header
    parts = [escape(part) for part in (header.athlete, date(header.started_utc, words)) if part]
    if header.tempo:
        parts.append(escape(f"{words.page['tempo']} {header.tempo}"))
    if header.simulated:
        parts.append(f'<span class="simulated">{words.page["simulated"]}</span>')
    return f'<p class="about">{" · ".join(["hinge-imu", *parts])}</p>'


def _glance(page: Page, words: Words) -> str:
    parts = [
        f"<h2>{words.page['glance']}</h2>",
        f"<p class=quiet>{escape(words.page['glance_how'])}</p>",
        _legend(page, words),
    ]
    for view in page.sets:
        tiles = "".join(_tile(rep, words) for rep in view.reps)
        parts.append(
            f'<h3><a href="#set{view.number}">{escape(_name(view, words))}</a></h3><ol class="strip">{tiles}</ol>'
        )
    return "\n".join(parts)


def _tile(rep: RepEvent, words: Words) -> str:
    names = dict.fromkeys(fault.name for fault in rep.faults)
    said = "; ".join(words.said(fault) for fault in rep.faults) or words.page["steady"]
    marks = "".join(f'<span class="mark">{MARKS[name]}</span>' for name in names) or '<span class="steady">●</span>'
    return (
        f'<li{" class=faulty" if names else ""} title="{escape(said)}"><b>{rep.rep}</b> {marks}'
        f"<small>{escape(_tempo(rep.tempo, words))}</small></li>"
    )


def _tempo(tempo: str, words: Words) -> str:
    return tempo.replace(".", words.decimal)


def _legend(page: Page, words: Words) -> str:
    names = dict.fromkeys(fault.name for rep in page.reps for fault in rep.faults)
    entries = [f'<li><span class="steady">●</span> {escape(words.page["steady"])}</li>']
    entries += [f'<li><span class="mark">{MARKS[n]}</span> {escape(words.faults[n].title)}</li>' for n in names]
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _to_do(page: Page, words: Words) -> str:
    if not page.todo:
        return ""
    cards = []
    for todo in page.todo:
        fault = words.faults[todo.name]
        most = words.page["clearest"].format(said=words.said(todo.worst))
        cards.append(
            f'<li><h3><span class="mark">{MARKS[todo.name]}</span> {escape(fault.title)}</h3>'
            f'<p class="quiet">{escape(sentences.count(words, "reps", todo.reps))}; {escape(most)}</p>'
            f'<p class="cue">{escape(fault.cue)}</p><p>{escape(fault.coach)}</p>'
            f"<p><b>{escape(words.drills[fault.drill])}.</b> {escape(fault.why)}</p></li>"
        )
    return f'<h2>{words.page["work_on"]}</h2><ol class="todo">{"".join(cards)}</ol>'


def needs_plotly(halves: Halves) -> bool:
    """Return whether there is a picture on a page."""
    return PLOT in halves[0]


def _set(view: SetView, page: Page, words: Words) -> str:
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences.of_the_set(view, words))
    pictures = "\n".join(_pictures(view, page, words))
    return (
        f'<section><h2 id="set{view.number}">{escape(_name(view, words))}</h2>{said}'
        f'<div class="figures">{pictures}</div>{_table(view, words)}</section>'
    )


def _name(view: SetView, words: Words) -> str:
    title = words.exercise(view.profile.name, view.profile.title)
    return f"{words.page['set']} {view.number}: {title}, {sentences.count(words, 'reps', len(view.reps))}"


def _pictures(view: SetView, page: Page, words: Words) -> list[str]:
    known = page.header.worn
    made = [("traces", figures.traces(view, words), True)]
    if len(known) > 1:
        made += [
            ("posture", posture(view, words), False),
            ("dowel", figures.dowel(view, words), False),
            ("coupling", figures.coupling(view, words), False),
            ("trend", per_rep.trend(view, words), False),
        ]
    made.append(("tempo", per_rep.tempo(view, page.asked, words), True))
    return [
        picture(f"set{view.number}-{name}", figure, words.page[name], words.page[f"{name}_how"], wide=wide)
        for name, figure, wide in made
    ]


def _table(view: SetView, words: Words) -> str:
    heads = ("rep", "tempo", "hips", "trunk", "most_rounding", "what_was_seen")
    rows = []
    for rep in view.reps:
        degrees = (rep.pelvis_rom_deg, rep.thorax_rom_deg, rep.spine_flexion_peak_deg)
        angles = ["-" if value is None else f"{words.number(value)}°" for value in degrees]
        seen = "; ".join(words.said(fault) for fault in rep.faults) or words.page["steady"]
        cells = [str(rep.rep), _tempo(rep.tempo, words), *angles, seen]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{escape(words.page[name])}</th>" for name in heads)
    return (
        f'<details><summary>{escape(words.page["numbers"])}</summary><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _missing(page: Page, words: Words) -> str:
    said = [f"<li>{escape(sentence)}</li>" for sentence in sentences.missing(page, words)]
    said += [f'<li lang="en">{escape(text)}</li>' for text in page.notices]
    today = f'<ul class="plain">{"".join(said)}</ul>' if said else f"<p>{escape(words.page['nothing_missing'])}</p>"
    never = "".join(f"<li>{escape(sentence)}</li>" for sentence in words.cannot_know)
    return (
        f"<h2>{words.page['not_measured']}</h2>{today}<h3>{words.page['cannot_know']}</h3>"
        f'<ul class="plain">{never}</ul>'
    )


@cache
def _read(name: str) -> str:
    return (files("hinge_imu.report") / name).read_text(encoding="utf-8")
