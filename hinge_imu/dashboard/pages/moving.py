"""Cards that move: what is new goes to a browser ten times a second, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from nicegui import ui

from hinge_imu.dashboard.pages import cards
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.strap import Strap
from hinge_imu.words import Words

THIN = 5
"""On a card among many every fifth point is drawn: 10 of the 50 in a second."""

EVERY_S = 0.1
"""How often a page is told what is new. Chosen: as often as a needle can be followed."""


class Card:
    """One strap's card on one page; ``wholly`` it is told every point, else one in `THIN`.

    On a ``public`` screen, nothing leads further, and nobody's pain is shown.
    """

    def __init__(self, strap: Strap, desk: Desk, words: Words, *, wholly: bool = False, public: bool = False) -> None:
        self.strap = strap
        self._desk, self._words, self._wholly, self._public = desk, words, wholly, public
        self._points = max(0, strap.points - len(strap.angles))
        self._clocks: tuple[int | None, int | None] = (-1, -1)
        self._shown: tuple[Any, ...] = ()
        self._element = ui.element("article")
        self.id = self._element.html_id
        with self._element:
            ui.html(cards.moves(words), sanitize=False).classes("moves")
            with ui.element("div").classes("name"):
                # By itself: what is written anew loses the keyboard.
                self._who = ui.html("", sanitize=False, tag="h2")
                self._pill = ui.html("", sanitize=False, tag="span").classes("pill")
            self._what = ui.html("", sanitize=False, tag="p").classes("what quiet")
            self._said = ui.html("", sanitize=False).classes("said")
            self._after = ui.html("", sanitize=False).classes("after")
        self._write(desk.clock())

    def new(self, now: float) -> list[Any] | None:
        """Write anew what has changed in words; return what `live.js` is to be told, None where nothing is new."""
        self._write(now)
        points = self.strap.since(self._points)
        self._points = self.strap.points
        clocks = self._ago(now), self._rest(now)
        if not points and clocks == self._clocks:
            return None
        self._clocks = clocks
        return [self.id, points if self._wholly else points[::-THIN][::-1], *clocks]

    def place(self, number: int) -> None:
        """Be the card of that number, where it is not."""
        slot = self._element.parent_slot
        if slot is not None and slot.children[number] is not self._element:
            self._element.move(target_index=number)

    def remove(self) -> None:
        """Be on the page no longer."""
        self._element.delete()

    def _write(self, now: float) -> None:
        shown = (self.strap.changed, cards.classes(self.strap, now, public=self._public))
        if shown == self._shown:
            return
        self._shown, self._clocks = shown, (-1, -1)
        limits = self.strap.limits
        self._element.classes(replace=shown[1])
        self._element.props(f'data-high="{limits.spine_rounding_deg}" data-low="{limits.spine_arching_deg}"')
        self._who.set_content(cards.who(self.strap, self._words, linked=not (self._public or self._wholly)))
        self._pill.set_content(cards.pill(self.strap, self._words, now))
        self._what.set_content(cards.what(self.strap, self._words))
        self._said.set_content(cards.said(self.strap, self._words, self._desk.kept))
        self._after.set_content(cards.after(self.strap, self._words, public=self._public))

    def _ago(self, now: float) -> int | None:
        ago = int(now - self.strap.seen)
        return ago if self.strap.seen and ago > 1 else None

    def _rest(self, now: float) -> int | None:
        strap = self.strap
        return None if strap.lifted is None or strap.lifting(now) else int(now - strap.lifted)


def tell(cards: Iterable[Card], now: float) -> None:
    """Tell the browser of this page what is new on its cards."""
    news = [new for card in cards if (new := card.new(now)) is not None]
    if news:
        ui.run_javascript(f"hinge.tell({msgspec.json.encode(news).decode()})")
