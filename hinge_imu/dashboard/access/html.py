"""The few pages that are shown to whoever is not in yet, or is leaving: plain HTML, no script, English and German."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse

from hinge_imu.dashboard.access.passwords import AccessError

ENGLISH = {
    "login": "Log in",
    "logout": "Log out",
    "setup": "Choose a password",
    "password": "Change the password",
    "done": "Done",
    "name": "Name",
    "current": "Password until now",
    "secret": "Password",
    "new": "New password",
    "again": "Once more",
    "back": "To the dashboard",
    "wrong": "Name and password do not fit.",
    "wait": "Too many tries. The next one is possible in {seconds} s.",
    "busy": "Too many log in at once. Try again in a moment.",
    "differs": "The two passwords are not the same.",
    "nowhere": "This link leads nowhere: it was used, or is too old. Have another one made.",
    "first": "Whoever follows this link runs the dashboard, and adds the other users.",
    "ends": "Everybody who is logged in by this name is logged out.",
    "short": "The password has {length} characters; take {least} or more, a sentence for example.",
    "long": "The password has {length} characters; take {most} at most.",
    "guessed": "The password is guessed at once; take a sentence, for example.",
    "taken": "There is a user {name} already; take another name.",
    "no_name": "“{name}” is no name: 1 to 64 characters, no space and none of / + #.",
    "unshowable": "The name has characters that cannot be shown; take others.",
    "who": "Logged in: {name}",
    "yours": "You log in as {name}.",
}
"""What is said, by where it stands."""

GERMAN = {
    "login": "Anmelden",
    "logout": "Abmelden",
    "setup": "Passwort wählen",
    "password": "Passwort ändern",
    "done": "Fertig",
    "name": "Name",
    "current": "Bisheriges Passwort",
    "secret": "Passwort",
    "new": "Neues Passwort",
    "again": "Noch einmal",
    "back": "Zum Dashboard",
    "wrong": "Name und Passwort passen nicht zusammen.",
    "wait": "Zu viele Versuche. Der nächste ist in {seconds} s möglich.",
    "busy": "Zu viele melden sich gerade an. Gleich noch einmal versuchen.",
    "differs": "Die beiden Passwörter sind nicht gleich.",
    "nowhere": "Dieser Link führt nirgendwohin: Er wurde benutzt oder ist zu alt. Bitte einen neuen machen lassen.",
    "first": "Wer diesem Link folgt, verwaltet das Dashboard und legt die anderen Benutzer an.",
    "ends": "Wer unter diesem Namen angemeldet ist, wird überall abgemeldet.",
    "short": "Das Passwort hat {length} Zeichen; nimm mindestens {least}, einen Satz zum Beispiel.",
    "long": "Das Passwort hat {length} Zeichen; nimm höchstens {most}.",
    "guessed": "Das Passwort ist sofort erraten; nimm zum Beispiel einen Satz.",
    "taken": "{name} gibt es schon; nimm einen anderen Namen.",
    "no_name": "„{name}“ ist kein Name: 1 bis 64 Zeichen, kein Leerzeichen und keines von / + #.",
    "unshowable": "Der Name hat Zeichen, die sich nicht zeigen lassen; nimm andere.",
    "who": "Angemeldet: {name}",
    "yours": "Du meldest dich als {name} an.",
}
"""The same in German."""

Problem: TypeAlias = str | int | AccessError
"""What can go wrong: a word of the table, how many seconds to wait, or what cannot be used."""


class Page:
    """One page on its way to be: a title, then what is added, in the language that the browser asks for."""

    def __init__(self, request: Request, title: str) -> None:
        self._german = request.headers.get("accept-language", "").lower().startswith("de")
        self._base = request.scope.get("root_path", "")
        self._title = title
        self._parts: list[str] = []

    def say(self, word: str, **values: object) -> Page:
        """Add a paragraph."""
        self._parts.append(f"<p>{escape(self._words[word].format(**values))}</p>")
        return self

    def alert(self, problem: Problem | None) -> Page:
        """Add what went wrong, if anything did."""
        if problem is not None:
            self._parts.append(f'<p role="alert">{escape(self._sentence(problem))}</p>')
        return self

    def link(self, word: str, path: str) -> Page:
        """Add a link to a path of the dashboard."""
        self._parts.append(f'<p><a href="{escape(self._base + path)}">{escape(self._words[word])}</a></p>')
        return self

    def form(self, path: str, *fields: str, name: str | None = None, **hidden: str) -> Page:
        """Add a form that is sent to a path; its button says what the page is called."""
        inside = [f'<input type="hidden" name="{key}" value="{escape(value)}">' for key, value in hidden.items()]
        inside += [self._field(field, name) for field in fields]
        button = f"<button>{escape(self._words[self._title])}</button>"
        self._parts.append(f'<form method="post" action="{escape(self._base + path)}">{"".join(inside)}{button}</form>')
        return self

    def answer(self, status: int = 200) -> HTMLResponse:
        """Return the page."""
        words = {"language": "de" if self._german else "en", "title": escape(self._words[self._title])}
        return HTMLResponse(_template().substitute(words, body="\n".join(self._parts)), status)

    def _sentence(self, problem: Problem) -> str:
        if isinstance(problem, int):
            return self._words["wait"].format(seconds=problem)
        if isinstance(problem, str):
            return self._words[problem]
        word = self._words.get(problem.word)
        return str(problem) if word is None else word.format(**problem.values)

    @property
    def _words(self) -> dict[str, str]:
        return GERMAN if self._german else ENGLISH

    def _field(self, field: str, name: str | None) -> str:
        kind, fill, known = _FIELDS[field]
        value = f' value="{escape(name)}"' if field == "name" and name else ""
        focus = " autofocus" if field == known else ""
        about = f'name="{field}" type="{kind}" autocomplete="{fill}" maxlength="256" required{value}{focus}'
        return f"<label>{escape(self._words[field])}<input {about}></label>"


# What each field is for, by https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill
_FIELDS = {
    "name": ("text", "username", "name"),
    "secret": ("password", "current-password", ""),
    "current": ("password", "current-password", "current"),
    "new": ("password", "new-password", ""),
    "again": ("password", "new-password", ""),
}


@cache
def _template() -> Template:
    return Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
