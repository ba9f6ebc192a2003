"""Behind a proxy: who is believed, and where the pages then are."""

import pytest

from hinge_imu.dashboard.access.passwords import AccessError
from hinge_imu.dashboard.access.proxy import Proxied

SENTENCE = "hips back, ribs down"
FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "//evil.example"}


def test_nobody_is_believed_who_was_not_named(server):
    seen = server.someone("kim").get("/about", **FORWARDED).json()
    assert (seen["from"], seen["scheme"]) == ("127.0.0.1", "http")
    assert not [name for name in seen["headers"] if "forward" in name]


def test_a_trusted_proxy_says_who_asks_and_how_and_nothing_else(serve):
    with serve(trusted=["127.0.0.0/8"]) as server:
        answer = server.someone("kim").get("/about", **FORWARDED)
        seen = answer.json()
        assert (seen["from"], seen["scheme"]) == ("203.0.113.9", "https")
        assert not [name for name in seen["headers"] if "forward" in name]
        assert answer.headers["strict-transport-security"]


def test_what_a_client_says_of_itself_before_the_proxy_is_not_believed(serve):
    with serve(trusted=["127.0.0.1"]) as server:
        told = {**FORWARDED, "X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        assert server.someone("kim").get("/about", **told).json()["from"] == "203.0.113.9"


def test_by_tls_the_cookie_goes_by_tls_only(serve):
    with serve(trusted=["127.0.0.1"]) as server:
        server.users.add("kim", "coach", SENTENCE)
        browser = server.browser(Origin=server.address.replace("http", "https"), Host=server.address[7:], **FORWARDED)
        assert "Secure" in browser.login("kim").headers["set-cookie"]


@pytest.mark.parametrize("cut", [False, True], ids=["as it is", "cut off by the proxy"])
def test_below_a_path_of_its_own_everything_is_below_it(serve, cut):
    with serve(base="/gym/hinge/") as server:
        server.users.add("kim", "coach", SENTENCE)
        browser, before = server.browser(), "" if cut else "/gym/hinge"
        asked = browser.get(f"{before}/about")
        assert asked.headers["location"] == "/gym/hinge/login?next=/about"
        assert 'action="/gym/hinge/login"' in browser.get(f"{before}/login").text
        entered = browser.post(f"{before}/login", {"name": "kim", "secret": SENTENCE, "next": "/about"})
        assert entered.headers["location"] == "/gym/hinge/about"
        assert "Path=/gym/hinge" in entered.headers["set-cookie"]
        browser.http.headers["Cookie"] = browser.cookie
        assert browser.get(f"{before}/about").json()["root"] == "/gym/hinge"
        with browser.line(f"{before}/ws") as line:
            assert line.ask("here") == "kim: here"
        assert browser.post(f"{before}/uploads/", Origin="").status_code == 200


@pytest.mark.parametrize("settings", [{"trusted": ["*"]}, {"trusted": ["proxy"]}, {"base": "hinge"}, {"base": "/a b"}])
def test_a_setting_that_makes_no_sense_is_said(settings):
    with pytest.raises(AccessError, match="give one such as"):
        Proxied(None, **settings)
