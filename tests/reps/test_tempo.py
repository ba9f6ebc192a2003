import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.reps.tempo import Prescription, compare, compliance_share

TENTHS = st.integers(0, 100).map(lambda n: n / 10)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("3-1-1-0", (3, 1, 1, 0)),
        ("2.5-0-1-1.5", (2.5, 0, 1, 1.5)),
        ("1-1-2", (1, 1, 2, None)),
        ("3-1-X-0", (3, 1, None, 0)),
        (" 3-1-x-0\n", (3, 1, None, 0)),
        ("1-1-0", (1, 1, None, None)),
    ],
)
def test_a_prescription_is_read_as_coaches_write_it(text, read):
    assert Prescription.parse(text) == read


@given(down=TENTHS.filter(bool), pause=TENTHS, up=st.none() | TENTHS.filter(bool), top=st.none() | TENTHS)
def test_what_is_shown_back_reads_the_same(down, pause, up, top):
    written = Prescription(down, pause, up, top)
    assert Prescription.parse(str(written)) == written


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("", "write seconds as 3-1-1-0"),
        ("3-1", "has 2 parts; write seconds as 3-1-1-0"),
        ("3-1-1-0-2", "has 5 parts"),
        ("3-1--0", "'' is no number of seconds for the way up"),
        ("3-a-1-0", "'A' is no number of seconds for the pause at the bottom"),
        ("nan-1-1-0", "'NAN' is no number"),
        ("X-1-1-0", "X stands for up as fast as possible; for the way down write seconds"),
        ("3-1-1-X", "for the pause at the top write seconds"),
        ("0-1-1-0", "the way down takes time"),
        ("3-1-31-0", "31 s for the way up is too long; write at most 30"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_to_write(text, help_):
    with pytest.raises(ValueError) as caught:
        Prescription.parse(text)
    assert str(caught.value).startswith(f"tempo {text!r}: ")
    assert help_ in str(caught.value)


def kept(prescription, *measured):
    return [digit.kept for digit in compare(Prescription.parse(prescription), measured)]


def test_a_digit_may_be_off_by_three_tenths_or_by_a_fifth():
    assert kept("3-1-1-0", 3.6, 1.3, 0.7, 0.3) == [True] * 4
    assert kept("3-1-1-0", 3.61, 1.31, 0.69, 0.31) == [False] * 4
    assert kept("3-1-1-0", 2.39, 1.0, 1.0, 0.0) == [False, True, True, True]


def test_a_digit_that_was_not_measured_or_not_asked_for_is_not_judged():
    assert kept("3-1-1-0", None, 1.0, 1.0, None) == [None, True, True, None]
    assert kept("3-1-1", 3.0, 1.0, 1.0, 9.0) == [True, True, True, None]


@pytest.mark.parametrize("up_s", [0.3, 1.0, 6.0])
def test_as_fast_as_possible_is_not_judged_by_the_clock(up_s):
    """A heavy pull takes seconds however hard it is meant, and a light one is quick without trying."""
    assert kept("3-1-X-0", 3.0, 1.0, up_s, 0.0) == [True, True, None, True]


def test_a_verdict_brings_its_evidence():
    verdict = compare(Prescription.parse("4-1-1-0"), (5.1, 1.0, 1.0, 0.0))[0]
    assert verdict == ("eccentric_s", 4.0, 5.1, pytest.approx(0.8), False)


def test_a_set_kept_its_tempo_in_the_reps_that_kept_every_digit_judged():
    reps = [(3.0, 1.0, 1.0, 0.2), (3.0, 2.0, 1.0, 0.2), (3.0, None, 1.0, None), (None, None, None, None)]
    verdicts = [compare(Prescription.parse("3-1-1-0"), rep) for rep in reps]
    assert compliance_share(verdicts) == pytest.approx(2 / 3), "of the last rep nothing was measured"
    assert compliance_share(verdicts[3:]) is None
    assert compliance_share([]) is None
