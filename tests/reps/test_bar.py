"""Which ways up were made with the load: on what perfect boards would see."""

import pytest
from lifts import hinge, pull, standing, swing

from hinge_imu.profiles import built_in
from hinge_imu.reps.judge import judge
from hinge_imu.reps.verdicts import Context
from hinge_imu.simulate.distractors import walk
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, swing_set

SEEDS = range(3)


def test_a_back_that_is_straightened_before_a_pull_ends_no_set(judged):
    """Every other pull is made with a round back, and the next begins by mending that: no bar has been let go."""
    pulls = [pull(), Rep(65.0, 45.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))] * 2
    verdicts = judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift")
    assert verdicts[:4] == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_last_pull_that_is_much_slower_than_the_one_before_is_a_pull(judged, seed):
    """Who lets the bar go after it never stood up with empty hands."""
    double = [pull(up=1.3), pull(up=2.4)]
    verdicts = judged(lambda stage: floor_set(stage, double, 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_jolt_at_lockout_says_that_the_bar_was_pulled_however_the_back_gave_way(judged, seed):
    last = pull(up=1.1, load_deg=12.0)
    verdicts = judged(lambda stage: floor_set(stage, [pull(), last], 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "last"), [("deadlift", "rep"), ("kettlebell_deadlift", "unloaded")])
def test_nobody_drops_a_bell_that_hangs_between_the_feet(judged, exercise, last, seed):
    """The last way up is as the pulls were, and whoever made it turns away at once: nothing else shows what it was."""
    pulls = standing(*[hinge(65.0, 25.0, thigh_deg=25.0, shank_deg=8.0, bottom=1.2, top=0.3) for _ in range(4)])
    assert judged(pulls, walk, exercise=exercise, seed=seed)[3] == last


@pytest.mark.parametrize("seed", SEEDS)
def test_a_back_that_comes_up_from_an_arch_has_not_given_way(judged, staged, bends_of, seed):
    arched = Rep(65.0, -18.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))
    pulls = [pull(), arched, pull(), arched]
    verdicts = judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift", seed=seed)
    assert verdicts[:4] == ["rep"] * 4
    bends = bends_of(staged(lambda stage: floor_set(stage, pulls, 1), seed=seed))
    assert all(bend.pulled.gives_deg < 3.0 for bend in bends[:4])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_goes_on_after_the_bar_was_let_go_and_gripped_anew(judged, seed):
    def clusters(stage):
        floor_set(stage, [pull(), pull(), pull()], 1)
        stage.hold(2.5)
        floor_set(stage, [pull(), pull()], 1)

    verdicts = judged(clusters, exercise="deadlift", seed=seed)
    assert verdicts == [*["rep"] * 3, "unloaded", *["rep"] * 2, "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_picked_up_after_the_standing_up_is_no_lowering(judged, seed):
    thing = standing(Rep(76.0, 25.0, 0.7, 0.3, 1.3, 1.0, Manner(thigh_deg=25.0, shank_deg=8.0)))
    verdicts = judged(lambda stage: floor_set(stage, [pull()] * 3, 1), thing, exercise="deadlift", seed=seed)
    assert verdicts[:3] == ["rep"] * 3
    assert "rep" not in verdicts[3:]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 5])
def test_standing_up_with_empty_hands_is_no_heavy_pull(judged, seed, count):
    scene = [pull(up=2.8) for _ in range(count)]
    verdicts = judged(lambda stage: floor_set(stage, scene, 1), exercise="deadlift", seed=seed)
    assert verdicts == [*["rep"] * count, "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_drops_the_bar_has_pulled_it(judged, seed):
    scene = [pull() for _ in range(4)]
    verdicts = judged(lambda stage: floor_set(stage, scene, 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep"] * 4


def test_while_a_set_from_the_floor_goes_on_its_last_way_up_is_a_pull(judged):
    scene = [pull() for _ in range(3)]
    assert judged(lambda stage: floor_set(stage, scene, 1), exercise="deadlift", over=False) == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [3, 8])
def test_a_bell_that_is_parked_is_swung_no_more(judged, seed, count):
    swings = [swing() for _ in range(count)]
    verdicts = judged(lambda stage: swing_set(stage, swings, 1), exercise="swing", seed=seed)
    assert verdicts[:-1] == ["rep"] * count
    assert verdicts[-1] in {"unloaded", "other"}


@pytest.mark.parametrize("seed", SEEDS)
def test_who_rests_on_the_floor_in_every_other_pull_has_not_let_go(judged, seed):
    pulls = [Rep(65.0, 25.0, 1.5, rest, 1.6, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0)) for rest in (0.6, 3.5) * 2]
    assert judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift", seed=seed)[:4] == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_the_standing_up_is_told_from_the_pulls_however_quick_it_is(judged, seed):
    """It takes none of them away, as another movement would that came after one."""
    pulls = [pull(up=up, **manner) for up, manner in ((1.9, {}), (2.5, {"load_deg": -20.0}), (2.9, {}))]
    verdicts = judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift", seed=seed)
    assert verdicts == [*["rep"] * 3, "unloaded"]


@pytest.mark.parametrize(("jolt", "last"), [(0.1, "unloaded"), (0.32, "rep")])
def test_a_soft_jolt_says_a_little(staged, bends_of, jolt, last):
    pulls = [pull(up=1.3), pull(up=1.5)]
    bends = [bend.pulled for bend in bends_of(staged(lambda stage: floor_set(stage, pulls, 1, "dropped")))]
    vars(bends[-1]).update(jolt_m_s2=jolt, gives_deg=bends[0].gives_deg + 5.0)
    context = Context([(False, False)] * 2, begins=True, over=True)
    assert judge(bends, built_in()["deadlift"], context) == ["rep", last]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("held_s", "verdict"), [(0.6, "small"), (2.0, "rep")])
def test_a_pull_that_is_given_up_half_way_is_none_and_one_that_is_held_there_is(judged, seed, held_s, verdict):
    legs = {"thigh_deg": 25.0, "shank_deg": 8.0}
    stuck = Rep(65.0, 25.0, 1.5, 1.2, 1.4, held_s, Manner(top_lean_deg=26.0, **legs))
    verdicts = judged(
        lambda stage: floor_set(stage, [pull(), pull(), stuck, pull()], 1), exercise="deadlift", seed=seed
    )
    assert verdicts == ["rep", "rep", verdict, "rep", "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_swings_with_a_fault_in_every_other_are_swings(judged, seed):
    rounded = Rep(68.0, 52.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0))
    verdicts = judged(lambda stage: swing_set(stage, [swing(), rounded], 1), exercise="swing", seed=seed)
    assert verdicts[:2] == ["rep", "rep"]


@pytest.mark.parametrize(("exercise", "verdict"), [("deadlift", "rep"), ("hinge", "lay")])
def test_who_is_stuck_on_the_way_up_leans_far_and_does_not_lie(staged, bends_of, exercise, verdict):
    stuck, *_ = bends_of(staged(lambda stage: floor_set(stage, [pull(), pull()], 1)))
    vars(stuck)["leant_deg"] = 45.0
    context = Context([(False, False)], begins=True, over=False)
    assert judge([stuck], built_in()[exercise], context) == [verdict]
