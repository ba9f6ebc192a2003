import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from hinge_imu.config import ConfigError
from hinge_imu.dashboard.access.tables import TABLES
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.store.models import Base


def test_the_migrations_make_the_very_tables_that_the_code_speaks_of(store):
    with store.engine.connect() as connection:
        made = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(made, [Base.metadata, TABLES]) == []


def test_a_store_is_opened_again_by_several_at_once_and_keeps_what_is_in_it(url, heard, spoken):
    with ThreadPoolExecutor(3) as several:
        stores = list(several.map(lambda _: Store(url), range(3)))
    stores[0].take_all(heard(spoken("hinge")))
    stores.append(Store(url))
    assert [len(store.sessions()) for store in stores] == [1] * 4
    for store in stores:
        store.close()


def test_the_tables_of_a_later_version_are_left_alone(url):
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'next_year'"))
    store.close()
    with pytest.raises(ConfigError, match=r"later version of hinge-imu.*next_year"):
        Store(url)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql://coach@localhost/gym", "write sqlite:///PATH or postgresql"),
        ("postgresql://coach:a%20secret@/gym?host=/nowhere", "cannot be used.*is it running"),
        ("postgresql://localhost", "write sqlite"),
        ("sqlite://", "write sqlite"),
        ("://", "write sqlite"),
        ("/proc/store.sqlite", "/proc/store.sqlite.*cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_a_sentence_without_its_password(url, found):
    with pytest.raises(ConfigError, match=found) as refused:
        Store(url)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_committed_to_a_file_is_on_the_disk_and_who_reads_waits_for_nobody(tmp_path, heard, spoken):
    path = tmp_path / "somewhere" / "store.sqlite"
    store = Store(str(path))
    with store.engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert found == ["wal", 2, 1, 1]  # sqlite.org/pragma.html: 2 is FULL
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    assert store.sessions() == []
    other.rollback()
    other.close()
    store.close()
