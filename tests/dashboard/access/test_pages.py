"""What a person sees at the door, and how often it may be tried."""

import re
from html import unescape

import pytest

from hinge_imu.dashboard.access.html import ENGLISH, GERMAN
from hinge_imu.dashboard.access.pages import BY_ADDRESS, BY_NAME
from hinge_imu.dashboard.access.users import normal

SENTENCE = "hips back, ribs down"


def test_the_first_admin_sets_the_dashboard_up_and_is_in(server, hidden):
    link = server.users.first_link()
    browser = server.browser()
    page = browser.get(f"/setup?link={link}")
    form = {"link": hidden(page.text, "link"), "name": "Boss", "new": SENTENCE}
    differs = browser.post("/setup", {**form, "again": "another sentence"})
    assert "The two passwords are not the same." in differs.text
    assert 'value="Boss"' in differs.text
    assert browser.post("/setup", {**form, "again": SENTENCE}).headers["location"] == "/"
    assert browser.get("/about").json()["role"] == "admin"
    assert browser.get(f"/setup?link={link}").status_code == 404
    assert browser.get("/setup").status_code == 404


def test_a_link_for_a_user_asks_for_no_name(server):
    server.users.add("kim", "coach", None)
    page = server.browser().get(f"/setup?link={server.users.link('kim')}").text
    assert "You log in as kim." in page
    assert 'name="name"' not in page


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(server):
    server.users.add("kim", "coach", SENTENCE)
    answers = [server.browser().login(*tried) for tried in (("kim", "a wrong sentence"), ("who", SENTENCE))]
    assert [answer.status_code for answer in answers] == [403, 403]
    said = [re.sub('value="(kim|who)"', "", answer.text) for answer in answers]
    assert said[0] == said[1]


def test_a_user_without_a_password_cannot_log_in(server):
    server.users.add("kim", "coach", None)
    for password in ("", "None", SENTENCE):
        assert server.browser().login("kim", password).status_code == 403


def _refused_until_throttled(server, tries, names, addresses):
    statuses = []
    for number in range(tries):
        # The longest password of all is refused before any time is spent on it.
        proxied = {"X-Forwarded-For": addresses(number)}
        statuses.append(server.browser(**proxied).login(names(number), "x" * 300).status_code)
    return statuses


def test_one_address_can_try_so_many_names_and_no_more(serve):
    with serve(trusted=["127.0.0.1"]) as server:
        most = BY_ADDRESS[0]
        found = _refused_until_throttled(server, most + 2, "name{}".format, lambda _: "203.0.113.9")
        assert found[:most] == [403] * most
        assert found[-1] == 429
        assert _refused_until_throttled(server, 1, "other{}".format, lambda _: "203.0.113.10") == [403]


def test_one_name_can_be_tried_so_often_from_everywhere(serve):
    with serve(trusted=["127.0.0.1"]) as server:
        server.users.add("kim", "coach", SENTENCE)
        inside = server.someone("lee")
        most = BY_NAME[0]
        found = _refused_until_throttled(server, most + 2, lambda n: ["kim", " KIM"][n % 2], "203.0.113.{}".format)
        assert found == [403] * most + [429, 429]
        late = server.browser().login("kim")
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) <= BY_NAME[1]
        assert inside.get("/about").status_code == 200


def test_who_logs_in_rightly_is_forgiven_the_tries_before(serve):
    with serve(trusted=["127.0.0.1"]) as server:
        server.users.add("kim", "coach", SENTENCE)
        for row in range(2):
            names, addresses = (lambda _: "kim"), f"203.0.{row}.{{}}".format
            assert _refused_until_throttled(server, BY_NAME[0] - 1, names, addresses) == [403] * (BY_NAME[0] - 1)
            assert server.browser().login("kim").status_code == 303


def test_what_is_no_form_is_refused(server):
    browser = server.browser()
    assert browser.http.post("/login", content=b"x" * 9000).status_code == 400
    assert browser.http.post("/login", content=b"name=%ff").status_code == 400
    assert browser.http.post("/login", content=b"&".join(b"a=1" for _ in range(50))).status_code == 400
    assert browser.http.post("/login", content=b"").status_code == 403
    assert browser.http.put("/login").status_code == 405


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_somebody_types_is_shown_as_text(server, name):
    said = server.browser().login(name, "x" * 300, next=f"/{name}").text
    assert "<script" not in said
    assert "<img" not in said
    assert normal(name)[:9].replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in said.casefold()


def test_the_page_speaks_the_browser_s_language(server):
    german = server.browser(**{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert "<h1>Anmelden</h1>" in german.get("/login").text
    assert "Name und Passwort passen nicht zusammen." in german.login("kim", "x").text
    assert "<h1>Log in</h1>" in server.browser(**{"Accept-Language": "fr"}).get("/login").text


@pytest.mark.parametrize(
    ("name", "new", "said"),
    [
        ("kim", "zu kurz", "Das Passwort hat 7 Zeichen; nimm mindestens 12"),
        ("kim", "x" * 257, "nimm höchstens 256"),
        ("kim", "aaaaaaaaaaaaaab", "ist sofort erraten"),
        ("{kim} #", SENTENCE, "„{kim} #“ ist kein Name"),
        ("anna", SENTENCE, "anna gibt es schon"),
    ],
)
def test_what_is_wrong_with_a_first_user_is_said_in_the_readers_language(server, name, new, said):
    german = server.browser(**{"Accept-Language": "de"})
    server.users.add("anna", "coach", None)
    link = server.users.link(None)
    page = german.post("/setup", {"link": link, "name": name, "new": new, "again": new})
    assert (page.status_code, said in unescape(page.text)) == (400, True)


def test_each_word_is_there_in_both_languages():
    assert ENGLISH.keys() == GERMAN.keys()
    places = [set(re.findall("{.*?}", table[word])) for word in ENGLISH for table in (ENGLISH, GERMAN)]
    assert places[::2] == places[1::2]
