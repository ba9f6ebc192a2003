"""What comes over the wire, and what is said where it breaks."""

import os
import shutil
import signal

from browser.straps import RECORDINGS, Fake
from browser.tab import card, until

from hinge_imu.app.replay import replay
from hinge_imu.app.uploads import Uploads
from hinge_imu.config import Config, PublishConfig, UploadConfig
from hinge_imu.dashboard.tokens import Tokens
from hinge_imu.events import RepEvent
from hinge_imu.recording import open_recording


def test_what_a_strap_uploads_is_in_the_history_whole_though_nothing_of_it_came_live(history, program, tmp_path):
    token = tmp_path / "token"
    token.write_text(Tokens(program.uploads / "tokens.json").new("gym", "strap9"))
    recording = shutil.copy(RECORDINGS / "simulated_hinge.mcap", tmp_path / "monday.mcap")
    session_id = open_recording(recording).header.session_id
    said = [event for event in replay(open_recording(recording)) if isinstance(event, RepEvent)]
    to = UploadConfig(url=program.url, token_file=str(token))
    with Uploads(tmp_path, Config(publish=PublishConfig(gym="gym", strap="strap9"), upload=to)) as uploads:
        until(lambda: uploads.uploaded(recording))
    until(lambda: program.store.complete(session_id))
    assert [(rep.id, rep.status) for rep in program.store.reps(session_id)] == [(rep.id, rep.status) for rep in said]
    program.store.assign(session_id, "Sam", by="anna")
    history.tab.open(f"{program.url}/athlete/Sam")
    history.tab.until("document.querySelectorAll('.days button').length == 4")
    history.tab.js("document.querySelectorAll('.days button')[0].click()")
    link = history.tab.until("document.querySelector('a[href$=\"/report\"]')?.href")
    complained = len(history.tab.complaints)
    history.tab.open(link)
    assert history.tab.until("document.querySelectorAll('.plot .main-svg path').length > 10", 40)
    assert history.tab.complaints[complained:] == []


COUNTED = """window.counted = {}; new MutationObserver(() => {
  const count = %s?.querySelector('.count b')?.innerText;
  if (count) window.counted[count] ??= Date.now() / 1000;
}).observe(document.body, { childList: true, subtree: true, characterData: true })"""


def test_a_rep_is_on_its_card_within_half_a_second(coach, broker, program):
    coach.open(program.url)
    coach.until("document.querySelector('.card')")
    coach.js(COUNTED % card("Quin"))
    with Fake(broker.port, "strap8", "Quin", "simulated_hinge", speed=4.0, skip_s=8.0) as quin:
        coach.until(f"{card('Quin')}?.querySelector('.count b').innerText == '4'", 40)
    shown_s = [coach.js("window.counted")[str(number)] for number in (2, 3, 4)]
    late_s = [shown - said for shown, said in zip(shown_s, list(quin.said_rep.values())[1:], strict=True)]
    # Of three, for a machine that does something else as well may be late once or twice.
    assert 0 < min(late_s) < 0.5


def test_a_strap_that_dies_is_shown_as_gone_and_comes_back(coach, broker, program):
    coach.open(program.url)
    with Fake(broker.port, "strap8", "Fay", "simulated_hinge", speed=1.0, skip_s=8.0) as fay:
        coach.until(f"{card('Fay')}?.classList.contains('lifting')", 40)
        fay.die()
        coach.until(f"{card('Fay')}.classList.contains('lost')", 5)
        coach.until(f"!{card('Fay')}.classList.contains('lost') && !{card('Fay')}.classList.contains('silent')")


def test_a_strap_whose_power_is_cut_is_shown_as_gone_though_its_line_seems_to_be_there(coach, broker, program):
    coach.open(program.url)
    with Fake(broker.port, "strap8", "Pam", "simulated_hinge", speed=4.0, skip_s=4.0, until_s=9.0) as pam:
        coach.until(f"{card('Pam')}?.classList.contains('lifting')", 40)
        coach.until(f"{card('Pam')}.classList.contains('silent')")
        assert coach.js(f"{card('Pam')}.querySelector('.pill').innerText") == "line lost"
        pam.go_on.set()
        coach.until(f"!{card('Pam')}.classList.contains('silent')")


def test_a_broker_that_is_gone_is_said(coach, broker, program):
    """The last one: it ends the broker."""
    coach.open(program.url)
    coach.until("document.querySelectorAll('.card').length")
    os.kill(broker._process.pid, signal.SIGKILL)
    assert coach.until("document.querySelector('.warn').innerText.includes('broker does not answer')")
