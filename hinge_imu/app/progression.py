"""Which levels are open to an athlete, as a table and as plain values, and a coach who opens one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from hinge_imu.app import drill_results
from hinge_imu.app.drill_results import Kept
from hinge_imu.app.terminal import GOOD
from hinge_imu.app.wearers import named
from hinge_imu.config import ConfigError
from hinge_imu.protocols import levels
from hinge_imu.protocols.levels import Decision, Gate
from hinge_imu.protocols.protocol import Language, common, say


def look(
    athlete: str, folder: Path | None, *, unlock: str | None = None, lock: str | None = None, by: str | None = None
) -> Kept:
    """Return all that is kept of an athlete, after a coach has opened a level, or has taken that back.

    Raises
    ------
    hinge_imu.config.ConfigError
        There is no such level, nobody says who has decided, or the folder cannot be used.
    """
    folder, who = folder or drill_results.default_results(), named(athlete)
    # All that is wrong with the call is known before anything is written.
    decided = [(levels.find(name).name, opened) for name, opened in ((unlock, True), (lock, False)) if name is not None]
    if decided and not (by or "").strip():
        raise ConfigError(f"--{'unlock' if unlock else 'lock'} {unlock or lock}: say who decides, --by NAME")
    for level, opened in decided:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        drill_results.add(Decision(athlete=who, level=level, unlocked=opened, by=str(by).strip(), made_utc=now), folder)
    return drill_results.read(who, folder)


def plain(gate: Gate, athlete: str) -> dict[str, Any]:
    """Return a level as plain values."""
    return {
        "event": "level",
        "athlete": athlete,
        "level": gate.level.name,
        "open": gate.is_open,
        "needs": [
            {"drill": each.need.drill, "sessions": each.need.sessions, "passed": each.sessions} for each in gate.passed
        ],
        "unlocked_by": gate.decision.by if gate.decision else None,
        "unlocked_utc": gate.decision.made_utc if gate.decision else None,
    }


def table(gates: Sequence[Gate], athlete: str, language: Language = "en", *, simulated: bool = False) -> Table:
    """Return all levels as a table; ``simulated`` says that some of what counts was nobody's."""
    title = f"{athlete} (SIMULATED)" if simulated else athlete
    page = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    page.add_column(no_wrap=True)
    page.add_column(no_wrap=True, style="bold")
    page.add_column()
    for gate in gates:
        mark = Text(_word("open", language), GOOD) if gate.is_open else Text(_word("closed", language))
        page.add_row(mark, gate.level.name, "\n".join([say(gate.level.title, language), *_why(gate, language)]))
    return page


def _why(gate: Gate, language: Language) -> list[str]:
    needs = _word("needs", language)
    lines = [
        needs.format(drill=each.need.drill, done=min(each.sessions, each.need.sessions), asked=each.need.sessions)
        for each in gate.passed
    ]
    if gate.decision is not None:
        lines.append(_word("unlocked_by", language).format(by=gate.decision.by, date=gate.decision.made_utc[:10]))
    return [f"  {line}" for line in lines]


def _word(name: str, language: Language) -> str:
    return say(common()[name], language)
