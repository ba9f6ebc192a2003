"""Drills as they are done, well or with one fault of known size, and the verdict that their truth calls for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.simulate import styles
from hinge_imu.simulate.distractors import rest
from hinge_imu.simulate.lifter import Body, Lifter
from hinge_imu.simulate.performance import Manner, Rep, upright
from hinge_imu.simulate.plan import for_tempo
from hinge_imu.simulate.repertoire import SWAY_DEG
from hinge_imu.simulate.script import ChannelName
from hinge_imu.simulate.sets import standing_set
from hinge_imu.simulate.stage import Stage

Verdict = Literal["passed", "practise", "unsure"]
Reps = list[Rep]

CHANGE_OVER_S = 13.0
"""A rest between two sets; after 12 s they are two. Chosen."""

TOO_FAR = {"dowel": 15.0, "wall": 25.0, "plank": 10.0, "hamstring_stretch": 15.0, "square": 15.0}
"""From where on, in deg, a drill is to be practised."""


class Done(NamedTuple):
    """A drill that was done: by whom, what its reps are called, what was prescribed, and what that calls for."""

    lifter: Lifter
    exercise: str
    tempo: str | None
    verdict: Verdict


class Fault(NamedTuple):
    """One way to do a drill wrong: how far beyond its limit, in its own unit, and what it calls for."""

    do: Callable[[Stage, float], None]
    typical: float
    verdict: Verdict = "practise"


class Drill(NamedTuple):
    """How one drill is done well, and every way in which it can be done wrong."""

    well: Callable[[Stage], None]
    faults: dict[str, Fault]
    exercise: str = "hinge"
    tempo: str | None = None


def drill(rng: np.random.Generator, name: str, fault: str | None = None, beyond: float | None = None) -> Done:
    """Do a drill; ``beyond`` is by how much more than the limit the fault is, less than 0 stays inside it.

    Raises
    ------
    ValueError
        Where there is no such drill, or it knows no such fault; the message lists those that there are.
    """
    if name not in DRILLS:
        raise ValueError(f"--drill {name}: is not simulated; these are: {', '.join(DRILLS)}")
    of = DRILLS[name]
    if fault is not None and fault not in of.faults:
        known = ", ".join(of.faults)
        raise ValueError(f"--fault {fault}: is no fault of the drill {name}; these are: {known}")
    stage = Stage(rng, rng.uniform(1.5, 2.5))
    stage.exercise = of.exercise
    if fault is None:
        of.well(stage)
    else:
        wrong = of.faults[fault]
        wrong.do(stage, wrong.typical if beyond is None else beyond)
    body = styles.body(rng, of.exercise if of.exercise in styles.STYLES else "toe_touch")
    # Whoever kneels does so in half of the drill only; how the thighs go then is on the stage.
    body = replace(body, thigh_share=Body.thigh_share, shank_share=Body.shank_share) if name == "kneeling" else body
    lifter = Lifter(stage.script(rng.uniform(1.5, 2.5)), rng, SWAY_DEG, body)
    inside = fault is not None and beyond is not None and beyond < 0
    verdict = "passed" if fault is None or inside else of.faults[fault].verdict
    return Done(lifter, of.exercise, of.tempo, verdict)


def _reps(stage: Stage, exercise: str, count: int, **changes: float) -> Reps:
    """Return reps of one lifter's habits; ``changes`` are fields of a rep, or of its manner."""
    habits = styles.habits(stage.rng, exercise)
    reps = [habits.rep(stage.rng) for _ in range(count)]
    return [_changed(rep, changes) for rep in reps]


def _changed(rep: Rep, changes: dict[str, float]) -> Rep:
    own = {name: value for name, value in changes.items() if name in Rep.__dataclass_fields__}
    manner = {name: value for name, value in changes.items() if name in Manner.__dataclass_fields__}
    return replace(rep, manner=replace(rep.manner, **manner), **own)  # type: ignore[arg-type]  # each of its own type


