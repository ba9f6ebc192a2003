"""What a lifter reads who is calibrated: what is next, what was seen, and what it came to."""

from __future__ import annotations

from rich.console import RenderableType

from hinge_imu.app import rounds, terminal
from hinge_imu.app.wearer import HINGES, IDLE_S, Round
from hinge_imu.app.wearer_verdicts import WHY, Moved, Result, What
from hinge_imu.events import SensorEvent
from hinge_imu.motion.movements import Kind

HOW = (
    "Put the strap on as you train, and stand still for a second: tall, arms hanging, both feet level.",
    "Then three slow hinges: bend at the hips, back straight, as far as is comfortable, come up, stand for a moment.",
    "If you like, to know how far your own spine goes: a slow toe touch with a round back, then on all fours arch and",
    "round two or three times, as far as is comfortable, and stand up. Stop where it hurts. Ctrl-C ends it any time.",
)

NAMES: dict[What, str] = {
    "sensors": "board",
    "stance": "stance",
    "hinges": "hinges",
    "forward": "forward",
    "straps": "strap",
    "flexion": "rounding",
    "extension": "arching",
}

NO_HINGE: dict[Kind, str] = {kind: why.replace("were", "was") for kind, why in WHY.items()}


def said(event: Moved | SensorEvent) -> str | None:
    """Return what was just seen as a sentence."""
    if isinstance(event, SensorEvent):
        return terminal.note(event)
    spine = f"spine {event.extension_deg or 0.0:.0f} to {event.flexion_deg or 0.0:.0f} degrees"
    if event.kind == "hinge":
        return f"hinge {event.hinges}: trunk {event.thorax_deg or 0.0:.0f}, hips {event.pelvis_deg or 0.0:.0f} degrees"
    if event.kind == "cat_cow":
        return f"arching and rounding on all fours: {spine}"
    if event.kind == "toe_touch" and event.hinges:
        return f"toe touch: {spine}"
    return f"a bend that does not count as a hinge: it {NO_HINGE[event.kind]}"


def state(round_: Round) -> str:
    """Return what is next, as a line."""
    if not all(round_.stood[sensor] for sensor in round_.header.sensors):
        return "stand still ..."
    if round_.moving:
        return "seen: come up slowly, and stand tall"
    if round_.hinges < HINGES:
        return f"{round_.hinges} of {HINGES} hinges  next: a slow hinge, and up again"
    left = max(0.0, IDLE_S - round_.idle_s)
    return f"{round_.hinges} hinges, that is enough; a toe touch, then all fours; or stand {left:.0f} s to end"


class Guide(rounds.Guide):
    """The round as it goes: what is next."""

    def __init__(self) -> None:
        super().__init__(HOW)

    def watch(self, round_: Round) -> None:
        """Show what is next."""
        self.show(lambda: [state(round_)])


def report(result: Result) -> RenderableType:
    """Return all lines as a table, and below it what to do."""
    # One sentence serves both boards.
    return rounds.report(
        f"Calibration of {result.athlete}",
        [[(line.segment or "", NAMES[line.what], line) for line in result.lines]],
        lambda row: f"{row[1]}: {row[2].mend}",
    )
