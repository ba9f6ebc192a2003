"""What every page owes its readers: its own rules, text that stands out, no more motion than is wanted."""

import pytest


def test_nothing_is_fetched_from_elsewhere_and_the_console_stays_silent(history, program):
    history.tab.click(".acts button", "show")
    history.tab.until("document.querySelector('.chart svg path')")
    strange = [url for url in history.tab.asked if not url.startswith((program.url, "data:", "blob:"))]
    assert (strange, history.tab.complaints) == ([], [])


def test_no_page_breaks_its_own_rules_or_asks_for_what_it_does_not_get(entered, gym, program):
    tab = entered("ada")
    tab.until("document.querySelectorAll('.card').length == 2")
    tab.open(f"{program.url}/athlete/Sam")
    tab.until("document.querySelector('.played') && document.querySelector('.again summary')")
    tab.open(f"{program.url}/users")
    tab.until("document.querySelectorAll('li.user').length")
    assert (tab.broken, tab.complaints) == (([], [], []), [])
    assert [url for url in tab.asked if not url.startswith((program.url, "data:", "blob:"))] == []
    tab.js("document.querySelector('main').append(Object.assign(new Image(), {src: 'https://elsewhere.invalid/x'}))")
    tab.until("new Promise((done) => setTimeout(() => done(true)))")
    assert tab.broken[0] == ["img-src https://elsewhere.invalid/x "]


FAINT = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => top.slice(0, 3).map((part, i) => part * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
  const ground = (each) => {
    if (!each) return [255, 255, 255];
    const own = parts(getComputedStyle(each).backgroundColor);
    return own[3] === 0 ? ground(each.parentElement) : over(own, own[3] < 1 ? ground(each.parentElement) : own);
  };
  const light = (colour) => colour.map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const faint = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const each = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || each.closest("script, style")) continue;
    if (!each.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(each), paper = ground(each);
    const drawn = over(parts(each.closest("svg") ? style.fill : style.color), paper);
    const [low, high] = [light(drawn), light(paper)].sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.push([walker.currentNode.data, each.className, drawn, paper]);
  }
  return faint;
})()"""
"""All text that stands out by less than WCAG 2.2 asks for (success criterion 1.4.3)."""


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_stands_out_on_light_and_on_dark(history, program, dark):
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    history.tab.call("Emulation.setEmulatedMedia", features=[scheme])
    history.tab.click(".acts button", "show")
    history.tab.until("document.querySelector('.chart svg path')")
    history.tab.until(f"document.body.classList.contains('body--dark') == {str(dark).lower()}")
    assert history.tab.js(FAINT) == []
    history.tab.js("document.querySelector('h1').style.color = '#777777'")
    assert [faint[0] for faint in history.tab.js(FAINT)] == ["Sam"]
    history.tab.open(program.url)
    history.tab.until("document.querySelectorAll('.card .count').length == 2")
    assert history.tab.js(FAINT) == []


def test_whoever_wants_things_to_move_less_is_spared_what_glides(coach, program):
    for how, needle in (("reduce", "none"), ("no-preference", "left")):
        coach.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": how}])
        coach.open(program.url)
        coach.until("document.querySelectorAll('.needle').length == 2")
        assert coach.js("getComputedStyle(document.querySelector('.needle')).transitionProperty") == needle


def test_on_a_dark_german_telephone_nothing_is_cut_off(gym, entered, program):
    phone = entered("anna", 360, 740, touch=True, language="de", dark=True)
    phone.until("document.querySelectorAll('.card').length >= 2")
    for path in ("", "/athletes", "/athlete/Sam"):
        phone.open(program.url + path)
        phone.until("document.querySelector('.card, .list a')")
        assert phone.js("document.documentElement.scrollWidth") <= 360
    assert "Einheiten" in phone.text()
    assert phone.js("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
