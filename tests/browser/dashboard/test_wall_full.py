"""Twelve straps on one wall."""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from browser.straps import HOSTILE, PAIN, Fake
from browser.tab import card, until


@pytest.fixture(scope="module")
def crowd(gym, broker):
    """Twelve straps: Zoe has stopped in the middle of a set, and something hurts."""
    straps = []
    with ExitStack() as wearing:
        for number in range(3, 12):
            strap = Fake(broker.port, f"strap{number}", f"Lifter {number}", "simulated_rdl", speed=0, until_s=9.0)
            straps.append(wearing.enter_context(strap))
        zoe = Fake(broker.port, "zoe", "Zoe", "simulated_hinge", speed=0, until_s=17.0, tempo="3-1-1-0")
        wearing.enter_context(zoe)
        zoe.say("mark", PAIN)
        yield SimpleNamespace(zoe=zoe, straps=straps)


SHOWN = """Object.fromEntries([...document.querySelectorAll('.card')].map((card) => [card.querySelector('h2').innerText,
  ['.what', '.count', '.tempo', '.strip', '.after'].map((each) => card.querySelector(each)?.innerText)]))"""


def test_after_it_was_killed_the_wall_shows_the_same_again(crowd, coach, program):
    coach.open(program.url)
    coach.until(f"{card('Zoe')}.innerText.includes('said that it hurts')")
    coach.until("document.querySelectorAll('.card .strip').length == 12")
    for name in ("Sam", HOSTILE):
        coach.until(f"{card(name)}.querySelector('.count').innerText.includes('done')")
    shown = coach.js(
        "[...document.querySelectorAll('.count b')].reduce((sum, each) => sum + Number(each.innerText), 0)"
    )
    until(lambda: sum(each.reps for each in program.store.sessions() if each.started_utc is None) == shown)
    before = coach.js(SHOWN)
    program.fall_and_rise(lambda: crowd.straps[0].say("mark", PAIN, wait=True))
    coach.open(program.url)
    coach.until("document.querySelectorAll('.card').length == 12")
    coach.until(f"{card('Lifter 3')}.innerText.includes('said that it hurts')")
    after = coach.js(SHOWN)
    assert after.pop("Lifter 3")[:-1] == before.pop("Lifter 3")[:-1]
    assert after == before
    assert before["Zoe"][1].startswith("2\nrep\nset 1")


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1920, 1080)])
def test_twelve_are_seen_at_one_glance(crowd, coach, program, width, height):
    coach.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    coach.open(program.url)
    coach.until("document.querySelectorAll('.fits .card').length == 12")
    cards = coach.js("[...document.querySelectorAll('.card')].map((each) => each.getBoundingClientRect().toJSON())")
    assert max(each["bottom"] for each in cards) <= height
    assert max(each["right"] for each in cards) <= width
    outside = (
        "[...card.querySelectorAll('.numbers *, .gauge')].some((e) => e.getBoundingClientRect().bottom > edge(card))"
    )
    edge = "const edge = (card) => card.getBoundingClientRect().bottom"
    assert not coach.js(f"{edge}; [...document.querySelectorAll('.card')].some((card) => {outside})")


def test_a_page_grows_while_somebody_works_on_it(crowd, coach, program):
    coach.open(f"{program.url}/athlete/Zoe")
    coach.until("document.querySelectorAll('tbody tr').length == 2")
    coach.click(".acts button", "Play the session")
    coach.until("Number(document.querySelector('.played').dataset.played) > 5")
    coach.js("document.querySelector('.note textarea').focus()")
    coach.write("the third wa")
    coach.js("window.before = [document.activeElement, ...document.querySelectorAll('.played, tbody tr')]; 0")
    crowd.zoe.go_on.set()
    coach.until("document.querySelectorAll('tbody tr').length == 4")
    coach.until("document.querySelector('.days').innerText.includes('(4)')")
    coach.write("s better")
    assert coach.js("document.activeElement.value") == "the third was better"
    assert coach.js("window.before.map((each) => each.isConnected)") == [True] * 4
    coach.until("document.querySelector('.count b').innerText == '4'")
