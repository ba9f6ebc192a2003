"""What a browser is told to call a file, whatever the athlete is called."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.dashboard.pages.downloads import LONGEST, disposition


def called(header):
    """Return the file's name in a header (RFC 8187)."""
    return unquote(header.partition("filename*=UTF-8''")[2], errors="strict")


@pytest.mark.parametrize(
    ("athlete", "name"),
    [
        ("Sam", "Sam.csv"),
        ("Jörg Weiß", "Jörg Weiß.csv"),
        ("نورة", "نورة.csv"),
        ("../../etc/passwd", "_.._etc_passwd.csv"),
        ('a"; filename="b.exe', "a_; filename=_b.exe.csv"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x.csv"),
        ("हिन्दी 100%", "हिन्दी 100_.csv"),
        ("photo\u202egpj", "photo_gpj.csv"),
        ("..", "reps.csv"),
        ("", "reps.csv"),
    ],
)
def test_a_file_is_called_as_its_athlete_as_far_as_any_disk_can_bear(athlete, name):
    assert called(disposition(athlete, ".csv")) == name


@given(st.text())
def test_no_name_breaks_out_of_its_header_or_of_its_folder(athlete):
    header = disposition(athlete, ".parquet")
    assert header.isascii()
    assert re.fullmatch(r'attachment; filename="[^"\\/%\r\n]+"; filename\*=UTF-8\'\'[\w.%~-]+', header)
    name = called(header)
    assert name.endswith(".parquet")
    assert len(name) <= LONGEST + len(".parquet")
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    assert name.isprintable()