def _slow(stage: Stage, spine_deg: float, late: int = 1, exercise: str = "dowel") -> None:
    """Do five slow hinges whose back bends by so much, evenly, late (2 and more), or early (-2 and less)."""
    depth = stage.rng.uniform(62.0, 75.0)
    standing_set(stage, _reps(stage, exercise, 5, spine_deg=spine_deg, late=late, depth_deg=depth, eccentric_s=2.5), 1)


def _wall(stage: Stage, *, taps: float = 0.25, uneven: float = 0.0, **changes: float) -> None:
    """Do six hinges to a wall, felt as a blow of so many g, less and more deep in turn, by so many deg either way."""
    depths = stage.rng.uniform(56.0, 62.0) + uneven * np.array([1, -1, -1, 1, -1, 1])
    reps = _reps(stage, "wall", 6, shock_g=taps, **{"spine_deg": 6.0, **changes})
    standing_set(stage, [replace(rep, depth_deg=float(depth)) for rep, depth in zip(reps, depths, strict=True)], 1)


def _bends(stage: Stage, hips_deg: float) -> None:
    """Bend forward three times, knees straight, with the hips going so far and the back a little less."""
    for _ in range(3):
        back = stage.rng.uniform(0.8, 0.95) * hips_deg
        rep = Rep(hips_deg + back, back, 2.5, 0.8, 2.2, 1.2, Manner(late=1, strokes=1))
        standing_set(stage, [rep], 1)


def _toes(stage: Stage, count: int = 15, down_s: float = 1.0, pause_s: float = 1.0, sinking_deg: float = 0.0) -> None:
    """Touch the toes so often, in this time; the last is deeper than the first by so much."""
    for done in np.linspace(0.0, 1.0, count):
        depth = stage.rng.uniform(98.0, 102.0) + sinking_deg * done
        late, spread = 0.03, stage.rng.normal(0.0, 1.0, 2)
        tempo = (down_s * (1 + late * spread[0]), pause_s * (1 + late * spread[1]), 0.9, 0.6)
        timed = for_tempo(depth, 45.0, tempo)
        rep = Rep(depth, 45.0, timed.eccentric_s, timed.bottom_pause_s, timed.concentric_s, timed.top_pause_s)
        standing_set(stage, [replace(rep, manner=Manner(late=1, strokes=1))], 1)


def _kneel(stage: Stage, standing_deg: float, kneeling_deg: float, late: int) -> None:
    """Do five hinges standing, kneel, and five more; the back bends by so much in each."""
    _slow(stage, standing_deg, late, "hinge")
    rest(stage, 2.0)
    legs: dict[ChannelName, float] = {"thigh": -8.0, "y": -0.43}
    with stage.distractor("kneeling_down"):
        stage.move(1.8, {"lean": 18.0, "spine": 6.0, "thigh": 25.0, "y": -0.2})
        stage.move(1.4, {**upright(stage), **legs})
    rest(stage, CHANGE_OVER_S)
    reps = _reps(stage, "kneeling", 5, spine_deg=kneeling_deg, late=late, depth_deg=62.0 + kneeling_deg / 2)
    # Thighs stand still, whatever the pelvis does, as far as a stage can say so.
    legs_back = -Body.thigh_share * (62.0 - kneeling_deg / 2)
    standing_set(stage, [_changed(rep, {"thigh_deg": legs_back, "shank_deg": 0.0}) for rep in reps], 2)
    stage.hold(0.5)


def _legs(stage: Stage, left: dict[str, float], right: dict[str, float]) -> None:
    """Hinge on both legs, on the left one, and on the right one, with a rest before each."""
    _hinges(stage, 3)
    square = {"side_deg": 3.0, "turn_deg": 2.0, "spine_deg": 8.0, "late": 2}
    depth = stage.rng.uniform(58.0, 68.0)
    for number, leg in enumerate((left, right), 2):
        rest(stage, CHANGE_OVER_S)
        standing_set(stage, _reps(stage, "single_leg", 5, **{**square, "depth_deg": depth, **leg}), number)
    stage.hold(0.5)


