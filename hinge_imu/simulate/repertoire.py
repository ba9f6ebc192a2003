"""Whole sessions, drawn: who lifts, what, how often and how well, and all that people do in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hinge_imu.simulate import distractors, styles
from hinge_imu.simulate.distractors import DISTRACTORS
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.pathologies import FLOOR_MISHAPS, MISHAPS, PATHOLOGIES, pathological
from hinge_imu.simulate.performance import Rep
from hinge_imu.simulate.sets import Ending, floor_set, standing_set, swing_set
from hinge_imu.simulate.stage import Stage
from hinge_imu.simulate.styles import FROM_THE_FLOOR, STYLES, Tempo

BETWEEN = {name: 1.0 for name in DISTRACTORS if name not in {"walk_out", "pick_up"}} | {"walking": 3.0, "sitting": 2.0}
"""What is done between sets, and how much more often than the rest."""

CARRIED: frozenset[str] = frozenset({"rdl", "single_leg"})
"""What is picked up from the floor before a set, and put down after it."""

MIXED = ("hinge", "rdl", "good_morning", "deadlift", "kettlebell_deadlift", "swing")
"""What is mixed in one session."""

ENDINGS: dict[str, dict[Ending, float]] = {
    "deadlift": {"lowered": 0.7, "dropped": 0.2, "failed": 0.1},
    "kettlebell_deadlift": {"lowered": 0.9, "failed": 0.1},
}
"""How sets from the floor end, and how often; chosen. Nobody drops a bell that hangs between the feet."""

STEPPED_BACK = 0.3
"""How often somebody steps back from the bar at once; chosen."""

SWAY_DEG = 0.15
"""With this the trunk of one who stands wanders by 0.2 deg, at half a degree a second; chosen."""


class Drawn(NamedTuple):
    """A lifter, what is being lifted, and which kind of recording it makes: set, sets, medley or distractors."""

    lifter: Lifter
    exercise: str
    kind: str


def session(
    rng: np.random.Generator,
    exercise: str,
    *,
    sets: int = 1,
    reps: int | None = None,
    tempo: Tempo | None = None,
    fault: str | None = None,
    beyond: float | None = None,
    with_distractors: bool = True,
) -> Lifter:
    """Draw a session of one exercise.

    Parameters
    ----------
    sets, reps
        How many; without, reps are drawn for each set.
    tempo
        The digits that are prescribed and kept, in s.
    fault, beyond
        What every other rep does wrong, and by how much more than its limit, in the limit's own unit; less than 0
        stays inside.
    with_distractors
        Whether anything else is done, at least once: a bar picked up and put down, walking, a shoe tied.
    """
    stage = Stage(rng, rng.uniform(1.2, 3.0))
    habits = styles.habits(rng, exercise, tempo)
    for number in range(1, sets + 1):
        count = reps or int(rng.integers(3, 9))
        planned = [habits.rep(rng, i / max(1, count - 1)) for i in range(count)]
        if fault is not None:
            wanted = {"beyond": beyond, "tempo": tempo, "depth_deg": habits.meant.depth_deg}
            # A partial rep is one against the others, which must be the more.
            which = slice(min(1, count - 1), None, 4 if fault == "partial_rep" else 2)
            planned[which] = [pathological(rep, fault, exercise, rng, **wanted) for rep in planned[which]]
        if number > 1:
            pause(stage, with_distractors=with_distractors)
        perform(stage, exercise, planned, number, with_distractors=with_distractors)
    if with_distractors and (rng.random() < 0.6 or not stage.distracted):
        another(stage)
    return Lifter(stage.script(rng.uniform(1.0, 2.5)), rng, SWAY_DEG, styles.body(rng, exercise))


def medley(rng: np.random.Generator, exercises: Sequence[str]) -> Lifter:
    """Draw a session with one set of each of several exercises, done by one person on two feet."""
    stage = Stage(rng, rng.uniform(1.2, 3.0))
    for number, exercise in enumerate(exercises, 1):
        habits = styles.habits(rng, exercise)
        if number > 1:
            pause(stage, with_distractors=True)
        perform(stage, exercise, [habits.rep(rng) for _ in range(int(rng.integers(3, 6)))], number)
    return Lifter(stage.script(rng.uniform(1.0, 2.5)), rng, SWAY_DEG, styles.body(rng, "hinge"))


def draw(seed: int) -> Drawn:
    """Draw a whole varied recording of about 20 to 120 s, with everything that belongs to a lift, or no lift at all."""
    rng = np.random.default_rng(seed)
    if rng.random() < 0.15:
        return Drawn(nothing_but_distractors(rng), "auto", "distractors")
    if rng.random() < 0.06:
        return Drawn(medley(rng, list(rng.choice(MIXED, 2, replace=False))), "auto", "medley")
    exercise = list(STYLES)[int(rng.integers(len(STYLES)))]
    sets = int(rng.choice([1, 2, 3], p=[0.72, 0.24, 0.04]))
    reps = None if sets == 1 else int(rng.integers(2, 5))
    fault, beyond = _some_fault(rng, exercise) if rng.random() < 0.4 else (None, None)
    lifter = session(rng, exercise, sets=sets, reps=reps, fault=fault, beyond=beyond)
    return Drawn(lifter, exercise, "set" if sets == 1 else "sets")


def nothing_but_distractors(rng: np.random.Generator) -> Lifter:
    """Draw a person in a gym who does not lift."""
    stage = Stage(rng, rng.uniform(1.2, 3.0))
    seconds = rng.uniform(20, 80)
    while stage.now_s < seconds:
        another(stage)
        distractors.rest(stage, rng.uniform(0.5, 4.0))
    return Lifter(stage.script(1.0), rng, SWAY_DEG, styles.body(rng, "hinge"))


def approach(stage: Stage, exercise: str) -> None:
    """Come to the bar, with perhaps something else before."""
    rng = stage.rng
    if rng.random() < 0.35:
        another(stage)
        stage.hold(rng.uniform(0.3, 1.5))
    if exercise == "good_morning" or (exercise == "rdl" and rng.random() < 0.3):
        distractors.walk_out(stage)
    stage.hold(rng.uniform(0.4, 1.5))


def perform(stage: Stage, exercise: str, reps: Sequence[Rep], number: int, *, with_distractors: bool = True) -> None:
    """Do one set as its lift is done, from the first preparation to standing with empty hands.

    With distractors, mishaps befall reps, and other things are done before and after.
    """
    rng, stage.exercise = stage.rng, exercise
    if with_distractors:
        reps = _with_mishaps(rng, exercise, reps)
        approach(stage, exercise)
    if exercise in FROM_THE_FLOOR:
        _from_the_floor(stage, reps, number, plain=not with_distractors)
    elif exercise == "swing":
        swing_set(stage, reps, number)
    else:
        carried = with_distractors and exercise in CARRIED and rng.random() < 0.7
        if carried:
            distractors.pick_up(stage)
            stage.hold(rng.uniform(0.8, 3.0))
        start = stage.now_s
        standing_set(stage, reps, number)
        if with_distractors:
            distractors.talk(stage, (start, stage.now_s))
        if carried:
            stage.hold(rng.uniform(0.5, 2.0))
            distractors.put_down(stage)
    stage.hold(rng.uniform(0.4, 1.5))


def _from_the_floor(stage: Stage, reps: Sequence[Rep], number: int, *, plain: bool) -> None:
    """Pull a set, perhaps in two clusters with a short rest between them, and end it in one of the ways there are."""
    rng = stage.rng
    endings = ENDINGS[stage.exercise or "deadlift"]
    ending: Ending = "lowered" if plain else list(endings)[int(rng.choice(len(endings), p=list(endings.values())))]
    if not plain and len(reps) > 3 and rng.random() < 0.15:
        half = len(reps) // 2
        floor_set(stage, reps[:half], number)
        stage.hold(rng.uniform(1.0, 3.0))
        reps = reps[half:]
    floor_set(stage, reps, number, ending)
    if not plain and rng.random() < STEPPED_BACK:
        stage.hold(rng.uniform(0.0, 0.5))
        distractors.walk(stage, int(rng.integers(1, 4)), about=False)


def _with_mishaps(rng: np.random.Generator, exercise: str, reps: Sequence[Rep]) -> list[Rep]:
    """Let one kind of mishap come over some reps of some sets."""
    known = FLOOR_MISHAPS if exercise in FROM_THE_FLOOR else {} if exercise == "swing" else MISHAPS
    if not known or rng.random() < 0.7:
        return list(reps)
    mishap = known[str(rng.choice(list(known)))]
    return [mishap(rep, rng) if rng.random() < 0.3 else rep for rep in reps]


def _some_fault(rng: np.random.Generator, exercise: str) -> tuple[str, float]:
    """Draw a fault of the exercise that can be seen without a prescription, and how far beyond its limit or inside."""
    names = [name for name, each in PATHOLOGIES.items() if exercise in each.lifts and name != "off_tempo"]
    fault = str(rng.choice(names))
    return fault, PATHOLOGIES[fault].typical * float(rng.choice([rng.uniform(0.4, 1.6), -rng.uniform(0.4, 1.0)]))


def pause(stage: Stage, *, with_distractors: bool) -> None:
    """Rest between two sets, long enough that they are two."""
    rng = stage.rng
    start = stage.now_s
    if with_distractors:
        another(stage)
    distractors.rest(stage, max(3.0, rng.uniform(16.0, 22.0) - (stage.now_s - start)))


def another(stage: Stage) -> None:
    """Do something that is no rep."""
    weights = np.array(list(BETWEEN.values()))
    DISTRACTORS[str(stage.rng.choice(list(BETWEEN), p=weights / weights.sum()))](stage)
