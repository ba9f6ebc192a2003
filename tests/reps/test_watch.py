"""What is said in mid-rep, of angles as a perfect sensor would give them, at 100 Hz."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.events import CueEvent, Fault, FaultEvent, MarkEvent, RepEvent, SetEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.reps.watch import Watch
from hinge_imu.samples import Angles, FrontalAngles, Header, SagittalAngles
from hinge_imu.simulate import repertoire
from hinge_imu.simulate.distractors import DISTRACTORS

RATE = 100.0
PRESSED = MarkEvent(what="start", at_s=0.0)


def header(exercise="hinge", **about):
    return Header(session_id="monday", unit="SI", clock="timed", rate_hz=RATE, exercise=exercise, **about)


def ramps(*points):
    """Join (s, deg) with straight lines."""
    t, value = np.transpose(points)
    return np.interp(np.arange(0, t[-1], 1 / RATE), t, value)


@pytest.fixture
def watched(square):
    """Watch angles in deg from a press of the button on; return what is said of faults that are not yet serious."""

    def run(
        thorax,
        spine,
        exercise="hinge",
        *,
        marks=(PRESSED,),
        cuts=(),
        tilt=None,
        turn=None,
        serious=False,
        heave=0,
        reps=(),
    ):
        t_ns = np.rint(np.arange(len(thorax)) / RATE * 1e9).astype(np.int64)
        thorax, spine = np.radians(thorax), np.radians(spine)
        angles, poses = square(SagittalAngles(t_ns, thorax - spine, thorax, spine))
        poses.acc[..., 1] += np.reshape(heave, (-1, 1))
        aside = [np.zeros(len(thorax)) if each is None else np.radians(each) for each in (tilt, turn)]
        angles = Angles(angles.sagittal, FrontalAngles(t_ns, *(np.stack([each, each], axis=1) for each in aside)))
        watch = Watch(header(exercise))
        for mark in marks:
            watch.mark(mark, [])
        said = []
        for start, stop in zip([0, *cuts], [*cuts, len(t_ns)], strict=True):
            piece = Angles(*(type(kind)(*(part[start:stop] for part in kind)) for kind in angles))
            said += [cue for _, cue in watch.push(piece, poses.part(slice(start, stop)), reps)]
        return [cue for cue in said if cue.serious == serious]

    return run


BEND = ramps((0, 0), (1, 0), (3, 60), (4, 60), (6, 0), (8, 0))
TWICE = np.concatenate([BEND, BEND])


LENGTH = len(BEND)


def flexed(samples, by=27.0, start=320, n=LENGTH):
    spine = np.zeros(n)
    spine[start : start + samples] = by
    return spine


def test_a_limit_is_said_with_the_sample_that_makes_it_a_tenth_of_a_second(watched):
    (cue,) = watched(BEND, flexed(10))
    assert (cue.name, cue.limit, cue.unit, cue.rep_id) == ("spine_rounding", 25.0, "deg", None)
    assert cue.value == pytest.approx(27.0)
    assert cue.at_s == cue.said_s == pytest.approx(3.29)


def test_a_shorter_crossing_is_skin_or_strap(watched):
    assert watched(BEND, flexed(9)) == []


def test_what_is_beyond_its_limit_by_a_margin_is_said_once_more_as_serious(watched):
    spine = flexed(10) + flexed(20, 10.0, start=330) + flexed(10, 27.0, start=330)
    first, second = watched(BEND, spine), watched(BEND, spine, serious=True)
    assert [cue.at_s for cue in first] == [pytest.approx(3.29)]
    assert [cue.at_s for cue in second] == [pytest.approx(3.39)]


def test_a_back_that_comes_and_goes_is_said_once_a_bend(watched):
    spine = flexed(15) + flexed(15, start=350) + flexed(15, start=380)
    assert len(watched(BEND, spine)) == 1
    assert len(watched(TWICE, np.concatenate([spine, spine]))) == 2


def test_a_rep_that_ends_short_of_standing_is_one_all_the_same(watched):
    low = ramps((0, 0), (1, 0), (3, 60), (5, 18), (5.5, 18), (7, 60), (9, 0), (10, 0))
    spine = flexed(15, start=300, n=len(low)) + flexed(15, start=700, n=len(low))
    assert len(watched(low, spine)) == 2


def test_an_arch_is_one_only_while_the_trunk_leans(watched):
    arched = np.full(len(BEND), -12.0)
    (cue,) = watched(BEND, arched)
    leans_s = 1 + 25 / 30  # the thorax passes 25 deg
    assert (cue.name, cue.limit) == ("spine_arching", -10.0)
    assert cue.value == pytest.approx(-12.0)
    assert cue.at_s == pytest.approx(leans_s + 0.1, abs=0.011)


def test_a_swing_is_not_told_of_what_a_swing_cannot_have(watched):
    assert watched(BEND, np.full(len(BEND), -12.0), "swing") == []


@pytest.mark.parametrize("axis", ["tilt", "turn"])
def test_hips_that_drop_or_turn_are_not_square(watched, axis):
    aside = 17.0 * (BEND > 50)
    (cue,) = watched(BEND, np.zeros(len(BEND)), **{axis: aside})
    assert (cue.name, cue.value) == ("not_square", pytest.approx(17.0))


def test_a_turn_is_since_the_last_lockout(watched):
    assert watched(BEND, np.zeros(len(BEND)), turn=np.full(len(BEND), 40.0)) == []


def test_who_drops_is_told_on_the_way(watched):
    fast = ramps((0, 0), (1, 0), (1.3, 66), (3, 66), (5, 0))
    (cue,) = watched(fast, np.zeros(len(fast)))
    assert (cue.name, cue.unit) == ("uncontrolled_lowering", "deg/s")
    assert cue.value == pytest.approx(220.0)
    assert 1.0 < cue.at_s < 1.3


def test_under_a_load_from_the_floor_the_back_is_held_against_its_set_up(watched):
    thorax = ramps((0, 0), (1, 0), (3, 80), (5, 80), (7, 0), (8, 0))
    spine = ramps((0, 0), (1, 0), (3, 30), (5, 30), (5.5, 42), (6, 42), (7, 0), (8, 0))
    (cue,) = watched(thorax, spine, "deadlift")
    assert (cue.name, cue.limit) == ("spine_rounding", 10.0)
    assert cue.value == pytest.approx(42 - 30, abs=2)
    assert cue.at_s == pytest.approx(5 + 0.5 * 10 / 12 + 0.1, abs=0.05)


def test_a_back_that_is_set_up_round_and_stays_so_is_left_alone(watched):
    thorax = ramps((0, 0), (1, 0), (3, 80), (5, 80), (7, 0), (8, 0))
    assert watched(thorax, thorax * 0.5, "deadlift") == []


def test_a_pelvis_that_tucks_under_near_the_bottom_is_said_once_the_usual_depth_is_known(square, rep):
    pelvis = ramps((0, 0), (1, 0), (3, 50), (3.5, 40), (4, 40), (6, 0), (7, 0))
    spine = ramps((0, 0), (1, 0), (3, 5), (3.5, 23), (4, 23), (6, 0), (7, 0))
    t_ns = np.rint(np.arange(len(pelvis)) * 1e7).astype(np.int64)
    pelvis, spine = np.radians([pelvis, spine])
    angles, poses = square(SagittalAngles(t_ns, pelvis, pelvis + spine, spine))
    before = msgspec.structs.replace(rep, start_s=-4.0, bottom_s=-2.0, end_s=-0.5, thorax_rom_deg=62.0)
    for reps, names in (([], []), ([before], ["butt_wink"])):
        watch = Watch(header("rdl"))
        watch.mark(PRESSED, [])
        said = watch.push(angles, poses, [(0.0, each) for each in reps])
        assert [cue.name for _, cue in said if not cue.serious] == names


def test_a_sensor_that_is_lost_crosses_nothing(watched):
    spine = flexed(20)
    spine[328] = np.nan
    assert [cue.at_s for cue in watched(BEND, spine)] == [pytest.approx(3.38)]


def test_nobody_is_watched_before_a_set_is_under_way(watched):
    assert watched(BEND, flexed(30), marks=()) == []
    assert watched(BEND, flexed(30), "auto") == []
    assert watched(BEND, flexed(30), marks=[PRESSED, MarkEvent(what="pain", at_s=0.5)]) != []


def test_the_next_exercise_has_limits_of_its_own(watched):
    following = MarkEvent(what="next", at_s=0.0, exercise="deadlift")
    assert watched(BEND, flexed(30)) != []
    assert watched(BEND, flexed(30), marks=[PRESSED, following]) == []


@pytest.mark.parametrize(("drop_m", "told"), [(0.4, False), (0.0, True)])
def test_who_sits_down_is_left_in_peace(watched, drop_m, told):
    """Lean, and let the pelvis roll back, over hips that go down by the length of a thigh, or over such that rest."""
    thorax = ramps((0, 0), (1, 0), (2, 45), (3, 40), (6, 40), (7, 0), (8, 0))
    spine = ramps((0, 0), (1, 0), (2, 10), (3, 45), (6, 45), (7, 0), (8, 0))
    t = np.arange(len(thorax)) / RATE
    heave = -drop_m * 2 * np.pi * np.sin(2 * np.pi * (t - 2)) * ((t > 2) & (t < 3))  # from rest to rest in a second
    assert (watched(thorax, spine, heave=heave) != []) == told


@pytest.fixture
def after_a_rep(watched, rep):
    """Watch a bend that a good rep came before, which went down at 30 deg/s."""

    def run(bend, spine, **more):
        first = msgspec.structs.replace(
            rep, revision=1, start_s=1.0, bottom_s=3.0, end_s=6.0, faults=(), thorax_rom_deg=60.0
        )
        thorax = np.concatenate([BEND, bend])
        return watched(thorax, np.concatenate([0 * BEND, spine]), marks=(), reps=[(6.5, first)], **more)

    return run


@pytest.mark.parametrize(("deg", "told"), [(10.0, True), (60.0, False)])
def test_who_has_turned_away_since_the_last_lockout_is_left_in_peace(after_a_rep, deg, told):
    turn = np.repeat([0.0, deg], LENGTH)
    assert (after_a_rep(BEND, flexed(15), turn=turn) != []) == told


@pytest.mark.parametrize(("down_s", "told"), [(1.5, True), (0.5, False)])
def test_who_hurries_down_with_another_back_does_something_else(after_a_rep, down_s, told):
    hasty = ramps((0, 0), (3 - down_s, 0), (3, 60), (4, 60), (6, 0), (8, 0))
    assert (after_a_rep(hasty, flexed(15)) != []) == told


def test_who_only_hurries_is_told_to_be_slower(after_a_rep):
    fast = ramps((0, 0), (1, 0), (1.3, 66), (3, 66), (5, 0), (8, 0))
    assert [cue.name for cue in after_a_rep(fast, 0 * fast)] == ["uncontrolled_lowering"]


def test_a_longer_rest_than_that_of_a_set_ends_what_a_lone_bend_has_begun(after_a_rep):
    for more, told in ((100, True), (300, False)):  # samples; without them it leans by 20 deg 3.7 s after the lockout
        late = np.concatenate([np.zeros(more), BEND])
        assert (after_a_rep(late, flexed(15, start=320 + more, n=len(late))) != []) == told


@given(cuts=st.lists(st.integers(1, len(TWICE) - 1), max_size=30, unique=True))
@settings(deadline=None, max_examples=30)
def test_however_the_angles_are_cut_the_same_is_said(watched_once, cuts):
    whole, cut = watched_once(()), watched_once(sorted(cuts))
    assert [(cue.name, cue.at_s, cue.serious) for cue in cut] == [(cue.name, cue.at_s, cue.serious) for cue in whole]
    assert [cue.value for cue in cut] == pytest.approx([cue.value for cue in whole], abs=1e-9)


@pytest.fixture(scope="module")
def watched_once(square):
    """Two pulls, the first with a back that gives way and a hip that drops."""
    pelvis = ramps((0, 0), (1, 0), (3, 50), (5, 50), (7, 0), (8, 0))
    spine = ramps((0, 0), (1, 0), (3, 30), (5, 30), (5.5, 42), (6, 47), (7, 0), (8, 0))
    pelvis, spine = (np.radians(np.concatenate([each, each])) for each in (pelvis, spine))
    t_ns = np.rint(np.arange(len(pelvis)) * 1e7).astype(np.int64)
    aside = np.repeat(np.where(np.degrees(pelvis) > 45, np.radians(18.0), 0.0)[:, None], 2, axis=1)
    angles = SagittalAngles(t_ns, pelvis, pelvis + spine, spine), FrontalAngles(t_ns, aside, 0 * aside)
    _, poses = square(angles[0])
    poses.acc[..., 1] += np.sin(np.arange(len(t_ns)) / RATE)[:, None]

    def run(cuts):
        watch, said = Watch(header("deadlift")), []
        watch.mark(PRESSED, [])
        for start, stop in zip([0, *cuts], [*cuts, len(t_ns)], strict=True):
            piece = Angles(*(type(kind)(*(part[start:stop] for part in kind)) for kind in angles))
            said += [cue for _, cue in watch.push(piece, poses.part(slice(start, stop)), [])]
        return said

    return run


def cues_of(said):
    return [event for event in said.of(CueEvent) if not event.serious or event.rep_id is not None]


@pytest.fixture(scope="module")
def session(with_errors):
    """A set of six, every other one with a fault, by a strap with the errors of real parts."""

    def make(exercise, fault):
        rng = np.random.default_rng(3)
        lifter = repertoire.session(rng, exercise, reps=6, fault=fault, with_distractors=False)
        return with_errors(lifter, exercise)

    return make


FAULTS = [
    ("hinge", "spine_rounding"),
    ("deadlift", "spine_rounding"),
    ("swing", "spine_rounding"),
    ("rdl", "spine_arching"),
    ("single_leg", "not_square"),
    ("hinge", "butt_wink"),
    ("hinge", "uncontrolled_lowering"),
]


@pytest.mark.parametrize(("exercise", "fault"), FAULTS)
def test_every_rep_with_a_fault_is_told_before_it_is_over_and_the_others_are_not(session, replayed, exercise, fault):
    said = replayed(session(exercise, fault))
    cues = [cue for cue in cues_of(said) if cue.name == fault]
    for wrong in said.reps[1:6:2]:
        # From the floor, the lowering before the pull counts as well.
        assert any(wrong.start_s - 4 < cue.said_s < wrong.end_s for cue in cues)
    for right in said.reps[2:6:2]:
        assert not any(right.start_s < cue.said_s < right.end_s for cue in cues)


@pytest.mark.parametrize("size", [1, 7, 40])
@pytest.mark.parametrize("exercise", ["hinge", "deadlift"])
def test_whole_and_in_pieces_the_session_has_the_same_cues(session, replayed, agree, exercise, size):
    recorded = session(exercise, "spine_rounding")
    if size == 1:  # a sample at a time takes its time: the first 25 s
        recorded = recorded._replace(raw=recorded.raw[: round(50 * RATE)])
    whole, cut = replayed(recorded), replayed(recorded, range(size, len(recorded.raw), size))
    assert cues_of(whole) != []
    agree(cut.of(CueEvent), whole.of(CueEvent))


@pytest.mark.parametrize("exercise", ["auto", "hinge", "rdl"])
@pytest.mark.parametrize("name", sorted(DISTRACTORS))
def test_what_people_do_besides_lifting_is_left_in_peace(staged, with_errors, replayed, name, exercise):
    for seed in range(3):
        said = replayed(with_errors(staged(DISTRACTORS[name], seed=seed), exercise, seed=seed))
        assert said.of(CueEvent) == [], seed


@pytest.fixture
def heard(square):
    """Say (s, event) to a watch that sees nothing else; return the cues that come of them."""
    nothing = SagittalAngles(np.empty(0, np.int64), *np.empty((3, 0)))

    def hear(watch, *said):
        return [cue for _, cue in watch.push(*square(nothing), said)]

    return hear


def incomplete(rep_id):
    return FaultEvent(
        rep_id=rep_id, name="incomplete_lockout", value=12.0, limit=8.0, unit="deg", at_s=16.5, confidence=0.9
    )


def test_a_fault_that_shows_in_the_whole_rep_is_said_with_it_once(rep, heard):
    watch, fault = Watch(header("rdl")), incomplete("2")
    first = msgspec.structs.replace(rep, id="1", end_s=10.0)
    second = msgspec.structs.replace(rep, id="2")
    assert heard(watch, (16.6, second), (16.6, fault)) == []  # a lone bend may have been anything
    (cue,) = heard(watch, (16.7, first), (16.7, fault))
    assert (cue.said_s, cue.rep_id, cue.serious) == (16.7, "2", False)
    assert heard(watch, (26.0, fault)) == []  # by then it belongs to the set
    set_over = SetEvent(id="set", set=1, exercise="rdl", reps=2, start_s=5.0, end_s=16.4)
    assert heard(watch, (17.0, set_over), (17.0, fault)) == []


def done(rep, number, *names):
    """Return a rep (8 s each) that went wrong in so many ways, and what is said of each."""
    start_s = 8.0 * number
    faults = [Fault(name=name, value=2.0, limit=1.0, unit="deg", at_s=start_s, confidence=0.9) for name in names]
    event = msgspec.structs.replace(
        rep, id=str(number), start_s=start_s, bottom_s=start_s + 3, end_s=start_s + 6, faults=tuple(faults)
    )
    said = [event, *(FaultEvent(rep_id=event.id, **msgspec.structs.asdict(fault)) for fault in faults)]
    return [(event.end_s, each) for each in said]


def test_what_is_wrong_in_two_ways_at_once_is_another_movement_unless_the_others_are_like_it(rep, heard):
    both = "spine_rounding", "not_square"
    for before, names in ([], []), (["spine_rounding"], [*both]), (["spine_arching"], [*both]), (["off_tempo"], []):
        cues = heard(Watch(header("rdl")), *done(rep, 1, *before), *done(rep, 2, *both))
        assert [cue.name for cue in cues] == names


def test_who_only_squats_has_not_begun_to_lift_and_who_goes_on_like_that_does(rep, heard):
    low = [done(rep, number, "squat_pattern") for number in (2, 3)]
    for first, told in (("off_tempo",), [True, True]), (("squat_pattern",), [False, True]):
        watch = Watch(header("deadlift"))
        heard(watch, *done(rep, 1, *first))
        assert [heard(watch, *each) != [] for each in low] == told


def test_a_press_between_two_reps_makes_them_two_sets(lifting, hinge, evenly):
    recorded = evenly(lifting(hinge(), hinge(), hinge(), hinge()))
    pipeline = Pipeline(recorded.header)
    rest = 2 * round(10.5 * RATE)
    said = pipeline.push(recorded.raw[:rest])
    said += pipeline.push(MarkEvent(what="next", at_s=10.5, exercise="rdl"))
    said += pipeline.push(recorded.raw[rest:]) + pipeline.finish()
    assert [(event.set, event.exercise) for event in said if isinstance(event, SetEvent)] == [(1, "hinge"), (2, "rdl")]
    assert [event.what for event in said if isinstance(event, MarkEvent)] == ["next"]
    final = {event.id: event for event in said if isinstance(event, RepEvent)}
    assert len(final) == 4


def test_pain_is_written_down_and_changes_nothing_else(lifting, hinge, evenly, replayed, agree):
    recorded = evenly(lifting(hinge(), hinge()))
    marked = recorded._replace(remarks={600: MarkEvent(what="pain", at_s=3.0)})
    events = replayed(marked).events
    assert [event for event in events if isinstance(event, MarkEvent)] == [MarkEvent(what="pain", at_s=3.0)]
    agree([event for event in events if not isinstance(event, MarkEvent)], replayed(recorded).events)