def _hinges(stage: Stage, count: int) -> None:
    """Show where forward is."""
    standing_set(stage, _reps(stage, "hinge", count, spine_deg=6.0, depth_deg=70.0), 1)


def _down(stage: Stage, lean_deg: float, spine_deg: float) -> None:
    """Go down to the floor by way of kneeling."""
    stage.move(1.6, {"lean": 25.0, "spine": 8.0, "thigh": 30.0, "y": -0.3})
    stage.move(1.6, {"lean": lean_deg, "spine": spine_deg, "thigh": -40.0, "y": -0.45})


def _up(stage: Stage) -> None:
    """Stand up from the floor."""
    stage.move(1.6, {"lean": 35.0, "spine": 10.0, "thigh": 30.0, "y": -0.3})
    stage.move(1.5, {**upright(stage), "y": 0.0})
    stage.hold(1.0)


def _plank(stage: Stage, seconds: float, sag_deg: float = 0.0) -> None:
    """Hold a plank; the back gives way by so much, a third of the time into it."""
    _hinges(stage, 2)
    with stage.distractor("plank"):
        _down(stage, 84.0, 3.0)
        stage.hold(seconds / 3)
        stage.move(3.0, {"lean": 84.0 - sag_deg / 2, "spine": 3.0 - sag_deg})
        stage.hold(seconds * 2 / 3 - 3.0)
        _up(stage)


def _fours(stage: Stage, rounding_deg: float, arching_deg: float) -> None:
    """Round and arch on all fours three times, by so much either way."""
    _hinges(stage, 3)
    with stage.distractor("cat_cow"):
        _down(stage, 88.0, 0.0)
        for _ in range(3):
            stage.move(2.2, {"lean": 76.0, "spine": -arching_deg})
            stage.hold(0.6)
            stage.move(2.4, {"lean": 104.0, "spine": rounding_deg})
            stage.hold(0.6)
        stage.move(1.5, {"lean": 88.0, "spine": 0.0})
        _up(stage)


def _stretch(stage: Stage, seconds: float, spine_deg: float) -> None:
    """Fold at the hips and stay there with a back that is round by so much."""
    with stage.distractor("stretch"):
        stage.move(2.5, {"lean": 60.0 + spine_deg, "spine": spine_deg}, {"spine": 2})
        stage.hold(seconds)
        stage.move(2.0, upright(stage))
        stage.hold(1.0)


def _uneven(stage: Stage, beyond: float) -> None:
    """Go deeper and less deep: six depths of which half are on either side have 1.095 times that for a deviation."""
    _wall(stage, uneven=(8.0 + beyond) / 1.095)


def _round_by(limit_deg: float, late: int = 1, exercise: str = "dowel") -> Callable[[Stage, float], None]:
    return lambda stage, beyond: _slow(stage, limit_deg + beyond, late, exercise)


def _arched(stage: Stage, beyond: float) -> None:
    _slow(stage, -TOO_FAR["dowel"] - beyond)


STRAIGHT: dict[str, Fault] = {
    "rounding": Fault(_round_by(TOO_FAR["dowel"]), 8.0),
    "early_rounding": Fault(_round_by(TOO_FAR["dowel"], -3), 8.0),
    "late_rounding": Fault(_round_by(TOO_FAR["dowel"], 5), 10.0),
    "arching": Fault(_arched, 6.0),
}

