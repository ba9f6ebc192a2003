"""What the shipped broker keeps for whoever is away, through kill -9 and a line that is down."""

import json
import time
from pathlib import Path

from hinge_imu.topics import TOPICS

SHIPPED = Path(__file__).parents[2] / "firmware_config" / "mosquitto"
REP = "hinge/v1/barbell-club/strap1/rep"
DEADLINE_S = 20.0


def until(true):
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.02)


def saved(broker):
    """Wait until the broker has written down what it has by now."""
    now = time.time()
    # It writes another file first and renames it, so that this one's time is that of a whole one.
    until(lambda: broker.kept.exists() and broker.kept.stat().st_mtime > now)


def numbers(messages):
    return [json.loads(payload)["rep"] for _, payload in messages]


def say(strap, these):
    """Say these reps, and return when the broker has acknowledged each."""
    for number in these:
        strap.client.publish(REP, json.dumps({"rep": number, "filling": "x" * 1000}), qos=1)
    for _ in these:
        strap.acknowledged.get(timeout=DEADLINE_S)


def test_three_thousand_messages_for_a_coach_who_is_away_survive_kill_9_of_the_broker(start):
    broker = start()
    with broker("coach", name="dashboard") as coach:
        coach.hears("hinge/v1/barbell-club/#")
    with broker("strap1") as strap:
        say(strap, range(3000))
    saved(broker)
    broker.kill()
    broker.start()
    with broker("coach", name="dashboard") as coach:
        assert numbers(coach.next(3000)) == list(range(3000))


def test_a_gym_s_reps_reach_the_chain_over_kill_9_of_the_chain_s_broker_and_commands_come_in(start):
    chain = start()
    gym = start(bridge_to=chain)
    with chain("coach", name="headquarters") as coach, gym("strap1") as strap:
        coach.hears("hinge/v1/barbell-club/#")
        say(strap, range(50))
        assert numbers(coach.next(50)) == list(range(50))
    saved(chain)
    chain.kill()
    with gym("strap1") as strap:
        say(strap, range(50, 1500))
    chain.start()
    with chain("coach", name="headquarters") as coach, gym("strap1") as strap:
        coach.hears("hinge/v1/barbell-club/#")
        # A message whose acknowledgement was lost may come again.
        got = set()
        while len(got) < 1450 and (more := numbers(coach.next(1))):
            got.update(more)
        assert got >= set(range(50, 1500))
        strap.hears("hinge/v1/barbell-club/strap1/command")
        coach.says("hinge/v1/barbell-club/strap1/command", b'{"command": "start"}')
        assert strap.next(1) == [("hinge/v1/barbell-club/strap1/command", b'{"command": "start"}')]


def test_the_bridge_carries_each_level_as_surely_as_the_strap_says_it():
    lines = [line.split() for line in (SHIPPED / "bridge.conf").read_text().splitlines() if line.startswith("topic ")]
    carried = {pattern.removeprefix("+/"): (way, int(qos)) for _, pattern, way, qos, *_ in lines}
    assert carried == {level: ("in" if level == "command" else "out", how.qos) for level, how in TOPICS.items()}
    assert {tuple(prefixes) for *_, here, there in lines for prefixes in [(here, there)]} == {
        ("hinge/v1/barbell-club/", "hinge/v1/barbell-club/")
    }
