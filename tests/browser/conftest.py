"""A real browser, without a window: it opens a page at a width, and tells what the page became and complained of."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest

from hinge_imu.app import report as wiring

RECORDINGS = Path(__file__).parents[2] / "recordings"

FRAME = """<!doctype html><body style="margin:0"><iframe style="width:{width}px;height:7000px;border:0"></iframe>
<script>
  const frame = document.querySelector("iframe");
  frame.onload = () => setTimeout(() => {{
    const page = frame.contentDocument;
    const seen = {{
      client: page.documentElement.clientWidth,
      scroll: page.documentElement.scrollWidth,
      plots: page.querySelectorAll(".plot").length,
      drawn: [...page.querySelectorAll(".plot[id]")].filter((each) => each.querySelector(".main-svg path")).length,
      cut: [...page.querySelectorAll(".plot[id]")].filter((each) => each.scrollWidth > each.clientWidth + 1).length,
      text: page.body.innerText,
      paper: getComputedStyle(page.body).backgroundColor,
    }};
    const said = document.createElement("pre");
    said.textContent = JSON.stringify(seen);
    document.body.replaceChildren(said);
  }}, 5000);
  frame.src = {page};
</script>"""


class Seen(NamedTuple):
    """What the page looked like from inside, and every line on the browser's console."""

    page: dict
    console: list[str]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    def run(*options):
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
        profile = f"--user-data-dir={tmp_path_factory.mktemp('profile')}"
        logging = ("--enable-logging=stderr", "--allow-file-access-from-files", "--virtual-time-budget=90000")
        return subprocess.run(
            ["chromium", *flags, *logging, profile, *options], capture_output=True, text=True, timeout=120, check=True
        )

    return run


@pytest.fixture(scope="session")
def opened(browser, tmp_path_factory):
    def look(page, width=1100, *options):
        frame = tmp_path_factory.mktemp("frame") / "frame.html"
        frame.write_text(FRAME.format(width=width, page=json.dumps(page.as_uri())), encoding="utf-8")
        done = browser(f"--window-size={max(width, 600)},7200", *options, "--dump-dom", frame.as_uri())
        (said,) = re.findall(r"<pre>(.*)</pre>", done.stdout, re.DOTALL)
        console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
        return Seen(json.loads(unescape(said)), console)

    return look


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The page of a session in each language, with everything on it that there is."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for language in ("en", "de"):
        target = folder / f"{language}.html"
        lift = {"tempo": "3-1-1-0"}
        wiring.report([RECORDINGS / "simulated_hinge.mcap"], target, language=language, lift=lift)
        found[language] = target
    return found
