"""What somebody sees who lays the sensors on one side after the other, and what it came to."""

from __future__ import annotations

from rich.console import RenderableType

from hinge_imu.app import rounds, terminal
from hinge_imu.app.calibrate import Round
from hinge_imu.app.residuals import Result, What
from hinge_imu.app.sides import FEWEST, Side, Sides
from hinge_imu.events import SensorEvent

HOW = (
    "Lay the strap, or a bare board, on a firm table, on each of its six sides, in any order: roughly will do.",
    "Let go, wait for the word, then lift it and turn it slowly to the next side; both boards may go together.",
    "'x up': the arrow X that is printed on the board points up. Ctrl-C ends it with what there is.",
)

NAMES: dict[What, str] = {
    "positions": "positions",
    "fit": "fitted",
    "residual": "left at rest",
    "turns": "left in turns",
    "offset": "offset",
    "scale": "scale",
    "gyr_bias": "gyroscope",
    "temperature": "temperature",
    "tilt": "expect",
}


def said(event: Side | SensorEvent) -> str | None:
    """Return what was just found as a sentence."""
    if isinstance(event, SensorEvent):
        return terminal.note(event)
    if not event.new:
        return f"{event.segment}: {event.side} again; {_wanted(event)}"
    return f"{event.segment}: {event.side} taken, {event.positions} so far; {_wanted(event)}"


def _wanted(event: Side) -> str:
    if event.missing:
        return f"missing: {', '.join(event.missing)}"
    return f"lean it, {event.advice}, to tell its axes apart" if event.advice else "that is all that is needed"


class Guide(rounds.Guide):
    """The round as it goes: for how much longer to hold still."""

    def __init__(self) -> None:
        super().__init__(HOW)

    def watch(self, round_: Round) -> None:
        """Show how far it is."""
        self.show(lambda: [state(sides) for sides in round_.sides.values()])


def state(sides: Sides) -> str:
    """Return how one sensor is doing, as a line."""
    if sides.done:
        doing = "done"
    elif sides.positions.taken:
        doing = "taken: turn it slowly to the next side"
    elif sides.positions.still_s:
        doing = f"hold still ... {sides.hold_s:.1f} s"
    else:
        doing = "moves"
    return f"{sides.segment}: {sides.different} of {FEWEST}  {doing}"


def report(results: list[Result]) -> RenderableType:
    """Return all lines as a table, and below it what to do."""
    # One sentence serves all positions that do not fit.
    return rounds.report(
        "Calibration",
        ([(line.segment, NAMES[line.what], line) for line in result.lines] for result in results),
        lambda row: f"{row[0]}, {row[1]}: {row[2].mend}",
    )
