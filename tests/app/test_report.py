import builtins
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from hinge_imu.app import report as wiring
from hinge_imu.app import workers as who
from hinge_imu.app.convert import convert
from hinge_imu.app.replay import replay
from hinge_imu.app.workers import cluster, helped, several, workers
from hinge_imu.commands import report as command
from hinge_imu.events import RepEvent
from hinge_imu.recording import open_recording


def made_of(path, **lift):
    return wiring.make(wiring.Task(path, "en", lift))


def reported(files, out, apply=map, **lift):
    return wiring.report(files, out, language="en", lift=lift, apply=apply)


@pytest.fixture
def copies(made, tmp_path):
    """The session three times, under three names."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    return [shutil.copy(made, folder / f"{name}.mcap") for name in ("first", "second", "third")]


def test_a_page_shows_the_very_numbers_of_a_second_look(made, tmp_path):
    (page,) = reported([made], tmp_path / "page.html")[0]
    text = page.read_text(encoding="utf-8")
    said = [event for event in replay(open_recording(made), smooth=True) if isinstance(event, RepEvent)]
    rows = re.findall(r"<tr><td>(\d+)</td><td>([^<]*)</td><td>(-?\d+)°</td><td>(-?\d+)°</td><td>(-?\d+)°</td>", text)
    assert rows == [
        (
            str(rep.rep),
            rep.tempo,
            *(f"{x:.0f}" for x in (rep.pelvis_rom_deg, rep.thorax_rom_deg, rep.spine_flexion_peak_deg)),
        )
        for rep in said
    ]


def test_the_page_stands_beside_its_recording_or_where_it_is_told(made, tmp_path):
    files = [tmp_path / "a" / "x.mcap", tmp_path / "b" / "x.mcap"]
    assert wiring.places(files, None) == [tmp_path / "a" / "x.html", tmp_path / "b" / "x.html"]
    assert wiring.places(files[:1], tmp_path / "page.html") == [tmp_path / "page.html"]
    assert wiring.places(files, tmp_path) == [tmp_path / "x.html", tmp_path / "x-2.html"]
    with pytest.raises(ValueError, match="2 recordings were given; name a folder"):
        wiring.places(files, tmp_path / "page.html")


def test_several_pages_get_an_index_that_leads_to_each(copies, tmp_path):
    written, wrong = reported(copies, tmp_path / "pages")
    assert [path.name for path in written] == ["first.html", "second.html", "third.html", "index.html"]
    assert wrong == []
    links = re.findall(r'href="([^"#]+\.html)"', written[-1].read_text(encoding="utf-8"))
    assert links == ["first.html", "second.html", "third.html"]


def test_two_processes_write_the_same_bytes_as_one(copies, tmp_path):
    alone, _ = reported(copies, tmp_path / "one")
    with several(2) as apply:
        together, _ = reported(copies, tmp_path / "two", apply)
    assert [path.read_bytes() for path in together] == [path.read_bytes() for path in alone]


def test_a_long_recording_that_two_processes_look_at_gives_the_same_bytes(copies, tmp_path, monkeypatch):
    alone, _ = reported(copies[:1], tmp_path / "one")
    monkeypatch.setattr(who, "LONG_BYTES", 0)
    with helped() as apply:
        together, _ = reported(copies[:1], tmp_path / "two", apply)
    assert [path.read_bytes() for path in together] == [path.read_bytes() for path in alone]


def test_a_long_recording_that_is_torn_is_named_all_the_same(made, tmp_path, monkeypatch):
    torn = tmp_path / "torn.csv"
    torn.write_text("nothing\n")
    monkeypatch.setattr(who, "LONG_BYTES", 0)
    with helped() as apply:
        written, (wrong,) = reported([torn], tmp_path / "pages", apply)
    assert written == []
    assert wrong.startswith(f"{torn}: ")


def test_where_memory_is_short_nobody_helps(copies, monkeypatch):
    monkeypatch.setattr(who, "LONG_BYTES", 0)
    monkeypatch.setattr(who.os, "cpu_count", lambda: 2)
    with workers(copies[:1], 1, None) as apply:
        assert apply is not map
    monkeypatch.setattr(who, "ROOM_BYTES", 2**60)
    with workers(copies[:1], 1, None) as apply:
        assert apply is map


def test_short_recordings_are_worked_on_by_this_process_alone(copies):
    with workers(copies, 1, None) as apply:
        assert apply is map


def test_a_cluster_writes_the_same_bytes_as_one_process(copies, tmp_path):
    alone, _ = reported(copies[:2], tmp_path / "one")
    with cluster("local", 2) as apply:
        together, _ = reported(copies[:2], tmp_path / "cluster", apply)
    assert [path.read_bytes() for path in together] == [path.read_bytes() for path in alone]


def test_a_scheduler_that_is_not_there_is_named_with_the_mend():
    with (
        pytest.raises(ValueError, match=r"--cluster nowhere: no Dask scheduler.*or name local"),
        cluster("nowhere", 1),
    ):
        pass


def test_a_page_is_made_from_one_sensor(made, tmp_path):
    convert(made, tmp_path / "both.csv")
    lines = (tmp_path / "both.csv").read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    cells = np.array([line.split(",") for line in lines[len(comments) :]])
    kept = [i for i, name in enumerate(cells[0]) if name == "t_s" or name.startswith("pelvis")]
    one = tmp_path / "one.csv"
    one.write_text("\n".join([*comments, *(",".join(row) for row in cells[:, kept])]) + "\n")
    made_page = made_of(one)
    assert "The sensor on the upper back was not worn" in made_page.halves[0]
    assert [lift.measured for lift in made_page.overview.lifts] == [0]


def test_a_recording_of_standing_still_gives_a_page_that_says_so(made, tmp_path):
    convert(made, tmp_path / "whole.csv")
    lines = (tmp_path / "whole.csv").read_text().splitlines()
    (tmp_path / "still.csv").write_text("\n".join(lines[:250]) + "\n")
    assert "No reps in this recording." in made_of(tmp_path / "still.csv").halves[0]


def test_a_prescription_on_the_command_line_is_held_against_the_reps(made):
    assert "The tempo was kept in" in made_of(made, tempo="3-1-1-0").halves[0]
    assert "The tempo was kept in" not in made_of(made).halves[0]


def test_the_prescription_comes_with_what_each_digit_may_be_off_by():
    assert wiring.asked("3-1-X-0") == ((3.0, pytest.approx(0.6)), (1.0, 0.3), None, (0.0, 0.3))
    assert wiring.asked(None) == (None,) * 4


def test_what_is_wrong_with_one_recording_keeps_no_other_from_its_page(hinge_imu, made, tmp_path):
    torn = tmp_path / "torn.csv"
    torn.write_text("nothing\n")
    done = hinge_imu("report", torn, made, "-o", tmp_path / "pages")
    assert done.returncode == 2
    assert f"hinge-imu: {torn}: " in done.stderr
    assert (tmp_path / "pages" / "session.html").exists()


def test_the_command_writes_a_page_and_says_where(hinge_imu, made, tmp_path):
    done = hinge_imu("report", made, "-o", tmp_path / "page.html", "--language", "de")
    assert (done.returncode, done.stderr) == (0, f"wrote {tmp_path / 'page.html'}\n")
    assert '<html lang="de">' in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--language", "fr"], "--language fr: is not known; name one of de, en"),
        (["--tempo", "fast"], "tempo 'fast': has 1 parts"),
        (["--exercise", "curl"], "--exercise curl: is not known"),
    ],
)
def test_what_is_wrong_with_the_call_is_one_sentence(hinge_imu, made, tmp_path, options, sentence):
    done = hinge_imu("report", made, "-o", tmp_path / "page.html", *options)
    assert done.returncode == 2
    assert done.stderr.startswith(f"hinge-imu: {sentence}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("module", "extra"), [("plotly", "report"), ("distributed", "cluster")])
def test_a_missing_extra_is_named_with_the_command_that_brings_it(made, monkeypatch, module, extra):
    kept = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == module:
            raise ImportError(name)
        return kept(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=re.escape(f"pip install 'hinge-imu[{extra}]'")):
        command.report([made], cluster="local")


def test_the_command_needs_neither_plotly_nor_dask_to_start():
    program = "import sys, hinge_imu.cli, hinge_imu.app.report; print({'plotly', 'distributed'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_recording_that_asks_for_a_tempo_that_there_is_not_is_named(made, tmp_path):
    convert(made, tmp_path / "whole.csv")
    odd = tmp_path / "odd.csv"
    odd.write_text("# tempo: fast\n" + (tmp_path / "whole.csv").read_text())
    assert made_of(odd).wrong.startswith(f"{odd}: the header line '# tempo: fast' is no tempo")
