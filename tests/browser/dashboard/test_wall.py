"""The wall: who lifts, for whoever may see it."""

from browser.straps import HOSTILE
from browser.tab import card


def test_the_wall_counts_with_the_lifter_and_the_figure_bends(coach, gym, program):
    coach.open(program.url)
    assert coach.until(f"{card('Sam')}.querySelector('.count b').innerText == '4'", 20)
    gym.sam.over.wait(20)
    assert coach.js(f"{card('Sam')}.querySelector('.trace .line').getAttribute('d').length") > 100
    assert "rounds 33°" in coach.js(f"{card('Sam')}.innerText")


def test_a_name_that_is_a_trap_is_shown_and_does_nothing(coach, program):
    coach.open(program.url)
    coach.until(card(HOSTILE))
    assert coach.js("document.querySelectorAll('.card img').length") == 0
    assert "caught" not in coach.js("document.title")


def test_a_coach_sees_that_it_hurts_and_a_screen_for_everyone_does_not(coach, entered, program):
    coach.open(program.url)
    coach.until(f"{card(HOSTILE)}.innerText.includes('said that it hurts')")
    screen = entered("screen", 1920, 1080)
    screen.until(f"{card(HOSTILE)}.querySelector('.count b').innerText > '0'")
    assert "hurts" not in screen.text()
    assert screen.js("document.querySelectorAll('.card a, .top a[href*=athletes]').length") == 0
    screen.open(f"{program.url}/athlete/Sam")
    screen.until("document.querySelector('.page')")
    assert screen.js("document.querySelectorAll('table, form.command').length") == 0


def test_an_athlete_is_sent_nothing_of_anybody_else(gym, entered, program):
    own = entered("sam", 390, 844, touch=True)
    own.until("document.querySelectorAll('.card').length == 1")
    assert "Sam" in own.text()
    own.open(f"{program.url}/athlete/{HOSTILE.replace(' ', '%20').replace('/', '%2F')}")
    own.until("document.querySelector('main').innerText.includes('nobody of that name')")
    assert own.js("document.querySelectorAll('.card').length") == 0
    own.open(f"{program.url}/athlete/Sam")
    own.until("document.querySelectorAll('table').length")
    assert (
        own.js("[...document.querySelectorAll('button')].filter((b) => /strike|Keep|Send/.test(b.innerText)).length")
        == 0
    )


def test_the_keyboard_leads_to_an_athlete(coach, program):
    coach.open(program.url)
    coach.until("document.querySelectorAll('.card a').length == 2")
    for _ in range(20):
        coach.press("Tab")
        if coach.js("document.activeElement.href || ''").endswith("/athlete/Sam"):
            break
    coach.press("Enter")
    assert coach.until("location.pathname == '/athlete/Sam' && document.querySelector('h1')?.innerText == 'Sam'")
