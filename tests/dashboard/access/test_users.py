"""Users in their database: names, passwords, links."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from hinge_imu.dashboard.access.passwords import AccessError
from hinge_imu.dashboard.access.sessions import LASTS_S, MOST
from hinge_imu.dashboard.access.tables import TABLES, USERS
from hinge_imu.dashboard.access.users import LINK_LASTS_S, Users
from hinge_imu.dashboard.store.engine import connect
from hinge_imu.words import languages, words

SENTENCE = "hips back, ribs down"


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def users(engine, clock):
    return Users(engine, clock)


def test_a_name_is_the_same_however_it_is_typed(users):
    users.add("Zoë", "coach", SENTENCE)
    assert users.check(" ZOE\u0308 ", SENTENCE).name == "zoë"
    assert users.check("zoë", SENTENCE + " ") is None
    assert users.check("zoe", SENTENCE) is None
    with pytest.raises(AccessError, match="there is a user zoë already"):
        users.add("ZOË", "wall", SENTENCE)


def test_a_password_is_the_same_on_every_keyboard(users):
    users.add("kim", "coach", "Rücken gerade, immer")
    assert users.check("kim", "Ru\u0308cken gerade, immer").name == "kim"


@pytest.mark.parametrize(
    ("name", "role", "password", "bound", "said"),
    [
        ("kim lee", "coach", SENTENCE, {}, "is no name"),
        ("", "coach", SENTENCE, {}, "is no name"),
        ("k\u202em", "coach", SENTENCE, {}, "cannot be shown"),
        ("kim", "owner", SENTENCE, {}, "take one of coach, athlete, wall, admin"),
        ("kim", "athlete", SENTENCE, {}, "--athlete"),
        ("kim", "coach", SENTENCE, {"athlete": "sam"}, "--athlete"),
        ("kim", "coach", SENTENCE, {"gym": "a/b"}, "'a/b' is no name"),
        ("kim", "coach", "short", {}, "has 5 characters; take 12 or more"),
        ("kim", "coach", "x" * 257, {}, "has 257 characters; take 256 at most"),
        ("kim", "coach", "aaaaaaaaaaaabc", {}, "guessed at once"),
        ("kimberley-joan", "coach", "Kimberley-JoanKimberley-Joan", {}, "guessed at once"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(users, name, role, password, bound, said):
    with pytest.raises(AccessError, match=said):
        users.add(name, role, password, **bound)
    assert users.all() == []


def test_no_password_and_no_token_is_in_the_database(users, engine):
    users.add("kim", "coach", SENTENCE)
    cookie, _ = users.sessions.begin("kim", "coach")
    link = users.link("kim")
    with engine.connect() as connection:
        kept = " ".join(str(connection.execute(select(table)).all()) for table in TABLES.sorted_tables)
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in kept
    assert not [secret for secret in (SENTENCE, link, *cookie.split(".")) if secret in kept]


def test_a_password_that_was_kept_with_less_effort_is_kept_with_more_at_the_next_log_in(users, engine):
    from argon2 import PasswordHasher

    users.add("kim", "coach", None)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(SENTENCE)
    with engine.begin() as connection:
        connection.execute(update(USERS).values(password=weak))
    for _ in range(2):
        assert users.check("kim", SENTENCE) is not None
    with engine.connect() as connection:
        assert "m=65536" in connection.execute(select(USERS.c.password)).scalar_one()


def test_a_session_ends_by_itself_and_at_most_so_many_are_open(users, clock):
    users.add("kim", "coach", None)
    cookies = []
    for _ in range(MOST + 1):
        clock.now += 1.0
        cookies.append(users.sessions.begin("kim", "coach")[0])
    assert [users.sessions.viewer(cookie) is not None for cookie in cookies] == [False] + [True] * MOST
    clock.now += LASTS_S["coach"] - 0.5
    users.sessions.forget()
    assert [users.sessions.viewer(cookie) is not None for cookie in cookies[-2:]] == [False, True]


def test_a_cookie_of_another_dashboard_is_worth_nothing(users, tmp_path):
    other_engine = connect(str(tmp_path / "other.db"))
    other = Users(other_engine)
    for each in (users, other):
        each.add("kim", "coach", None)
    assert users.sessions.viewer(other.sessions.begin("kim", "coach")[0]) is None
    other_engine.dispose()


def test_the_first_admin_comes_by_a_link_that_is_good_once(users):
    link = users.first_link()
    with pytest.raises(AccessError, match="take 12 or more"):
        users.follow(link, "Boss", "short")
    assert users.follow(link, "Boss", SENTENCE).role == "admin"
    with pytest.raises(AccessError, match="leads nowhere"):
        users.follow(link, "other", SENTENCE)
    assert users.first_link() is None
    assert [user.name for user in users.all()] == ["boss"]


def test_of_two_who_follow_a_link_at_once_one_gets_in(users):
    link = users.first_link()

    def follow(name):
        try:
            return users.follow(link, name, SENTENCE).name
        except AccessError:
            return None

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(follow, ("one", "two")))
    assert sorted(user.name for user in users.all()) == sorted(filter(None, found))
    assert found.count(None) == 1


def test_a_link_gives_a_user_another_password_and_nobody_else(users, clock):
    users.add("kim", "coach", None)
    cookie, _ = users.sessions.begin("kim", "coach")
    old, link = users.link("kim"), users.link("kim")
    for dead in (old, "guess", ""):
        with pytest.raises(AccessError, match="leads nowhere"):
            users.follow(dead, "kim", SENTENCE)
    assert users.follow(link, "boss", SENTENCE).name == "kim"
    assert users.sessions.viewer(cookie) is None
    late = users.link("kim")
    clock.now += LINK_LASTS_S
    assert users.whose(late) == (False, None)


def test_the_last_admin_stays(users):
    users.add("boss", "admin", None)
    with pytest.raises(AccessError, match="boss is the only admin"):
        users.remove("boss")
    users.add("other", "admin", None)
    users.remove("boss")
    assert [user.name for user in users.all()] == ["other"]
    with pytest.raises(AccessError, match="there is no user boss"):
        users.remove("boss")


def test_with_an_athlete_go_the_users_who_saw_nobody_else(users):
    for name in ("sam", "sams-father"):
        users.add(name, "athlete", None, athlete="Sam")
    users.add("ana", "athlete", None, athlete="Ana")
    users.add("kim", "coach", None)
    users.remove_athlete("Sam")
    assert [user.name for user in users.all()] == ["ana", "kim"]


def test_users_are_where_they_were_when_the_dashboard_starts_again(users, engine, clock):
    users.add("kim", "coach", None)
    cookie, _ = users.sessions.begin("kim", "coach")
    again = Users(engine, clock)
    assert again.sessions.viewer(cookie) == users.all()[0] == again.all()[0]


def test_a_name_that_speaks_the_database_s_language_is_only_a_name(users, engine):
    users.add("x';drop\ttable".replace("\t", "") + "--", "coach", None)
    users.check("' OR '1'='1", SENTENCE)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access_user")).scalar_one() == 1


def test_what_is_wrong_has_a_sentence_in_every_language(users):
    users.add("kim", "admin", None)
    wrong = [
        lambda: users.add("kim", "coach", None),
        lambda: users.add("a b", "coach", None),
        lambda: users.add("ria", "coach", None, gym="a/b"),
        lambda: users.add("ria\u200b", "coach", None),
        lambda: users.add("ria", "owner", None),
        lambda: users.add("ria", "athlete", None),
        lambda: users.add("ria", "athlete", None, athlete="x" * 201),
        lambda: users.remove("kim"),
        lambda: users.link("nobody"),
    ]
    for act in wrong:
        with pytest.raises(AccessError) as refused:
            act()
        for language in languages():
            sentence = words(language).dashboard[f"access_{refused.value.word}"].format(**refused.value.values)
            assert all(str(value) in sentence for value in refused.value.values.values())


def test_with_an_athlete_go_the_users_who_see_nothing_else(users):
    for name, gym in (("one", None), ("two", "north"), ("three", "south")):
        users.add(name, "athlete", None, athlete="Sam", gym=gym)
    users.add("other", "athlete", None, athlete="Bo", gym="north")
    users.remove_athlete("Sam", "north")
    assert {user.name for user in users.all()} == {"one", "three", "other"}
    users.remove_athlete("Sam")
    assert {user.name for user in users.all()} == {"other"}
