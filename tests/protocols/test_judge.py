from dataclasses import replace

import msgspec
import numpy as np
import pytest

from hinge_imu.events import RepEvent, SensorEvent
from hinge_imu.protocols.judge import judge
from hinge_imu.protocols.protocol import find, protocols
from hinge_imu.protocols.seen import Seen
from hinge_imu.samples import Header
from hinge_imu.simulate import drills, repertoire
from hinge_imu.simulate.drills import DRILLS

FAULTS = drills.faults()
HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0)


def test_every_drill_can_be_simulated_and_every_simulated_one_be_judged():
    assert DRILLS.keys() == protocols().keys()


@pytest.mark.parametrize("name", DRILLS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_drill_done_well_is_passed(done, name, seed):
    done_well = done(name, seed=seed)
    assert done_well.verdict.verdict == done_well.drill.verdict == "passed"
    assert not {finding.grade for finding in done_well.verdict.findings} - {"good", "told"}


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_drill_done_badly_gets_the_verdict_that_its_truth_calls_for(done, name, fault):
    badly = done(name, fault, seed=3)
    assert badly.verdict.verdict == badly.drill.verdict
    assert {finding.grade for finding in badly.verdict.findings} & {"practise", "watch", "unsure"}


GRADED = [
    ("dowel", "rounding"),
    ("dowel", "arching"),
    ("self_assessment", "early_rounding"),
    ("wall", "rounding"),
    ("wall", "uneven_depth"),
    ("flexibility", "limited"),
    ("toe_touch", "slow_down"),
    ("toe_touch", "long_pause"),
    ("single_leg", "not_square_left"),
    ("single_leg", "turning_right"),
    ("plank", "sagging"),
    ("hamstring_stretch", "rounding"),
]


@pytest.mark.parametrize(("name", "fault"), GRADED)
@pytest.mark.parametrize("share", [0.35, -0.35])
def test_a_third_of_the_usual_fault_beyond_a_limit_is_to_be_practised_and_as_much_inside_is_not(
    done, name, fault, share
):
    beyond = DRILLS[name].faults[fault].typical * share
    near = done(name, fault, beyond, seed=4)
    assert near.verdict.verdict == near.drill.verdict == ("practise" if share > 0 else "passed")


def test_contact_is_what_the_true_spine_says(done):
    bent = done("dowel", "rounding", seed=5)
    for mark in bent.verdict.reps:
        t = np.arange(mark.start_s, mark.end_s, 0.01)
        pelvis, thorax = bent.drill.lifter.inclinations(t)
        stood = np.subtract(*bent.drill.lifter.inclinations(np.arange(0.2, 1.2, 0.01))[::-1]).mean()
        spine = thorax - pelvis - stood
        rounded, contact, lost = mark.findings
        assert rounded.name == "rounded_rep"
        assert rounded.value == pytest.approx(spine.max(), abs=1.0)
        assert contact.value == pytest.approx(100 * np.mean(np.abs(spine) <= 10), abs=6)
        assert lost.value == pytest.approx(pelvis[np.argmax(spine > 10)], abs=3.0)


@pytest.mark.parametrize(
    ("fault", "advice", "lost"),
    [
        ("early_rounding", "brace_first", "lost_early"),
        ("late_rounding", "hips_back_and_depth", "lost_late"),
        ("rounding", "slower_and_shorter", "lost_middle"),
        ("arching", "ribs_down", "lost_arched"),
    ],
)
def test_what_to_practise_next_follows_from_how_contact_was_lost(done, fault, advice, lost):
    bad = done("self_assessment", fault, seed=6)
    assert bad.verdict.practise[0].name == advice
    assert {mark.findings[-1].name for mark in bad.verdict.reps} == {lost}


def test_a_back_that_holds_leaves_nothing_to_practise(done):
    assert done("self_assessment", seed=6).verdict.practise == ()


def test_taps_are_felt_where_there_was_a_wall_and_their_absence_is_no_fault(done):
    touched, missed = done("wall", seed=1).finding("taps"), done("wall", "no_tap", seed=3).finding("taps")
    assert (touched.value, touched.grade) == (6, "good")
    assert (missed.value, missed.grade) == (0, "watch")


def test_a_touch_too_light_to_tell_is_unsure_and_no_fault(looked_at):
    rng = np.random.default_rng(8)
    stage = drills.Stage(rng, 2.0)
    drills._wall(stage, taps=0.045)
    seen = looked_at(drills.Lifter(stage.script(2.0), rng, 0.15), find("wall"))
    verdict = judge(find("wall"), seen)
    assert {rep.findings[0].name for rep in verdict.reps} == {"tap_unsure"}
    assert verdict.verdict == "passed"


def test_all_fifteen_toe_touches_are_counted_and_each_digit_is_graded_by_itself(done):
    for fault, kept in ((None, (100, 100)), ("slow_down", (0, 100)), ("long_pause", (100, 0))):
        touches = done("toe_touch", fault, seed=9)
        assert touches.finding("toe_touches").value == len(touches.verdict.reps) == 15
        assert (touches.finding("eccentric_s").value, touches.finding("bottom_pause_s").value) == kept


def test_the_digit_of_each_toe_touch_is_its_true_time(done):
    touches = done("toe_touch", seed=9)
    for mark, rep in zip(touches.verdict.reps, touches.seen.reps, strict=True):
        digits = {finding.name: finding for finding in mark.findings}
        assert digits["eccentric_s_rep"].value == rep.eccentric_s == pytest.approx(1.0, abs=0.12)
        assert digits["bottom_pause_s_rep"].value == pytest.approx(1.0, abs=0.12)
        assert digits["eccentric_s_rep"].limit == 1.0
        # As fast as one likes is not judged by its time.
        assert (digits["concentric_s_rep"].grade, digits["concentric_s_rep"].limit) == ("told", None)


def test_toe_touches_without_standing_up_between_them_are_counted_and_timed_all_the_same(looked_at):
    rng = np.random.default_rng(0)
    lifter = repertoire.session(rng, "toe_touch", reps=15, tempo=(1.0, 1.0, 1.0, 0.0), with_distractors=False)
    verdict = judge(find("toe_touch"), looked_at(lifter, find("toe_touch")))
    assert verdict.verdict == "passed"
    assert len(verdict.reps) == 15


def test_a_bottom_that_changes_over_the_fifteen_is_said_and_one_that_does_not_is_steady(done):
    sinking = done("toe_touch", "sinking", seed=9).finding("thorax_trend")
    assert sinking.value == pytest.approx(16.0, abs=4.0)
    assert abs(done("toe_touch", seed=9).finding("thorax_trend_steady").value) < 4.0


@pytest.mark.parametrize(("hips", "grade"), [(46.0, "practise"), (55.0, "watch"), (64.0, "good")])
def test_the_flexibility_screen_tells_limited_from_borderline_from_fine(looked_at, hips, grade):
    rng = np.random.default_rng(3)
    stage = drills.Stage(rng, 2.0)
    drills._bends(stage, hips)
    verdict = judge(find("flexibility"), looked_at(drills.Lifter(stage.script(2.0), rng, 0.15), find("flexibility")))
    first = verdict.findings[0]
    assert first.grade == grade
    assert first.value == pytest.approx(hips, abs=2.0)


@pytest.mark.parametrize("pattern", ["flexibility", "control"])
def test_kneeling_tells_length_from_control(done, pattern):
    assert done("kneeling", pattern, seed=3).finding(pattern).grade == "practise"


@pytest.mark.parametrize(("kneeling", "pattern"), [(4.0, "flexibility"), (28.0, "control")])
def test_standing_and_kneeling_may_be_two_recordings(looked_at, kneeling, pattern):
    def five(exercise, spine, late):
        rng = np.random.default_rng(2)
        stage = drills.Stage(rng, 2.0)
        drills.standing_set(stage, drills._reps(stage, exercise, 5, spine_deg=spine, late=late, depth_deg=65.0), 1)
        return looked_at(drills.Lifter(stage.script(2.0), rng, 0.15), find("kneeling"))

    verdict = judge(find("kneeling"), five("kneeling", kneeling, -2), standing=five("hinge", 28.0, -2))
    assert pattern in {finding.name for finding in verdict.findings}


def test_each_leg_is_told_by_itself_also_where_the_first_always_tips_the_same_way(done):
    crooked = done("single_leg", "not_square_left", seed=3)
    left, right = crooked.finding("square", "left"), crooked.finding("square", "right")
    assert left.value == pytest.approx(21.0, abs=2.0)
    assert right.value < 6.0
    assert [advice.name for advice in crooked.verdict.practise] == ["square_left"]


def test_without_hinges_on_both_feet_the_single_leg_drill_says_what_may_not_show(looked_at):
    rng = np.random.default_rng(3)
    stage = drills.Stage(rng, 2.0)
    for number in (1, 2):
        drills.standing_set(stage, drills._reps(stage, "single_leg", 5, side_deg=2.0, turn_deg=1.0), number)
        drills.rest(stage, drills.CHANGE_OVER_S)
    verdict = judge(find("single_leg"), looked_at(drills.Lifter(stage.script(), rng, 0.15), find("single_leg")))
    assert verdict.findings[0].name == "no_hinges"
    assert verdict.verdict == "passed"


def test_a_side_that_goes_less_deep_is_said_in_percent_of_both(done):
    uneven = done("single_leg", "less_deep_right", seed=3)
    deep = {name: [m for m in uneven.verdict.reps if m.step == name] for name in ("left", "right")}
    reps = {rep.id: rep for rep in uneven.seen.reps}
    left, right = (np.median([reps[mark.rep_id].pelvis_rom_deg for mark in deep[name]]) for name in deep)
    assert uneven.finding("asymmetry").value == pytest.approx(100 * (left - right) / ((left + right) / 2), abs=0.1)


def test_one_set_for_two_legs_is_not_judged(looked_at):
    rng = np.random.default_rng(3)
    lifter = repertoire.session(rng, "single_leg", reps=7, with_distractors=False)
    verdict = judge(find("single_leg"), looked_at(lifter, find("single_leg")))
    assert (verdict.verdict, verdict.findings[0].name) == ("unsure", "which_is_which")


def test_the_range_on_all_fours_is_the_true_one(done):
    fours = done("cat_cow", seed=2)
    assert fours.finding("flexion").value == pytest.approx(40, abs=2)
    assert fours.finding("extension").value == pytest.approx(-25, abs=2)
    assert fours.verdict.practise[0].name == "store_it"


def test_a_plank_is_timed_and_its_first_sag_found(done):
    held = done("plank", seed=1).finding("held")
    # It takes some of the way down and up until a trunk counts as level.
    assert held.value == pytest.approx(34 + 1.0, abs=1.0)
    sag = done("plank", "sagging", seed=3)
    assert sag.finding("sagged").value == pytest.approx(-16.0, abs=1.5)
    assert 34 / 3 < sag.finding("first_sag").value < 34 / 3 + 4.5


@pytest.mark.parametrize(("hole_s", "held"), [(0.6, 35.3), (1.5, 23.6)])
def test_a_short_hole_does_not_end_a_hold_and_a_long_one_does(done, hole_s, held):
    seen = done("plank", seed=1).seen
    began = seen.all.t[np.argmax(seen.all.thorax > 78)] + 10
    gone = (seen.all.t > began) & (seen.all.t < began + hole_s)
    thorax = np.where(gone, np.nan, seen.all.thorax)
    holed = replace(seen, all=seen.all._replace(thorax=thorax, spine=thorax - seen.all.pelvis))
    assert judge(find("plank"), holed).findings[0].value == pytest.approx(held, abs=1.0)


@pytest.mark.parametrize("fault", [None, "rounding"])
def test_short_holes_of_a_recording_leave_a_drill_its_verdict(looked_at, fault):
    drill = drills.drill(np.random.default_rng(3), "dowel", fault)
    whole, holed = (looked_at(drill.lifter, find("dowel"), 3, lost=lost) for lost in (0.0, 0.01))
    assert any(rep.out_of_neutral_share is None for rep in holed.reps)  # there are holes in the reps
    one, other = (judge(find("dowel"), seen) for seen in (whole, holed))
    assert one.verdict == other.verdict == drill.verdict
    for before, after in zip(whole.reps, holed.reps, strict=True):
        for name in ("pelvis_bottom_deg", "thorax_bottom_deg", "spine_flexion_peak_deg", "pelvis_rom_deg"):
            assert getattr(after, name) == pytest.approx(getattr(before, name), abs=1.5)
        assert after.spine_share == pytest.approx(before.spine_share, abs=0.03)
        assert after.neutral_depth_deg == pytest.approx(before.neutral_depth_deg, abs=4.0)


def test_a_plank_that_sags_only_after_what_was_asked_for_is_passed(looked_at):
    rng = np.random.default_rng(2)
    stage = drills.Stage(rng, 2.0)
    drills._plank(stage, 105.0, 16.0)  # sags a third of the time into it
    verdict = judge(find("plank"), looked_at(drills.Lifter(stage.script(2.0), rng, 0.15), find("plank")))
    sag = {finding.name: finding for finding in verdict.findings}
    assert sag["sagged"].grade == "watch"
    assert sag["first_sag"].value > 35
    assert verdict.verdict == "passed"


def test_too_few_reps_are_too_few_to_judge(looked_at):
    lifter = repertoire.session(np.random.default_rng(1), "dowel", reps=2, with_distractors=False)
    verdict = judge(find("dowel"), looked_at(lifter, find("dowel")))
    assert (verdict.verdict, verdict.findings[0].name, verdict.findings[0].value) == ("unsure", "too_few", 2)


def test_somewhat_fewer_reps_are_judged_and_said(looked_at):
    lifter = repertoire.session(np.random.default_rng(1), "dowel", reps=4, with_distractors=False)
    verdict = judge(find("dowel"), looked_at(lifter, find("dowel")))
    assert (verdict.verdict, verdict.findings[0].name, verdict.findings[0].grade) == ("passed", "fewer", "watch")


def test_one_sensor_alone_judges_nothing(done):
    alone = done("dowel", worn=("thorax",))
    assert (alone.verdict.verdict, alone.names) == ("unsure", {"one_sensor"})


def test_a_strap_that_slips_while_reps_are_done_leaves_no_verdict_on_the_back(done):
    seen = done("dowel").seen
    between = seen.reps[2].start_s
    for at_s, verdict in ((between, "unsure"), (0.5, "passed"), (seen.reps[-1].end_s + 2.0, "passed")):
        event = SensorEvent(segment="thorax", what="slipped", at_s=at_s)
        slipped = replace(seen, slips_s=Seen.of(HEADER, [event], []).slips_s)
        assert judge(find("dowel"), slipped).verdict == verdict
    assert judge(find("dowel"), replace(seen, slips_s=(between,))).findings[0].name == "slipped"


def test_a_strap_that_slips_leaves_no_verdict_on_a_hold(done):
    assert judge(find("plank"), replace(done("plank").seen, slips_s=(30.0,))).findings[0].name == "slipped"


def test_nobody_who_never_stood_is_judged():
    assert judge(find("dowel"), Seen.of(HEADER, [], [])).findings[0].name == "never_stood"


def test_reps_that_were_taken_back_count_for_nothing(done):
    seen = done("dowel").seen
    taken = [msgspec.structs.replace(rep, status="retracted", revision=9) for rep in seen.reps[:1]]
    again = Seen.of(seen.header, [*seen.reps, *taken], [])
    assert [rep.id for rep in again.reps] == [rep.id for rep in seen.reps[1:]]
    assert all(isinstance(rep, RepEvent) for rep in again.reps)


@pytest.mark.parametrize("name", ["dowel", "single_leg", "plank"])
def test_however_the_stream_is_cut_the_verdict_is_the_same(looked_at, name):
    drill = drills.drill(np.random.default_rng(5), name)
    whole, cut = (
        msgspec.to_builtins(judge(find(name), looked_at(drill.lifter, find(name), 5, cuts=cuts))) for cuts in (1, 57)
    )
    assert [f["name"] for f in whole["findings"]] == [f["name"] for f in cut["findings"]]
    for one, other in zip(whole["findings"], cut["findings"], strict=True):
        assert one["value"] == pytest.approx(other["value"], abs=1e-6)
