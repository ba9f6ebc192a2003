"""What each role sees and may do; what it may not see is not handed out."""

from types import SimpleNamespace

import pytest

from hinge_imu.dashboard.access.viewer import Viewer

ROWS = [
    SimpleNamespace(athlete="sam", gym="north", rep=1),
    SimpleNamespace(athlete="ana", gym="north", rep=2),
    SimpleNamespace(athlete=None, gym="north", rep=3),
    SimpleNamespace(athlete="sam", gym="south", rep=4),
]


@pytest.mark.parametrize(
    ("viewer", "reps"),
    [
        (Viewer(name="kim", role="coach"), [1, 2, 3, 4]),
        (Viewer(name="kim", role="coach", gym="north"), [1, 2, 3]),
        (Viewer(name="screen", role="wall", gym="south"), [4]),
        (Viewer(name="sam", role="athlete", athlete="sam"), [1, 4]),
        (Viewer(name="sam", role="athlete", athlete="sam", gym="north"), [1]),
        (Viewer(name="nobody", role="athlete"), []),
    ],
)
def test_rows_of_others_are_not_handed_out(viewer, reps):
    assert [row.rep for row in viewer.filter(ROWS)] == reps
    assert [row.rep for row in ROWS if viewer.sees(row.athlete, row.gym)] == reps


def test_who_may_do_what():
    rights = ("history", "edit", "command", "delete", "users")
    may = {role: [Viewer(name="x", role=role).may(right) for right in rights] for role in ("wall", "athlete", "coach")}
    assert may["wall"] == [False] * 5
    assert may["athlete"] == [True, False, False, False, False]
    assert may["coach"] == [True, True, True, False, False]
    assert all(Viewer(name="x", role="admin").may(right) for right in rights)


def test_a_row_that_does_not_say_whose_it_is_is_shown_to_nobody():
    with pytest.raises(AttributeError):
        Viewer(name="kim", role="coach").filter([SimpleNamespace(gym="north")])


def test_whoever_sees_one_gym_is_shown_nothing_of_which_the_gym_is_not_known():
    assert not Viewer(name="kim", role="coach", gym="north").sees("sam")
