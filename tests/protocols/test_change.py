import pytest

from hinge_imu.protocols.change import changes
from hinge_imu.verdict import DrillEvent, DrillFinding


def verdict(*findings):
    return DrillEvent(
        id="a", drill="dowel", athlete=None, verdict="passed", findings=findings, reps=(), practise=(), unseen=()
    )


def finding(name, value, unit="deg", step=None):
    return DrillFinding(name=name, grade="told", value=value, unit=unit, step=step)


@pytest.mark.parametrize(("unit", "name", "least"), [("deg", "trunk", 10.0), ("%", "contact", 15.0)])
def test_only_what_is_more_than_two_tests_differ_is_a_change(unit, name, least):
    before = verdict(finding(name, 50.0, unit))
    for by, said in ((least, True), (-least, True), (least - 0.01, False), (0.01 - least, False)):
        found = changes(before, verdict(finding(name, 50.0 + by, unit)))
        assert [(each.before, each.after, each.least) for each in found] == ([(50.0, 50.0 + by, least)] if said else [])


def test_the_same_number_under_the_name_of_another_grade_is_compared():
    (change,) = changes(verdict(finding("limited", 42.0)), verdict(finding("fine", 71.0)))
    assert (change.name, change.before, change.after) == ("hips", 42.0, 71.0)


def test_how_far_the_back_left_its_shape_is_compared_whichever_way():
    assert not changes(verdict(finding("kept", 6.0)), verdict(finding("kept", -6.0)))
    (change,) = changes(verdict(finding("arched", -21.0)), verdict(finding("kept", 5.0)))
    assert (change.before, change.after) == (21.0, 5.0)


def test_each_leg_is_compared_with_itself():
    before = verdict(finding("square", 20.0, step="left"), finding("square", 5.0, step="right"))
    after = verdict(finding("square", 5.0, step="left"), finding("square", 6.0, step="right"))
    assert [(each.step, each.after) for each in changes(before, after)] == [("left", 5.0)]


@pytest.mark.parametrize("name", ["held", "toe_touches", "eccentric_s", "hips_first", "asymmetry"])
def test_what_nobody_has_measured_the_repeatability_of_is_not_compared(name):
    assert not changes(verdict(finding(name, 1.0, "%")), verdict(finding(name, 99.0, "%")))


def test_what_was_not_measured_before_or_is_not_now_is_no_change():
    assert not changes(verdict(), verdict(finding("trunk", 90.0)))
    assert not changes(verdict(finding("trunk", None)), verdict(finding("trunk", 90.0)))
