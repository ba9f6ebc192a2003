"""Whoever is not let in reaches nothing behind the door; whoever is put out is out at once."""

import re
import threading

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hinge_imu.dashboard.access.pages import local
from hinge_imu.dashboard.access.sessions import FRESH_S, GRACE_S
from hinge_imu.dashboard.access.users import Users

SENTENCE = "hips back, ribs down"


@pytest.fixture
def age(users):
    """Let what is remembered of sessions be older by so much."""

    def shift(by_s):
        seen = users.sessions._seen
        for token, (at, viewer) in list(seen.items()):
            seen[token] = at - by_s, viewer

    return shift


def test_nothing_is_shown_to_whoever_has_not_logged_in(server):
    stranger = server.browser()
    assert stranger.get("/?set=2").headers["location"] == "/login?next=/%3Fset%3D2"
    assert stranger.get("/about", Accept="*/*").status_code == 401
    assert stranger.post("/about").status_code == 401
    assert stranger.get("/there/is/no/such/page", Accept="*/*").status_code == 401
    with pytest.raises(InvalidStatus, match="403"):
        stranger.line()


def test_whoever_logs_in_gets_to_where_it_was_going(server, hidden):
    server.users.add("kim", "coach", SENTENCE)
    browser = server.browser()
    page = browser.get(browser.get("/about?x=1").headers["location"])
    entered = browser.login(" Kim ", next=hidden(page.text, "next"))
    assert entered.headers["location"] == "/about?x=1"
    assert browser.get("/about").json()["name"] == "kim"
    with browser.line() as line:
        assert line.ask("here") == "kim: here"


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x", "", "/logout"],
)
def test_a_link_to_the_log_in_leads_to_no_other_site(away):
    assert local(away) == "/"
    assert local("/athlete/sam?set=2") == "/athlete/sam?set=2"


def test_the_cookie_is_for_the_server_alone_and_worth_nothing_once_it_was_touched(server):
    server.users.add("kim", "coach", SENTENCE)
    browser = server.browser()
    said = browser.login("kim").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in said.split(";")}
    name, value = browser.cookie.split("=", 1)
    # Not the last letter: it stands for four bits of the signature, and two that say nothing.
    touched = value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:]
    for forged in (touched, value.split(".")[0], f"x{value}", ""):
        other = server.browser(Cookie=f"{name}={forged}")
        assert other.get("/about", Accept="*/*").status_code == 401


def test_a_cookie_that_was_logged_out_is_good_nowhere(server):
    browser = server.someone("kim")
    copied = server.browser(Cookie=browser.cookie)
    assert copied.get("/about").status_code == 200
    assert browser.post("/logout").headers["location"] == "/login"
    assert copied.get("/about", Accept="*/*").status_code == 401


def test_logging_out_takes_a_press_of_a_button(server):
    browser = server.someone("kim")
    assert "kim" in browser.get("/logout").text
    assert browser.get("/about").status_code == 200


@pytest.mark.parametrize("put_out", ["set_password", "remove", "logout", "demoted"])
def test_an_open_page_is_cut_when_its_viewer_is_put_out(server, put_out):
    browser = server.someone("kim")
    with browser.line() as line:
        assert line.ask("one") == "kim: one"
        if put_out == "set_password":
            server.users.set_password("kim", "another sentence of mine")
        elif put_out == "logout":
            browser.post("/logout")
        else:
            server.users.remove("kim")
        if put_out == "demoted":
            server.users.add("kim", "wall", SENTENCE)
        with pytest.raises(ConnectionClosed) as closed:
            line.ask("two")
    assert closed.value.rcvd.code == 1008


def test_what_another_process_ends_is_ended_here_too(server, engine, age):
    browser = server.someone("kim")
    assert browser.get("/about").status_code == 200
    Users(engine).remove("kim")
    age(FRESH_S)
    assert browser.get("/about", Accept="*/*").status_code == 401


