"""What all pages have around them: style, script, the line at the top, language, and light or dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from nicegui import ui
from starlette.requests import Request

from hinge_imu.dashboard.access.viewer import Right, Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.words import Words, languages, words

LANGUAGE, THEME = "hinge-language", "hinge-theme"
"""The cookies in which a browser keeps what its user has chosen; they say nothing about anybody."""

THEMES = {"dark": True, "light": False}


class Look(NamedTuple):
    """How a page is to look for whoever asked for it, and how far below the wall its address is."""

    words: Words
    dark: bool | None
    up: str


def look(request: Request, up: str = "") -> Look:
    """Return the language and theme that were chosen, or else those of the browser."""
    chosen = request.cookies.get(LANGUAGE)
    spoken = [part.split(";")[0].strip()[:2] for part in request.headers.get("accept-language", "").split(",")]
    language = next((each for each in (chosen, *spoken) if each in languages()), "en")
    return Look(words(language), THEMES.get(request.cookies.get(THEME, "")), up)


@contextmanager
def frame(desk: Desk, viewer: Viewer, look: Look, title: str) -> Iterator[None]:
    """Build a page around what is built inside."""
    about = look.words.dashboard
    ui.page_title(f"{title} · hinge-imu")
    ui.add_head_html(f"<style>{_read('style.css')}</style><script>{_read('live.js')}</script>")
    ui.run_javascript(f"document.documentElement.lang = '{look.words.language}'")
    dark = ui.dark_mode(look.dark)
    with ui.element("header").classes("top"):
        ui.html(
            f'<strong>hinge-imu</strong> <a href="{look.up or "."}">{about["wall"]}</a>{_pages(viewer, look)}',
            sanitize=False,
        )
        ui.element("span").classes("space")
        button(about["theme"], lambda: _turn(dark)).classes("wide")
        button(about["language"], lambda: _speak("en" if look.words.language == "de" else "de"))
        ui.html(f'<a href="{look.up}logout">{about["log_out"]}</a>', sanitize=False)
    warning = ui.element("p").classes("warn").props('role="status"')
    ui.timer(2.0, lambda: say(warning, "" if desk.line() else about["line_away"]))
    with ui.element("main").classes("hinge"):
        yield


def _pages(viewer: Viewer, look: Look) -> str:
    pages: tuple[tuple[str, Right], ...] = (("athletes", "history"), ("users", "users"))
    seen = [name for name, right in pages if viewer.may(right)]
    return "".join(f' <a href="{look.up}{name}">{look.words.dashboard[name]}</a>' for name in seen)


def button(text: str, done: Callable[..., Any] | None, *, kind: str = "button") -> ui.element:
    """Build a plain button, which the keyboard reaches as well."""
    made = ui.element("button").props(f'type="{kind}"').classes("plain")
    if done is not None:
        made.on("click", done, [])
    with made:
        ui.html(text, sanitize=escaped, tag="span")
    return made


@contextmanager
def asked_again(text: str, label: str | None = None) -> Iterator[None]:
    """Build what shows what is inside only once it is opened; ``label`` says more than ``text`` to who cannot see."""
    with ui.element("details").classes("again"):
        summary = ui.html(text, sanitize=escaped, tag="summary")
        if label is not None:
            summary.props["aria-label"] = label
        with ui.element("div"):
            yield


def relabel(made: ui.element, text: str) -> None:
    """Have a button say something else; whoever is on it stays on it."""
    (label,) = made.default_slot.children
    if isinstance(label, ui.html):
        label.set_content(text)


def escaped(text: str) -> str:
    """Return a text as HTML that says just that."""
    return escape(text)


def day(moment: datetime | None, words: Words) -> str:
    """Return a day and its hour, of the dashboard's own time zone, as the language writes it."""
    if moment is None:
        return words.dashboard["no_day"]
    here = moment.astimezone()
    return here.strftime("%d.%m.%Y %H:%M" if words.language == "de" else "%Y-%m-%d %H:%M")


def say(place: ui.element, text: str) -> None:
    """Have an element say that, and nothing else; where it says so already, nothing is sent."""
    said = next(iter(place.default_slot.children), None)
    if (said.text if isinstance(said, ui.label) else "") == text:
        return
    place.clear()
    if text:
        with place:
            ui.label(text)


async def _turn(dark: ui.dark_mode) -> None:
    is_dark = await ui.run_javascript("document.body.classList.contains('body--dark')")
    dark.value = not is_dark
    _keep(THEME, "light" if is_dark else "dark")


def _speak(language: str) -> None:
    _keep(LANGUAGE, language)
    ui.navigate.reload()


def _keep(name: str, value: str) -> None:
    ui.run_javascript(f"document.cookie = '{name}={value}; path=/; max-age=31536000; samesite=lax'")


@cache
def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
