import csv

import pytest
from pyarrow.parquet import read_table

from hinge_imu.dashboard.store.export import COLUMNS
from hinge_imu.events import RepEvent


@pytest.fixture
def filled(store, heard, spoken):
    store.take_all(heard(spoken("toe_touch", athlete="=1+1", started_utc="2025-01-31T17:05:00+00:00")))
    store.take_all(heard(spoken("session", athlete="Bo")))
    return store


def everything(store):
    reps = [rep for session in reversed(store.sessions()) for rep in store.reps(session.id)]
    return sorted(reps, key=lambda rep: rep.athlete, reverse=False)


def test_every_number_of_every_rep_that_stands_is_in_the_file(filled, tmp_path):
    reps = everything(filled)
    assert filled.export(tmp_path / "reps.parquet") == len(reps) == 6
    assert filled.export(tmp_path / "reps.csv") == 6
    table = read_table(tmp_path / "reps.parquet").to_pylist()
    with (tmp_path / "reps.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert set(COLUMNS) >= set(RepEvent.__struct_fields__)
    for rep, row, line in zip(reps, table, lines, strict=True):
        assert tuple(row) == tuple(line) == COLUMNS
        numbers = {name: value for name, value in rep.data.items() if isinstance(value, int | float | None)}
        assert {name: row[name] for name in numbers.keys() & set(COLUMNS)} == {
            name: value for name, value in numbers.items() if name in COLUMNS and name != "athlete"
        } | ({"athlete": rep.athlete} if "athlete" in numbers else {})
        assert {name: float(line[name] or "nan") for name in numbers if name in COLUMNS} == pytest.approx(
            {name: float("nan") if value is None else value for name, value in numbers.items() if name in COLUMNS},
            nan_ok=True,
        )
        assert row["faults"].split() == line["faults"].split() == sorted({fault["name"] for fault in rep.faults})
        assert row["start_utc"] == (rep.start_utc and rep.start_utc.isoformat(timespec="milliseconds"))


def test_what_a_name_says_is_no_formula_to_a_spreadsheet(filled, tmp_path):
    filled.export(tmp_path / "reps.csv", athlete="=1+1")
    with (tmp_path / "reps.csv").open(encoding="utf-8", newline="") as file:
        assert {line["athlete"] for line in csv.DictReader(file)} == {"'=1+1"}
    filled.export(tmp_path / "reps.parquet", athlete="=1+1")
    assert set(read_table(tmp_path / "reps.parquet")["athlete"].to_pylist()) == {"=1+1"}


def test_what_is_no_table_is_refused(filled, tmp_path):
    with pytest.raises(ValueError, match="choose one of these suffixes"):
        filled.export(tmp_path / "reps.xls")
    assert filled.export(tmp_path / "none.csv", athlete="nobody") == 0
    assert (tmp_path / "none.csv").read_text(encoding="utf-8").splitlines() == [",".join(COLUMNS)]
    assert filled.export(tmp_path / "none.parquet", gym="nowhere") == 0
    assert read_table(tmp_path / "none.parquet").num_rows == 0
