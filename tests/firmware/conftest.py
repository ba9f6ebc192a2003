"""The folders of what is shipped beside the package."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def firmware():
    return ROOT / "firmware_config"


@pytest.fixture(scope="session")
def units():
    return ROOT / "systemd"


@pytest.fixture(scope="session")
def docs():
    return ROOT / "docs"