def test_a_new_password_logs_out_all_but_the_browser_that_chose_it(server):
    mine, other = server.someone("kim", password=SENTENCE), server.browser()
    other.login("kim")
    new = {"current": SENTENCE, "new": "another sentence of mine", "again": "another sentence of mine"}
    assert mine.post("/password", {**new, "current": "a wrong one, surely"}).status_code == 403
    assert mine.post("/password", {**new, "again": "a different one"}).status_code == 400
    assert mine.post("/password", {**new, "new": "short", "again": "short"}).status_code == 400
    assert other.get("/about").status_code == 200
    assert mine.post("/password", new).status_code == 303
    assert mine.get("/about").json()["name"] == "kim"
    assert other.get("/about", Accept="*/*").status_code == 401
    assert other.login("kim").status_code == 403
    assert other.login("kim", "another sentence of mine").status_code == 303


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "", "Sec-Fetch-Site": "same-site"},
    {"Origin": ""},
)


def test_another_site_does_nothing_in_the_name_of_whoever_is_logged_in(server):
    browser = server.someone("kim")
    for headers in FOREIGN:
        for path in ("/about", "/logout", "/login", "/password"):
            assert browser.post(path, **headers).status_code == 403, headers
        with pytest.raises(InvalidStatus, match="403"):
            browser.line(origin=headers["Origin"] or None)
    del browser.http.headers["Origin"]
    assert browser.post("/about").status_code == 403
    assert browser.get("/about").json()["name"] == "kim"


def test_another_site_reads_nothing_but_may_link_here(serve):
    with serve() as server:
        browser = server.someone("kim")
        del browser.http.headers["Origin"]
        image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert browser.get("/about", **image).status_code == 403
        assert browser.get("/about", **{**link, "Sec-Fetch-Dest": "iframe"}).status_code == 403
        assert browser.get("/about", **link).status_code == 200


def test_straps_come_to_their_own_door_without_logging_in(server):
    strap = server.browser()
    assert strap.post("/uploads/", Origin="").text == "a strap's token is asked for here"
    assert strap.post("/uploadsx", Origin="").status_code == 403


def test_each_answer_tells_the_browser_what_not_to_do(server):
    browser = server.someone("kim")
    for answer in (browser.get("/"), browser.get("/login"), server.browser().get("/about", Accept="*/*")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-inline'" not in re.search("script-src[^;]*", policy)[0]
        assert "strict-transport-security" not in answer.headers


def test_only_scripts_that_came_with_the_page_may_run_and_each_page_has_another_word_for_it(server):
    browser, words = server.someone("kim"), set()
    for _ in range(2):
        page = browser.get("/")
        (word,) = set(re.findall('<script nonce="([^"]+)"', page.text))
        assert len(re.findall("<script", page.text)) == len(re.findall(f'nonce="{word}"', page.text)) == 2
        assert f"'nonce-{word}'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        words.add(word)
    assert len(words) == 2


def test_a_database_that_is_away_lets_nobody_in_and_puts_nobody_out(server, engine, age):
    browser, other = server.someone("kim"), server.someone("lee")
    assert browser.get("/about").status_code == 200

    def away(*_):
        raise OperationalError("the cable is out", None, Exception())

    event.listen(engine, "before_cursor_execute", away)
    age(FRESH_S)
    assert browser.get("/about").json()["name"] == "kim"
    assert other.get("/about").status_code == 503
    assert server.browser().login("kim").status_code == 503
    age(GRACE_S)
    assert browser.get("/about").status_code == 503
    event.remove(engine, "before_cursor_execute", away)
    assert other.get("/about").json()["name"] == "lee"


def test_an_open_page_goes_on_while_the_database_takes_its_time_and_is_cut_by_what_it_says_then(server, engine, age):
    browser, answering = server.someone("kim"), threading.Event()
    with browser.line() as line:
        assert line.ask("one") == "kim: one"
        event.listen(engine, "before_cursor_execute", lambda *_: answering.wait(20.0))
        age(FRESH_S)
        assert [line.ask("two"), line.ask("three")] == ["kim: two", "kim: three"]
        answering.set()
        Users(engine).remove("kim")
        age(FRESH_S)
        with pytest.raises(ConnectionClosed):
            _talk_on(line, age)


def _talk_on(line, age):
    while line.ask("four"):
        age(FRESH_S)
