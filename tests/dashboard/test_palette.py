"""Colours that everybody can read: WCAG 2.2, success criterion 1.4.3, over the style of the pages."""

import re
from importlib.resources import files
from itertools import product

import pytest

STYLE = (files("hinge_imu.dashboard.pages") / "style.css").read_text(encoding="utf-8")
LEAST = 4.5
PAPERS = ("paper", "card")


def palette(selector):
    block = re.search(re.escape(selector) + r" \{(.*?)\}", STYLE, re.DOTALL)[1]
    return dict(re.findall(r"--(\w+): (#\w{6});", block))


THEMES = {"light": palette(":root"), "dark": palette(".body--dark")}


def luminance(colour):
    """The relative luminance of sRGB, as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_reckoned_as_it_is_defined():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_what_it_stands_on(theme):
    colours = THEMES[theme]
    texts = set(re.findall(r"[{;]\s*color: var\(--(\w+)\)", STYLE)) - {"paper"}
    assert texts == {"ink", "quiet", "good", "fault"}
    pairs = {*product(texts, PAPERS), ("paper", "good")}
    found = {pair: contrast(*(colours[name] for name in pair)) for pair in pairs}
    assert not {pair: round(value, 2) for pair, value in found.items() if value < LEAST}


def test_text_has_no_other_colour_and_stands_on_nothing_else():
    assert set(re.findall(r"[{;]\s*color: (?!var|inherit)([^;}]+)", STYLE)) == set()
    grounds = set(re.findall(r"background: var\(--(\w+)\)", STYLE))
    assert grounds - {*PAPERS, "good"} == {"fault", "band"}  # the needle and the band of the gauge: no text


def test_what_tells_how_it_went_is_white_on_a_colour_that_carries_it():
    for colour in re.findall(r"--q-(?:positive|negative): (#\w{6})", STYLE):
        assert contrast("#ffffff", colour) >= LEAST


def test_no_text_is_faded():
    faded = [rule for rule in STYLE.split("}") if "opacity:" in rule]
    assert len(faded) == 1
    assert all(re.search(r"\.(moves|gauge i)$", each.strip()) for each in faded[0].split("{")[0].split(","))
