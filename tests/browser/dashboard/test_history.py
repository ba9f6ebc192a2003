"""An athlete's page: what was, and what coaches write about it."""

import pytest
from browser.straps import HOSTILE


def test_a_rep_is_struck_out_and_taken_back(history):
    reps = {rep.rep: rep for rep in history.store.reps(history.session.id)}
    history.tab.click("tbody tr:nth-child(2) button", "strike out")
    history.tab.until("document.querySelector('tr.struck')")
    assert {rep.rep for rep in history.store.reps(history.session.id)} == set(reps) - {2}
    history.tab.click("tr.struck button", "restore")
    history.tab.until("!document.querySelector('tr.struck')")
    assert {rep.rep for rep in history.store.reps(history.session.id)} == set(reps)


def test_a_note_is_kept_as_it_was_written(history):
    history.tab.js("document.querySelector('.note textarea').focus()")
    history.tab.write(HOSTILE)
    history.tab.click("button", "Keep the note")
    history.tab.until("document.querySelector('.notes li')")
    (note,) = history.store.edits(history.session.id)[-1:]
    assert (note.what, note.value, note.by) == ("note", HOSTILE, "anna")
    assert HOSTILE in history.tab.js("document.querySelector('.notes').innerText")


def test_a_prescription_reaches_the_strap_and_what_is_none_does_not(history, gym):
    for tempo, answer in (("fast, please", "Not sent"), ("4-1-X-0", "Sent to strap1")):
        history.tab.js("document.querySelector('.command input').select()")
        history.tab.write(tempo)
        history.tab.click(".command button", "Send")
        history.tab.until(f"document.body.innerText.includes({answer!r})")
    assert gym.sam.told.get(timeout=60)["tempo"] == "4-1-X-0"
    assert gym.sam.told.empty()


def test_a_session_is_played_again(history):
    history.tab.click(".acts button", "Play the session")
    history.tab.until("Number(document.querySelector('.played').dataset.played) > 20")
    assert history.tab.js("document.querySelector('.played .trace .line').getAttribute('d').length") > 20


@pytest.fixture
def other(entered, history, program):
    """Another coach who looks at the same session."""
    tab = entered("ria")
    tab.open(f"{program.url}/athlete/Sam")
    tab.until("document.querySelectorAll('.days button').length == 3")
    tab.click(".days button", "2026-11-17")
    tab.until("document.querySelector('main').innerText.includes('Session: 2026-11-17')")
    return tab


def test_what_one_coach_does_another_one_sees(history, other):
    """And whoever works with the keyboard stays where they are."""
    history.tab.click("tbody tr:nth-child(2) button", "strike out")
    other.until("document.querySelector('tbody tr:nth-child(2).struck')")
    other.js("[...document.querySelectorAll('tr.struck button')].find((b) => b.innerText == 'restore').focus()")
    other.press("Enter")
    history.tab.until("!document.querySelector('tr.struck')")
    other.until("document.activeElement.innerText == 'strike out'")
    other.click("tbody tr:nth-child(2) button", "show")
    other.until("document.querySelector('.writing').innerText.includes('Rep 2 of set 1')")
    other.js("document.querySelector('.note textarea').focus()")
    other.write(HOSTILE)
    other.click("button", "Keep the note")
    history.tab.until(f"document.querySelector('tbody tr:nth-child(2) .notes').innerText.includes({HOSTILE!r})")
    edit = history.store.edits(history.session.id)[-1]
    assert (edit.about, edit.about_id) == ("rep", history.store.reps(history.session.id)[1].id)
    (ended,) = history.store.sets(history.session.id)
    history.store.rename(ended.id, "rdl", by="ria")
    for tab in (history.tab, other):
        tab.until("document.querySelector('h3').innerText == 'Set 1: Romanian deadlift'")
    assert [each.what for each in history.store.edits(history.session.id)].count("rename") == 1
