"""Notes, and that something hurt: on a session, a set or a rep, written in one place, shown where they belong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

from nicegui import ui

from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import button, day
from hinge_imu.dashboard.store import Edit
from hinge_imu.dashboard.store.store import About
from hinge_imu.words import Words

Change = Callable[[Callable[[], Any]], Awaitable[bool]]
"""Makes a change in the store; tells whether it is made."""


class Topic(NamedTuple):
    """What a note is about."""

    about: About
    id: str


def written(edits: Sequence[Edit], words: Words) -> str:
    """Return notes as HTML, each with who wrote it and when; nothing where there are none."""
    lines = [_line(each, words) for each in edits]
    return f'<ul class="notes">{"".join(lines)}</ul>' if lines else ""


def of(edits: Sequence[Edit]) -> dict[Topic, list[Edit]]:
    """Return the notes among what users have done, by what they are about."""
    found: dict[Topic, list[Edit]] = {}
    for each in edits:
        if each.what in {"note", "pain"}:
            found.setdefault(Topic(each.about, each.about_id), []).append(each)  # type: ignore[arg-type]  # of these three
    return found


def _line(edit: Edit, words: Words) -> str:
    about = words.dashboard
    by = escape(about["note_by"].format(who=edit.by, day=day(edit.at_utc, words)))
    hurt = f'<b class="trouble">✚ {escape(about["hurts_kept"])}</b> ' if edit.what == "pain" else ""
    return f'<li>{hurt}{escape(edit.value or "")} <span class="quiet">{by}</span></li>'


class Writing:
    """The one place to write; what it is about is chosen beside it."""

    def __init__(self, desk: Desk, words: Words, by: str, change: Change) -> None:
        self._desk, self._words, self._by, self._change = desk, words, by, change
        about = words.dashboard
        with ui.element("div").classes("writing"):
            self._topic = ui.select({}, label=about["about"]).props("dense options-dense").classes("topic")
            self._text = ui.textarea(about["note"]).props("autogrow dense maxlength=2000").classes("note")
            with ui.element("div").classes("acts"):
                button(about["note_keep"], partial(self._keep, "note"))
                button(about["hurts"], partial(self._keep, "pain"))

    @property
    def under_way(self) -> bool:
        """Whether something is written that is not kept yet."""
        return bool(self._text.value)

    def offer(self, topics: Mapping[Topic, str]) -> None:
        """Let one of these be chosen; the first, until another one is."""
        names = {":".join(topic): name for topic, name in topics.items()}
        if names != self._topic.options:
            chosen = self._topic.value if self._topic.value in names else next(iter(names))
            self._topic.set_options(names, value=chosen)

    def choose(self, topic: Topic) -> None:
        """Let the next note be about this, where none is being written."""
        if not self.under_way:
            self._topic.set_value(":".join(topic))

    async def _keep(self, what: str) -> None:
        text, (about, _, about_id) = (self._text.value or "").strip(), self._topic.value.partition(":")
        if what == "note" and not text:
            return
        keep = self._desk.store.note if what == "note" else self._desk.store.pain
        if await self._change(partial(keep, about, about_id, text, by=self._by)):
            self._text.set_value("")
