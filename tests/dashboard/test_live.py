"""What goes on in the gym, from what straps say."""

import pytest

from hinge_imu.dashboard.live import MOST_STRAPS, Gym
from hinge_imu.dashboard.strap import KEPT
from hinge_imu.dashboard.wire import Heard

REP = {
    "revision": 1,
    "set": 1,
    "rep": 1,
    "exercise": "rdl",
    "status": "provisional",
    "said_s": 5.0,
    "start_s": 2.0,
    "bottom_s": 4.0,
    "end_s": 5.0,
    "eccentric_s": 2.0,
    "bottom_pause_s": 0.0,
    "concentric_s": 1.0,
    "top_pause_s": None,
    "tempo": "2.0-0.0-1.0",
    "pelvis_rom_deg": 60.0,
    "thorax_rom_deg": 70.0,
    "spine_flexion_peak_deg": 9.0,
    "spine_share": 0.1,
    "faults": [],
}


class Listening:
    """A gym that hears straps; `strap` is the only one where there is one."""

    def __init__(self):
        self.gym, self.now = Gym(), 100.0

    def hear(self, level, strap="strap1", session="monday", athlete="Sam", **fields):
        common = {"session_id": session, "athlete": athlete, "event": level}
        self.gym.hear(Heard("gym", strap, level, {**common, **fields}), self.now)

    def rep(self, number, *, set=1, **fields):  # noqa: A002 - its name in the message
        self.hear(
            "rep", id=f"rep{set}-{number}", **{**REP, "set": set, "rep": number, "start_s": 10.0 * number, **fields}
        )

    def angles(self, *points, **who):
        columns = {
            name: [point[i] for point in points]
            for i, name in enumerate(("t_s", "pelvis_deg", "thorax_deg", "spine_deg"))
        }
        self.hear("angles", **columns, **who)

    @property
    def strap(self):
        (only,) = self.gym.straps.values()
        return only


@pytest.fixture
def heard():
    return Listening()


def test_a_rep_that_is_taken_back_no_longer_counts(heard):
    heard.rep(1)
    heard.rep(2)
    heard.rep(2, revision=2, status="retracted")
    assert [rep.rep for rep in heard.strap.reps.values()] == [1]


def test_an_older_revision_that_comes_late_changes_nothing(heard):
    heard.rep(1, revision=3, status="confirmed", tempo="3.0-1.0-1.0-0.5")
    heard.rep(1, revision=2, status="confirmed", tempo="2.0-0.0-1.0")
    assert heard.strap.last.tempo == "3.0-1.0-1.0-0.5"


def test_the_next_set_begins_at_one_and_the_set_before_says_no_more(heard):
    heard.rep(1)
    heard.rep(2)
    heard.hear("set", id="set1", set=1, exercise="rdl", reps=2, start_s=2.0, end_s=25.0)
    assert heard.strap.ended is not None
    heard.rep(3, set=2)
    heard.rep(2, set=1, revision=2, status="confirmed")
    assert (heard.strap.set, len(heard.strap.reps), heard.strap.ended) == (2, 1, None)


def test_a_strap_that_catches_up_on_yesterday_does_not_change_today(heard):
    heard.angles((1.0, 0.0, 0.0, 0.0), session="today")
    heard.rep(1, session="yesterday", athlete="Mo")
    assert (heard.strap.session, heard.strap.athlete, len(heard.strap.reps)) == ("today", "Sam", 0)


def test_a_new_session_forgets_the_one_before(heard):
    heard.rep(1)
    heard.hear("mark", id="m", what="pain", at_s=3.0)
    heard.angles((0.1, 0.0, 0.0, 0.0), session="tuesday", athlete=None)
    assert (heard.strap.athlete, heard.strap.pain, len(heard.strap.reps)) == (None, False, 0)