DRILLS: dict[str, Drill] = {
    "dowel": Drill(lambda stage: _slow(stage, 5.0), STRAIGHT, "dowel"),
    "self_assessment": Drill(lambda stage: _slow(stage, 5.0, exercise="hinge"), STRAIGHT, "hinge"),
    "wall": Drill(
        _wall,
        {
            "rounding": Fault(lambda stage, beyond: _wall(stage, spine_deg=TOO_FAR["wall"] + beyond, late=1), 6.0),
            "spine_first": Fault(lambda stage, beyond: _wall(stage, spine_leads_s=0.10 + beyond), 0.15),
            "uneven_depth": Fault(_uneven, 3.0),
            "no_tap": Fault(lambda stage, _: _wall(stage, taps=0.0), 0.0, "passed"),
        },
        "wall",
    ),
    "flexibility": Drill(
        lambda stage: _bends(stage, 72.0),
        {
            "limited": Fault(lambda stage, beyond: _bends(stage, 50.0 - beyond), 8.0),
            "borderline": Fault(lambda stage, _: _bends(stage, 55.0), 0.0, "passed"),
        },
        "toe_touch",
    ),
    "toe_touch": Drill(
        _toes,
        {
            "too_few": Fault(lambda stage, beyond: _toes(stage, 15 - round(beyond)), 3.0),
            "slow_down": Fault(lambda stage, beyond: _toes(stage, down_s=1.3 + beyond), 0.4),
            "long_pause": Fault(lambda stage, beyond: _toes(stage, pause_s=1.3 + beyond), 0.5),
            "sinking": Fault(lambda stage, beyond: _toes(stage, sinking_deg=10.0 + beyond), 6.0, "passed"),
        },
        "toe_touch",
        "1-1-0",
    ),
    "kneeling": Drill(
        lambda stage: _kneel(stage, 6.0, 4.0, 1),
        {
            "flexibility": Fault(lambda stage, beyond: _kneel(stage, 25.0 + beyond, 4.0, 1), 3.0),
            "control": Fault(lambda stage, beyond: _kneel(stage, 25.0 + beyond, 25.0 + beyond, -2), 3.0),
        },
        "kneeling",
    ),
    "single_leg": Drill(
        lambda stage: _legs(stage, {}, {}),
        {
            "not_square_left": Fault(lambda stage, beyond: _legs(stage, {"side_deg": 15.0 + beyond}, {}), 6.0),
            "not_square_right": Fault(lambda stage, beyond: _legs(stage, {}, {"side_deg": -15.0 - beyond}), 6.0),
            "turning_right": Fault(lambda stage, beyond: _legs(stage, {}, {"turn_deg": 15.0 + beyond}), 6.0),
            "less_deep_right": Fault(
                lambda stage, beyond: _legs(stage, {}, {"depth_deg": 48.0 - beyond}), 2.0, "passed"
            ),
        },
        "single_leg",
    ),
    "cat_cow": Drill(
        lambda stage: _fours(stage, 40.0, 25.0),
        {"flat": Fault(lambda stage, beyond: _fours(stage, 10.0 - beyond, 5.0 - beyond), 4.0, "unsure")},
    ),
    "plank": Drill(
        lambda stage: _plank(stage, 34.0),
        {
            "sagging": Fault(lambda stage, beyond: _plank(stage, 34.0, TOO_FAR["plank"] + beyond), 6.0),
            "short": Fault(lambda stage, beyond: _plank(stage, 30.0 - beyond), 12.0),
        },
    ),
    "hamstring_stretch": Drill(
        lambda stage: _stretch(stage, 33.0, 6.0),
        {
            "rounding": Fault(lambda stage, beyond: _stretch(stage, 33.0, TOO_FAR["hamstring_stretch"] + beyond), 8.0),
            "short": Fault(lambda stage, beyond: _stretch(stage, 30.0 - beyond, 6.0), 12.0),
        },
    ),
}
"""Every drill, and every way to do it wrong."""


def faults(names: Sequence[str] = tuple(DRILLS)) -> list[tuple[str, str]]:
    """Return each drill with each of its faults."""
    return [(name, fault) for name in names for fault in DRILLS[name].faults]
