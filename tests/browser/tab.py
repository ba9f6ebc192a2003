"""A tab of a real browser, driven by its own protocol: pages that live cannot be dumped when they are done."""

import base64
import json
import re
import subprocess
import time
from itertools import count
from pathlib import Path

from websockets.sync.client import connect

UNTIL = """new Promise((done, failed) => {{
  const look = () => {{ try {{ const found = ({what}); if (found) {{ stop(); done(found); }} }} catch (_) {{ }} }};
  const watch = new MutationObserver(look);
  const stop = () => {{ watch.disconnect(); clearTimeout(late); }};
  const fail = () => {{ stop(); failed(new Error("not within {seconds} s: " + document.body.innerText)); }};
  const late = setTimeout(fail, {seconds} * 1000);
  watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
  look();
}})"""


LISTEN = """addEventListener("securitypolicyviolation", (event) =>
  broken(event.effectiveDirective + " " + event.blockedURI + " " + event.sample))"""


def until(true, seconds=60):
    """Wait for what no page shows."""
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def card(name):
    """Return the expression for the card of that name on the wall."""
    return f"[...document.querySelectorAll('.card')].find((each) => each.querySelector('h2').innerText == {name!r})"


class Browser:
    """Chromium without a window; each `tab` is one by itself."""

    def __init__(self, profile):
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        command = ["chromium", *flags, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in self._process.stderr:
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                self.url = found[1]
                break
        self._log = (profile / "log").open("w")

    def __enter__(self):
        self._line = Line(self.url)
        return self

    def __exit__(self, *_):
        self._line.close()
        self._process.terminate()
        self._process.wait()
        self._process.stderr.close()
        self._log.close()

    def tab(self, width, height, *, dark=False, language="en", touch=False):
        """Open a tab of that size, in a context of its own: no cookie of another one."""
        context = self._line.call("Target.createBrowserContext")["browserContextId"]
        target = self._line.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        tab = Tab(self.url.rsplit("/devtools/", 1)[0] + f"/devtools/page/{target}")
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        tab.call("Network.enable")
        tab.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        for domain in ("Page", "Runtime", "Log"):
            tab.call(f"{domain}.enable")
        tab.call("Runtime.addBinding", name="broken")
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        return tab


class Line:
    def __init__(self, url):
        self._socket = connect(url, max_size=None, proxy=None)
        self._number = count(1)
        self.events = []

    def call(self, method, **params):
        number = next(self._number)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def close(self):
        self._socket.close()


class Tab(Line):
    def open(self, url):
        self.call("Page.navigate", url=url)
        return self

    def js(self, what):
        """Return what an expression comes to."""
        done = self.call("Runtime.evaluate", expression=what, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, what, seconds=20):
        """Wait until an expression is true, and return it; a page that is being loaded is asked again."""
        while True:
            try:
                return self.js(UNTIL.format(what=what, seconds=seconds))
            except AssertionError as error:
                if "context was destroyed" not in str(error) and "navigated" not in str(error):
                    raise

    def text(self):
        return self.js("document.body.innerText")

    def press(self, key, code=None, text=None):
        about = {"key": key, "code": code or key}
        if key == "Enter":
            about |= {"windowsVirtualKeyCode": 13, "text": "\r"}
        if key == "Tab":
            about |= {"windowsVirtualKeyCode": 9}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def write(self, text):
        self.call("Input.insertText", text=text)

    def click(self, which, text):
        self.js(f"[...document.querySelectorAll({which!r})].find((each) => each.innerText.includes({text!r})).click()")

    def focus(self, which, label):
        self.js(f"[...document.querySelectorAll({which!r})].find((each) => each.ariaLabel == {label!r}).focus()")

    @property
    def asked(self):
        """Every address that the page has asked for."""
        self.js("0")
        return [
            each["params"]["request"]["url"]
            for each in self.events
            if each.get("method") == "Network.requestWillBeSent"
        ]

    @property
    def broken(self):
        """Every breach of the page's content security policy, and every request that failed or was refused."""
        self.js("0")
        said = [(each.get("method"), each.get("params", {})) for each in self.events]
        rules = [about["payload"] for method, about in said if method == "Runtime.bindingCalled"]
        failed = [about for method, about in said if method == "Network.loadingFailed" and not about.get("canceled")]
        answers = [about["response"] for method, about in said if method == "Network.responseReceived"]
        return rules, failed, [each["url"] for each in answers if each["status"] >= 400]

    @property
    def complaints(self):
        """What stands on the browser's console as a warning or error."""
        self.js("0")
        said = [
            each["params"]
            for each in self.events
            if each.get("method") in {"Runtime.exceptionThrown", "Log.entryAdded"}
        ]
        return [each for each in said if each.get("entry", {}).get("level") in {None, "error", "warning"}]

    def picture(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
