"""What people do in a gym besides their reps; each stands, does its thing on the stage, and stands again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hinge_imu.simulate.performance import GRAVITY, shock, upright
from hinge_imu.simulate.script import ChannelName, Span
from hinge_imu.simulate.stage import Stage

WALKING_HZ = (1.4, 2.2)
"""Steps a second, from strolling to brisk."""

BOUNCE_M, WEAVE_M, SURGE_M = 0.020, 0.022, 0.010
"""Half of the way of the pelvis up and down, sideways, and fore and aft, of adults who walk (Whittle 2007, Gait
Analysis, ISBN 978-0-7506-8883-3, chapter 2: about 46 mm up and down, 46 mm sideways)."""

Act = Callable[[Stage], None]


def walk(stage: Stage, steps: int | None = None, *, about: bool = True) -> None:
    """Walk some steps, most people turning round first; pelvis and thorax turn against each other."""
    rng = stage.rng
    hz = rng.uniform(*WALKING_HZ)
    seconds = (steps or int(rng.integers(4, 14))) / hz
    with stage.distractor("walking"):
        if about:
            turn(stage, rng.choice([-1, 1]) * rng.uniform(50, 190))
        _stride(stage, stage.hold(seconds), hz)


def turn(stage: Stage, deg: float) -> None:
    """Turn about on the spot, stepping."""
    seconds = abs(deg) / stage.rng.uniform(70, 130)
    start, stop = stage.move(seconds, {"turn": stage.where("turn") + deg})
    _stride(stage, (start, stop), stage.rng.uniform(1.3, 1.9), metres=0.0, size=0.5)


def walk_out(stage: Stage) -> None:
    """Take a bar out of the rack: knees give and stretch under it, then a few small steps back."""
    rng = stage.rng
    with stage.distractor("walk_out"):
        stage.move(0.8, {"thigh": 18.0, "shank": 12.0, "lean": 8.0})
        stage.hold(rng.uniform(0.3, 1.0))
        stage.move(0.7, {"thigh": 0.0, "shank": 0.0, "lean": rng.uniform(0.0, 4.0)})
        hz, steps = rng.uniform(1.0, 1.5), int(rng.integers(2, 5))
        _stride(stage, stage.hold(steps / hz), hz, metres=-0.8, size=0.7)


def bend(stage: Stage, kind: str, *, seconds: tuple[float, float], dwell: tuple[float, float], askew: float) -> None:
    """Bend down to something on the floor, with the back rather than the hips, and come up."""
    rng = stage.rng
    knees = rng.uniform(0.0, 1.0)
    facing = stage.where("turn")
    with stage.distractor(kind):
        down: dict[ChannelName, float] = {
            "lean": rng.uniform(60, 100) - 25 * knees,
            "spine": rng.uniform(22, 50) - 15 * knees,
            "thigh": 60 * knees,
            "shank": 20 * knees,
            "side": askew * rng.uniform(-0.5, 0.5),
            "bend": askew * rng.uniform(-0.5, 0.5),
            "turn": facing + askew * rng.uniform(-1, 1),
            "twist": askew * rng.uniform(-0.7, 0.7),
        }
        stage.move(rng.uniform(*seconds), down, {"spine": int(rng.integers(-2, 3)) or 1})
        busy(stage, stage.hold(rng.uniform(*dwell)))
        stage.move(rng.uniform(*seconds), {**upright(stage), "turn": facing})


def pick_up(stage: Stage) -> None:
    """Take a bar or bell from the floor before a set."""
    bend(stage, "pick_up", seconds=(0.9, 2.0), dwell=(0.4, 3.0), askew=3.0)


def put_down(stage: Stage) -> None:
    """Put it back after the set, which is quicker."""
    bend(stage, "put_down", seconds=(0.7, 1.6), dwell=(0.2, 1.5), askew=3.0)


def pick_object(stage: Stage) -> None:
    """Pick something light from the floor: quick, to one side."""
    bend(stage, "pick_object", seconds=(0.6, 1.2), dwell=(0.1, 0.8), askew=25.0)


def tie_shoe(stage: Stage) -> None:
    """Tie one shoe, far down, for a while."""
    bend(stage, "shoe_tying", seconds=(0.8, 1.6), dwell=(3.5, 10.0), askew=18.0)


def load_plates(stage: Stage) -> None:
    """Walk to one end of the bar, bend to it, push a plate on; then perhaps the other end."""
    for _ in range(int(stage.rng.integers(1, 3))):
        walk(stage, int(stage.rng.integers(2, 5)))
        bend(stage, "plate_loading", seconds=(0.8, 1.5), dwell=(1.5, 5.0), askew=35.0)
    walk(stage, int(stage.rng.integers(2, 5)))


def squats(stage: Stage) -> None:
    """Do some squats: the hips go down between the feet, the trunk leans as far as balance asks."""
    rng = stage.rng
    lean, spine, thigh = rng.uniform(28, 46), rng.uniform(3, 18), rng.uniform(65, 90)
    for _ in range(int(rng.integers(2, 6))):
        with stage.distractor("squat"):
            deep: dict[ChannelName, float] = {"lean": lean, "spine": spine, "thigh": thigh, "shank": 26.0}
            stage.move(rng.uniform(1.0, 2.0), deep, {"spine": 3})
            stage.hold(rng.uniform(0.0, 0.6))
            stage.move(rng.uniform(0.8, 1.6), upright(stage), {"spine": -3})
            stage.hold(rng.uniform(0.3, 1.2))


def hops(stage: Stage) -> None:
    """Hop on the spot, each landing a blow."""
    rng = stage.rng
    hz, count = rng.uniform(1.6, 2.4), int(rng.integers(3, 9))
    with stage.distractor("hopping"):
        # No body falls faster than gravity.
        span = stage.now_s, stage.now_s + count / hz
        stage.wave("y", 0.9 * GRAVITY / (2 * np.pi * hz) ** 2, hz, span, fade_s=0.6 / hz)
        stage.wave("lean", rng.uniform(2, 5), hz, span)
        for _ in range(count):
            stage.hold(1 / hz)
            shock(stage, rng.uniform(0.8, 2.0))
        stage.hold(0.5)


def reach(stage: Stage) -> None:
    """Reach up and to one side, twisting, to a shelf or a peg."""
    rng = stage.rng
    side = rng.choice([-1, 1])
    facing = stage.where("turn")
    with stage.distractor("reaching"):
        up: dict[ChannelName, float] = {
            "lean": -rng.uniform(3, 14),
            "spine": -rng.uniform(2, 12),
            "side": side * rng.uniform(2, 8),
            "bend": side * rng.uniform(5, 15),
            "turn": facing + side * rng.uniform(5, 35),
            "twist": side * rng.uniform(10, 35),
        }
        stage.move(rng.uniform(0.7, 1.5), up)
        busy(stage, stage.hold(rng.uniform(0.5, 2.5)))
        stage.move(rng.uniform(0.7, 1.4), {**upright(stage), "turn": facing})


def sit(stage: Stage, seconds: float | None = None) -> None:
    """Sit down on a bench, stay there slumped or with the elbows on the knees, and get up."""
    with stage.distractor("sitting"):
        sit_down(stage)
        busy(stage, stage.hold(seconds or stage.rng.uniform(5, 15)))
        get_up(stage)


def sit_down(stage: Stage) -> None:
    """Lean forward, lower the hips, and come back over them with the pelvis rolled back."""
    rng = stage.rng
    stage.move(rng.uniform(0.7, 1.1), {"lean": rng.uniform(28, 48), "spine": rng.uniform(5, 18), "thigh": 45.0})
    stage.hold(-0.25)
    pelvis = rng.uniform(-28, -12)
    lean = float(rng.choice([rng.uniform(-3, 12), rng.uniform(25, 45)], p=[0.7, 0.3]))
    pelvis += 0.3 * max(0.0, lean - 12)
    seated: dict[ChannelName, float] = {"lean": lean, "spine": lean - pelvis, "thigh": 86 - 0.45 * pelvis}
    stage.move(rng.uniform(0.7, 1.1), seated)
    shock(stage, rng.uniform(0.1, 0.4))


def get_up(stage: Stage) -> None:
    """Lean forward over the feet and stand."""
    rng = stage.rng
    stage.move(rng.uniform(0.6, 1.0), {"lean": rng.uniform(32, 52), "spine": rng.uniform(8, 22), "thigh": 60.0})
    stage.hold(-0.2)
    stage.move(rng.uniform(0.8, 1.3), upright(stage))


def lie(stage: Stage) -> None:
    """Lie down on a bench, or on the floor and there perhaps on the side, for a while, and get up by way of sitting."""
    rng = stage.rng
    on_the_floor = bool(rng.random() < 0.4)
    with stage.distractor("lying"):
        sit_down(stage)
        if on_the_floor:
            stage.move(rng.uniform(0.8, 1.5), {"thigh": 120.0, "shank": 25.0})
        on_the_side = on_the_floor and rng.random() < 0.5
        flat: dict[ChannelName, float] = (
            {"lean": 15.0, "spine": 25.0, "side": 82.0}
            if on_the_side
            else {"lean": -88.0, "spine": 4.0, "thigh": 120.0}
        )
        stage.move(rng.uniform(1.4, 2.4), flat)
        stage.wave("lean", 0.8, rng.uniform(0.2, 0.35), stage.hold(rng.uniform(5, 12)))
        stage.move(rng.uniform(1.4, 2.2), {"lean": 12.0, "spine": 30.0, "side": 0.0, "thigh": 92.0})
        stage.hold(rng.uniform(0.3, 2.0))
        get_up(stage)


def talk(stage: Stage, span: Span) -> None:
    """Breathe deep and talk over a stretch: the upper back goes to and fro by a degree or two."""
    rng = stage.rng
    stage.wave("lean", rng.uniform(0.2, 1.2), rng.uniform(0.2, 0.4), span)
    stage.wave("spine", rng.uniform(0.2, 1.2), rng.uniform(0.2, 0.4), span)
    stage.wave("twist", rng.uniform(0.5, 4.0), rng.uniform(0.2, 0.6), span)


def busy(stage: Stage, span: Span) -> None:
    """Work with the hands over a stretch, as on a lace or a clamp, with no rhythm of its own."""
    rng = stage.rng
    if span[1] - span[0] < 0.6:
        return
    most: dict[ChannelName, float] = {"lean": 2.5, "spine": 1.5, "twist": 4.0, "side": 2.0}
    for channel, deg in most.items():
        for hz in rng.uniform(0.15, 1.2, 3):
            stage.wave(channel, deg * rng.uniform(0.1, 0.6), hz, span, phase=rng.uniform(0, 2 * np.pi))


def rest(stage: Stage, seconds: float) -> None:
    """Stand about: shift the weight, breathe, look around."""
    rng, span = stage.rng, stage.hold(seconds)
    talk(stage, span)
    stage.wave("side", rng.uniform(0.5, 3.0), rng.uniform(0.1, 0.3), span, fade_s=1.0)
    stage.wave("turn", rng.uniform(1.0, 8.0), rng.uniform(0.05, 0.2), span, fade_s=1.5)


DISTRACTORS: dict[str, Act] = {
    "walking": walk,
    "pick_up": pick_up,
    "pick_object": pick_object,
    "shoe_tying": tie_shoe,
    "plate_loading": load_plates,
    "squat": squats,
    "hopping": hops,
    "reaching": reach,
    "sitting": sit,
    "lying": lie,
    "walk_out": walk_out,
}
"""What can come between sets, by name."""


def _stride(stage: Stage, span: Span, hz: float, *, metres: float | None = None, size: float = 1.0) -> None:
    """Walk over a stretch of time: the pelvis up and down with each step, and to either side with each second one."""
    rng, seconds = stage.rng, span[1] - span[0]
    fade, phase = min(0.4, seconds / 3), rng.uniform(0, 2 * np.pi)
    heading = np.radians(stage.where("turn"))
    way = metres if metres is not None else 0.65 * hz * seconds
    stage.glide("x", float(way * np.cos(heading)), *span)
    stage.glide("z", float(-way * np.sin(heading)), *span)
    waves: list[tuple[ChannelName, float, float]] = [
        ("y", BOUNCE_M * hz / 1.8, hz),
        ("y", 0.0012, 3 * hz),
        ("y", 0.0004, 5 * hz),
        ("x", SURGE_M * float(np.cos(heading)), hz),
        ("z", -SURGE_M * float(np.sin(heading)), hz),
        ("x", WEAVE_M * float(np.sin(heading)), hz / 2),
        ("z", WEAVE_M * float(np.cos(heading)), hz / 2),
        ("lean", 1.0, hz),
        ("spine", 0.8, hz),
        ("side", 3.0, hz / 2),
        ("bend", -2.0, hz / 2),
        ("turn", 4.0, hz / 2),
        ("twist", -7.0, hz / 2),
    ]
    for channel, amplitude, rate in waves:
        amount = size * amplitude * rng.uniform(0.7, 1.3)
        stage.wave(channel, amount, rate, span, fade_s=fade, phase=phase + rng.uniform(-0.5, 0.5))
    leaning = rng.uniform(1, 5)
    stage.glide("lean", leaning, span[0], span[0] + fade)
    stage.glide("lean", -leaning, span[1] - fade, span[1])
