"""What each role may see and do; everything that is shown to anybody asks here."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Literal, TypeVar, get_args

import msgspec

Role = Literal["coach", "athlete", "wall", "admin"]
Right = Literal["history", "edit", "command", "delete", "users"]

ROLES: tuple[Role, ...] = get_args(Role)

RIGHTS: dict[Role, frozenset[Right]] = {
    "wall": frozenset(),
    "athlete": frozenset({"history"}),
    "coach": frozenset({"history", "edit", "command"}),
    "admin": frozenset({"history", "edit", "command", "delete", "users"}),
}
"""What each may do with what it sees. A wall shows what goes on now: notes and pain are nothing for a room."""

Row = TypeVar("Row")


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is looking; ``athlete`` is whom a user of that role sees alone, ``gym`` the only one seen (None: all)."""

    name: str
    role: Role
    athlete: str | None = None
    gym: str | None = None

    def sees(self, athlete: str | None, gym: str | None = None) -> bool:
        """Tell whether what this athlete does may be shown; who wears a strap may be unknown (None).

        A viewer of one gym sees nothing of which the gym is not given.
        """
        if self.gym is not None and gym != self.gym:
            return False
        return self.role != "athlete" or (athlete is not None and athlete == self.athlete)

    def may(self, right: Right) -> bool:
        """Tell whether this role has a right, over what it sees."""
        return right in RIGHTS[self.role]

    def filter(self, rows: Iterable[Row], athlete: str = "athlete", gym: str = "gym") -> list[Row]:
        """Return those rows that may be shown; the names are those of the fields that say whose and where from.

        Raises
        ------
        AttributeError
            A row does not say whose it is: what nobody can judge is shown to nobody.
        """
        whose, where = attrgetter(athlete), _optional(gym)
        return [row for row in rows if self.sees(whose(row), where(row))]


def _optional(name: str) -> Any:
    return lambda row: getattr(row, name, None)
