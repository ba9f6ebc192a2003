"""The dashboard's own command, running, and how one gets in."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from hinge_imu.dashboard.access.pages import COOKIE
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.store import Store

SECRET = "no dowel leaves the back"  # noqa: S105 - of users that live as long as these tests
USERS = {
    "ada": ("admin", None),
    "anna": ("coach", None),
    "ria": ("coach", None),
    "sam": ("athlete", "Sam"),
    "screen": ("wall", None),
}


class Program:
    """The command, running; `store` is what it keeps."""

    def __init__(self, broker, folder):
        self.store = Store(str(folder / "dashboard.db"))
        self.users = Users(self.store.engine)
        for name, (role, athlete) in USERS.items():
            self.users.add(name, role, SECRET, athlete=athlete)
        self.users.add("gia", "coach", None, gym="elsewhere")
        self.uploads = folder / "uploads"
        where = ("--database", folder / "dashboard.db", "--port", "0", "--uploads", self.uploads)
        self._folder = folder
        self._command = [Path(sys.executable).parent / "hinge-imu", "dashboard", "--mqtt", broker.url, *where]
        self._start()

    def _start(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True, cwd=self._folder)
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "dashboard is at" in line:
                break
        self.url = re.search(r"dashboard is at (\S+)", "".join(said))[1]

    def get(self, user, path):
        """Ask for something as a program that has a user's cookie would."""
        cookie, _ = self.users.sessions.begin(user, "coach")
        return httpx.get(self.url + path, cookies={COOKIE: cookie}, trust_env=False, timeout=60)

    def fall_and_rise(self, meanwhile):
        """Be killed at once, and be started again, at another address."""
        self._process.kill()
        self._process.communicate()
        meanwhile()
        self._start()

    def close(self):
        self.store.close()
        self._process.send_signal(signal.SIGTERM)
        self.said = self._process.communicate(timeout=20)[1]
        assert self._process.returncode == 0, self.said


def enter(tab, user):
    """Log in where one is asked to; what comes of it is the wall."""
    tab.until("document.querySelector('input[name=secret]')")
    for field, value in (("name", user), ("secret", SECRET)):
        tab.js(f"document.querySelector('input[name={field}]').value = {value!r}")
    tab.js("document.querySelector('form').requestSubmit()")
    tab.until("document.querySelector('.wall')")
    return tab
