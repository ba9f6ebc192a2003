import msgspec
import numpy as np
import pytest

from hinge_imu.app.drill_guide import state
from hinge_imu.pipeline import Pipeline
from hinge_imu.protocols.progress import Progress
from hinge_imu.protocols.protocol import find
from hinge_imu.simulate import drills, fast


@pytest.fixture
def followed():
    """Follow a drill as live does, a fifth of a second at a time; return what was shown, and when it was over."""

    def follow(name, fault=None, more_s=6.0, seed=2):
        rng = np.random.default_rng(seed)
        drill = drills.drill(rng, name, fault)
        lifter = drills.Lifter(drill.lifter.script, rng, 0.15, drill.lifter.body)
        object.__setattr__(lifter.script, "duration_s", lifter.script.duration_s + more_s)
        header, raw = fast.recorded(lifter, rng, exercise=find(name).exercise)
        header = msgspec.structs.replace(header, profile=find(name).profile)
        progress, shown, over = Progress(find(name)), [], None

        def watch(angles):
            progress.push(angles)
            shown.append((progress.step and progress.step.kind, progress.done, state(progress)))

        pipeline = Pipeline(header, watch)
        for number, block in enumerate(np.array_split(raw, len(raw) // 40)):
            for event in pipeline.push(block):
                progress.hear(event)
            if progress.over:
                over = number * 0.2
                break
        return shown, over, lifter.script.duration_s - more_s

    return follow


@pytest.mark.parametrize("name", ["wall", "flexibility", "kneeling", "single_leg", "cat_cow", "plank"])
def test_a_drill_that_is_done_ends_by_itself_soon_after_and_not_before(followed, name):
    shown, over, last_s = followed(name)
    kinds = [kind for kind, *_ in shown]
    in_order = [kind for place, kind in enumerate(kinds) if kind != kinds[place - 1] or not place]
    assert over is not None
    assert last_s - 3.5 < over < last_s + 4.0
    steps = [step.kind for step in find(name).steps]
    # Steps of a kind that follow each other are shown one after the other.
    assert [kind for kind in in_order if kind is not None] == [
        kind for place, kind in enumerate(steps) if not place or kind != steps[place - 1]
    ]


def test_reps_are_counted_as_they_are_done(followed):
    shown, *_ = followed("dowel")
    counts = [done for kind, done, _ in shown if kind == "reps"]
    assert sorted(set(counts)) == [0, 1, 2, 3, 4]
    assert counts == sorted(counts)
    assert any(text.startswith("3 / 5  a slow hinge") for *_, text in shown)


def test_both_legs_are_counted_from_nought(followed):
    shown, *_ = followed("single_leg")
    assert [text for *_, text in shown if text.startswith("0 / 5  rest for 12 seconds, then on the left leg")]
    assert [text for *_, text in shown if text.startswith("0 / 5  rest for 12 seconds, then the same on the right")]


def test_a_hold_counts_its_seconds_and_one_that_is_given_up_does_not_end_the_drill(followed):
    shown, over, _ = followed("plank", "short")
    assert over is None
    assert max(done for kind, done, _ in shown if kind == "hold") == pytest.approx(19, abs=1.5)
