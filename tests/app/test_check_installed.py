"""`hinge-imu check` as it is shipped: the installed program, in real time, on chips in another process."""

import json

import pytest

BUSY = {"dropped", "free_time", "rate"}  # what a busy test machine can spoil


@pytest.fixture
def check(hinge_imu, i2c):
    """Check the strap of a scenario; return the process and its findings by what and segment."""

    def run(scenario, *options):
        done = hinge_imu("check", "--json", "--seconds", 1, *options, env=i2c(scenario=scenario).environment)
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        assert {finding["event"] for finding in findings} == {"check"}, done.stderr
        return done, {(finding["what"], finding["segment"]): finding for finding in findings}

    return run


def to_mend(findings):
    return {
        (what, segment)
        for (what, segment), finding in findings.items()
        if finding["verdict"] == "mend" and what not in BUSY
    }


def test_two_good_boards_are_good(check):
    _, findings = check("good")
    assert len(findings) == 26
    assert {finding["verdict"] for (what, _), finding in findings.items() if what not in BUSY} == {"good"}
    assert findings["gravity", "thorax"]["value"] == pytest.approx(9.81, abs=1.3)
    assert findings["self_test", "pelvis"]["value"] == pytest.approx(100, abs=5)


def test_a_missing_chip_is_found(check):
    done, findings = check("missing")
    assert done.returncode == 1
    assert to_mend(findings) == {("answer", "thorax")}
    assert "AD0" in findings["answer", "thorax"]["mend"]


def test_both_boards_at_one_address_are_found(check):
    done, findings = check("clash")
    assert done.returncode == 1
    assert to_mend(findings) == {("answer", "pelvis"), ("answer", "thorax")}
    assert "both boards sit at 0x68" in findings["answer", "pelvis"]["mend"]


def test_a_clone_is_named_and_nothing_has_to_be_mended(check):
    done, findings = check("clone")
    assert to_mend(findings) == set()
    assert done.returncode == any(finding["verdict"] == "mend" for finding in findings.values())
    assert findings["part", "pelvis"]["verdict"] == "mind"
    assert "MPU-6500" in findings["part", "pelvis"]["text"]
    assert "512 bytes" in findings["part", "pelvis"]["mend"]


def test_a_failing_self_test_is_found(check):
    done, findings = check("self_test")
    assert done.returncode == 1
    assert to_mend(findings) == {("self_test", "thorax")}
    assert "replace the board" in findings["self_test", "thorax"]["mend"]


def test_a_sleeping_chip_is_found(check):
    done, findings = check("asleep")
    assert done.returncode == 1
    assert to_mend(findings) == {("awake", "thorax")}
    assert "supply" in findings["awake", "thorax"]["mend"]


def test_a_slow_bus_is_found(check):
    done, findings = check("slow")
    assert done.returncode == 1
    assert to_mend(findings) == {("bus_speed", None)}
    assert "i2c_arm_baudrate=400000" in findings["bus_speed", None]["mend"]


def test_no_chip_at_all_is_found(check):
    done, findings = check("none")
    assert done.returncode == 1
    assert to_mend(findings) == {("answer", "pelvis"), ("answer", "thorax")}


def test_people_get_a_table_and_the_mends_below(hinge_imu, i2c):
    done = hinge_imu("check", "--seconds", 1, env=i2c(scenario="missing").environment)
    assert done.returncode == 1
    assert "✓ good" in done.stdout
    assert "! mend thorax, answer" in done.stdout
    assert done.stderr == ""


def test_a_bus_that_is_not_there_is_a_finding_too(hinge_imu):
    done = hinge_imu("check", "--json", "--bus", 97)
    assert done.returncode == 1
    (finding,) = map(json.loads, done.stdout.splitlines())
    assert finding["text"] == "/dev/i2c-97 is not there"
    assert "dtparam=i2c_arm=on" in finding["mend"]
