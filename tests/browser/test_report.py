import pytest


@pytest.fixture(scope="module")
def desktop(opened, pages):
    return opened(pages["en"])


def test_every_picture_is_drawn(desktop):
    assert desktop.page["plots"] == 6
    assert desktop.page["drawn"] == 6


def test_the_console_stays_silent(desktop):
    assert desktop.console == []


def test_a_page_that_fetched_something_would_be_noticed(opened, pages, tmp_path):
    spoilt = tmp_path / "spoilt.html"
    text = pages["en"].read_text(encoding="utf-8")
    spoilt.write_text(text.replace("<main>", '<main><img src="http://localhost:9/picture.png">', 1), encoding="utf-8")
    assert any("Content Security Policy" in line for line in opened(spoilt).console)


def test_the_text_is_there(desktop):
    for words in ("The back held in 2 of 4 reps.", "Back rounds", "Dowel drill.", "What two sensors cannot know"):
        assert words in desktop.page["text"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_page_does_not_scroll_sideways_and_cuts_no_picture(opened, pages, language, width):
    seen = opened(pages[language], width).page
    assert seen["client"] == width
    assert seen["scroll"] <= width
    assert (seen["drawn"], seen["cut"]) == (6, 0)


def test_a_dark_page_is_dark(opened, pages, desktop):
    dark = opened(pages["en"], 390, "--blink-settings=preferredColorScheme=0").page
    assert (desktop.page["paper"], dark["paper"]) == ("rgb(255, 255, 255)", "rgb(20, 23, 27)")


def test_on_paper_all_pictures_are_drawn_even_those_never_scrolled_to(browser, pages, tmp_path):
    # Plotly's text becomes text of the PDF; a picture that was not drawn leaves a page lighter by its paths.
    with_, without = tmp_path / "with.pdf", tmp_path / "without.pdf"
    browser("--window-size=800,200", "--no-pdf-header-footer", f"--print-to-pdf={with_}", pages["en"].as_uri())
    bare = tmp_path / "bare.html"
    text = pages["en"].read_text(encoding="utf-8")
    bare.write_text(text.replace('paper.addEventListener("change"', '(() => 0)("change"', 1), encoding="utf-8")
    browser("--window-size=800,200", "--no-pdf-header-footer", f"--print-to-pdf={without}", bare.as_uri())
    assert with_.stat().st_size > 1.2 * without.stat().st_size