def test_who_bends_lifts_and_who_has_stood_for_a_while_rests(heard):
    heard.hear("status", status="online")
    heard.angles((1.0, 30.0, 45.0, 15.0))
    assert heard.strap.lifting(heard.now)
    heard.angles((2.0, 1.0, 2.0, 1.0))
    assert not heard.strap.lifting(heard.now)
    heard.rep(1)
    assert heard.strap.lifting(heard.now + 5)
    assert not heard.strap.lifting(heard.now + 30)


def test_nobody_lifts_with_a_strap_whose_line_is_lost(heard):
    heard.angles((1.0, 30.0, 45.0, 15.0))
    heard.hear("status", status="lost")
    assert not heard.strap.lifting(heard.now)


def test_that_the_broker_says_a_strap_is_lost_is_no_sign_of_life(heard):
    heard.angles((1.0, 0.0, 0.0, 0.0))
    heard.now = 160.0
    heard.hear("status", status="lost")
    assert heard.strap.seen == 100.0


def test_getting_slower_is_held_against_the_fastest_rep_of_the_set(heard):
    for number, speed in enumerate((40.0, 50.0, None, 35.0), 1):
        heard.rep(number, thorax_concentric_mean_deg_s=speed)
    assert heard.strap.slower_share == pytest.approx(0.3)


def test_a_sensor_is_broken_until_it_is_back(heard):
    heard.hear("sensor", id="s1", segment="thorax", what="lost", at_s=3.0)
    heard.hear("sensor", id="s2", segment="pelvis", what="spike", at_s=3.5, count=1)
    assert set(heard.strap.broken) == {"thorax"}
    heard.hear("sensor", id="s3", segment="thorax", what="back", at_s=4.0)
    assert not heard.strap.broken


def test_a_tempo_that_was_prescribed_meanwhile_is_what_is_asked(heard):
    heard.hear("meta", exercise="rdl", tempo="3-1-1-0", simulated=False)
    heard.hear("mark", id="m", what="tempo", at_s=3.0, text="4-0-1-0")
    assert heard.strap.asked == "4-0-1-0"


def test_what_a_session_says_of_itself_again_takes_no_prescription_back(heard):
    for tempo in ("3-1-1-0", "4-0-1-0"):
        heard.hear("meta", exercise="rdl", tempo="3-1-1-0", simulated=False)
        heard.hear("mark", id=tempo, what="tempo", at_s=3.0, text=tempo)
    heard.hear("meta", exercise="rdl", tempo="3-1-1-0", simulated=False)
    assert heard.strap.asked == "4-0-1-0"


def test_a_mark_that_comes_again_late_changes_nothing(heard):
    for name, text in (("m1", "3-1-1-0"), ("m2", "4-0-1-0"), ("m1", "3-1-1-0")):
        heard.hear("mark", id=name, revision=1, what="tempo", at_s=3.0, text=text)
    assert heard.strap.asked == "4-0-1-0"


def test_a_page_is_told_the_points_that_it_has_not_had(heard):
    heard.angles((1.0, 1.0, 1.0, 0.0), (1.02, 2.0, 2.0, 0.0))
    had = heard.strap.points
    heard.angles((1.04, 3.0, 3.0, 0.0))
    assert [point.t_s for point in heard.strap.since(had)] == [1.04]


def test_however_long_it_is_listened_to_no_more_is_kept_than_fits(heard):
    heard.angles(*((0.02 * i, 0.0, 0.0, 0.0) for i in range(3 * KEPT)))
    heard.angles((100.0, 0.0, 0.0, 0.0))
    assert len(heard.strap.angles) == KEPT
    assert heard.strap.since(0)[-1].t_s == 100.0
    for i in range(MOST_STRAPS + 5):
        heard.now += 1
        heard.angles((1.0, 0.0, 0.0, 0.0), strap=f"strap{i}")
    assert len(heard.gym.straps) == MOST_STRAPS
    assert ("gym", "strap1004") in heard.gym.straps


def test_a_message_that_has_not_its_form_is_refused_and_changes_nothing(heard):
    heard.rep(1)
    with pytest.raises(ValueError):
        heard.rep(2, faults=[{"name": "laziness"}])
    assert len(heard.strap.reps) == 1
