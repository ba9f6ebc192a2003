"""Who may look, and what an administrator does about it."""

import csv
from urllib.parse import quote

from browser.program import SECRET
from browser.straps import HOSTILE

from hinge_imu.dashboard.access.pages import COOKIE


def test_an_administrator_adds_a_user_who_follows_the_link_and_is_removed_again(users, chrome, program):
    users.focus("form.user input", "Name to log in by")
    users.write("Nia")
    users.press("Enter")
    link = users.until("document.querySelector('input.link')?.value")
    assert users.until("document.activeElement.innerText == 'Copy'")
    users.press("Enter")
    assert users.until("document.activeElement.innerText == 'Copied'")
    chosen = chrome.tab(390, 844).open(link)
    chosen.until("document.querySelectorAll('input[type=password]').length == 2")
    chosen.js(f"document.querySelectorAll('input[type=password]').forEach((each) => each.value = {SECRET!r})")
    chosen.js("document.querySelector('form').requestSubmit()")
    chosen.until("document.querySelector('.wall')")
    users.open(f"{program.url}/users")
    row = "[...document.querySelectorAll('li.user')].find((each) => each.querySelector('strong').innerText == 'nia')"
    users.until(row)
    assert users.js("document.querySelectorAll('input.link').length") == 0
    assert users.js(f"{row}.querySelector('.grave').checkVisibility()") is False
    users.js(f"{row}.querySelector('summary').click()")
    users.js(f"{row}.querySelector('.grave').click()")
    users.until("document.querySelector('.told').innerText.includes('nia can no longer log in')")
    assert "nia" not in {user.name for user in program.users.all()}
    assert users.js("document.documentElement.scrollWidth") <= 390


def test_what_is_wrong_with_a_user_is_said_on_the_page(users):
    for name, said in (("anna", "There is a user anna already"), ("a b", "“a b” is no name")):
        users.focus("form.user input", "Name to log in by")
        users.js("document.activeElement.select()")
        users.write(name)
        users.press("Enter")
        users.until(f"document.querySelector('.told .trouble')?.innerText.includes({said!r})")
    users.js("[...document.querySelectorAll('li.user')][0].querySelector('.grave').click()")
    users.until("document.querySelector('.told').innerText.includes('ada is the only administrator')")


def test_an_administrator_of_one_gym_has_to_do_with_its_users_only(chrome, program):
    program.users.add("eve", "admin", None, gym="elsewhere")
    cookie, _ = program.users.sessions.begin("eve", "admin")
    tab = chrome.tab(1024, 768)
    tab.call("Network.setCookie", name=COOKIE, value=cookie, url=program.url)
    tab.open(f"{program.url}/users")
    tab.until("document.querySelectorAll('li.user').length")
    assert tab.js("[...document.querySelectorAll('li.user strong')].map((each) => each.innerText)") == ["eve", "gia"]
    tab.focus("form.user input", "Name to log in by")
    tab.write("ivo")
    tab.press("Enter")
    tab.until("document.querySelector('input.link')")
    assert [user.gym for user in program.users.all() if user.name == "ivo"] == ["elsewhere"]
    for name in ("eve", "ivo"):
        program.users.remove(name)


def test_a_coach_is_shown_no_users(coach, program):
    assert "Users" not in coach.text()
    coach.open(f"{program.url}/users")
    coach.until("document.querySelector('main').innerText.includes('nobody of that name')")
    assert coach.js("document.querySelectorAll('li.user, form.user').length") == 0


def test_every_rep_of_an_athlete_is_there_as_a_table_for_whoever_may_see_it(history, program):
    link = "[...document.querySelectorAll('a[download]')].find((each) => each.innerText == 'CSV').href"
    assert history.tab.js(link) == f"{program.url}/export/Sam.csv"
    answer = program.get("anna", "/export/Sam.csv")
    lines = list(csv.DictReader(answer.text.splitlines()))
    standing = sum(len(history.store.reps(session.id)) for session in history.store.sessions("Sam"))
    assert len(lines) == standing > 0
    assert {line["athlete"] for line in lines} == {"Sam"}
    assert answer.headers["content-disposition"] == "attachment; filename=\"Sam.csv\"; filename*=UTF-8''Sam.csv"
    assert program.get("sam", "/export/Sam.parquet").content.startswith(b"PAR1")
    hostile = program.get("anna", f"/export/{quote(HOSTILE, safe='')}.csv")
    assert hostile.headers["content-disposition"].startswith('attachment; filename="_img src=x onerror=document.title=')
    refused = [("sam", HOSTILE), ("screen", "Sam"), ("gia", "Sam"), ("anna", "Nobody")]
    assert {program.get(user, f"/export/{quote(name, safe='')}.csv").status_code for user, name in refused} == {404}
    assert program.get("anna", "/export/Sam.xls").status_code == 404


def test_an_athlete_who_wants_to_be_forgotten_is_deleted_once_the_name_was_written(admin, program, tmp_path):
    recording = tmp_path / "leo.mcap"
    recording.touch()
    program.store.recorded(recording, {"session_id": "leo-1", "gym": "gym", "strap": "strap3", "athlete": "Leo"})
    program.users.add("leo", "athlete", None, athlete="Leo")
    admin.open(f"{program.url}/athlete/Leo")
    admin.until("document.querySelector('.again')")
    assert "1 session (reps: 0), every note, every uploaded recording (1)" in admin.js(
        "document.querySelector('.again').textContent"
    )
    for name, then in (
        ("Sam", "document.body.innerText.includes('nothing was deleted')"),
        ("Leo", "!location.pathname.includes('Leo')"),
    ):
        admin.js("document.querySelector('.again').open = true")
        admin.js("document.querySelector('.again input').focus()")
        admin.js("document.querySelector('.again input').select()")
        admin.write(name)
        admin.press("Enter")
        admin.until(then)
    admin.until("document.querySelector('.list')")
    assert "Leo" not in admin.text()
    assert (program.store.sessions("Leo"), recording.exists()) == ([], False)
    assert "leo" not in {user.name for user in program.users.all()}
    assert len(program.store.sessions("Sam")) == 3
