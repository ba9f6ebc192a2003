"""The few pages that are shown to whoever is not in yet, or is leaving: plain HTML, no script, English and German."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

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
    "who": "Angemeldet: {name}",
    "yours": "Du meldest dich als {name} an.",
}
"""The same in German."""


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

    def alert(self, problem: str | int | None) -> Page:
        """Add what went wrong, if anything did: a word of the table, a sentence, or how many seconds to wait."""
        if problem is not None:
            sentence = self._words["wait"].format(seconds=problem) if isinstance(problem, int) else problem
            self._parts.append(f'<p role="alert">{escape(self._words.get(sentence, sentence))}</p>')
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
