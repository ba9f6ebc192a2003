import msgspec
import pytest
import typer
from typer.testing import CliRunner

from hinge_imu.commands.dashboard_strap import dashboard_strap
from hinge_imu.config import ConfigError
from hinge_imu.dashboard.tokens import Tokens


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path / "tokens.json")


def test_a_token_says_whose_it_is(tokens):
    given = {strap: tokens.new("gym", strap) for strap in ("one", "two")}
    assert {strap: tokens.strap_of(token) for strap, token in given.items()} == {"one": "gym/one", "two": "gym/two"}
    assert tokens.strap_of("guess") is None


def test_a_new_token_takes_the_place_of_the_one_before(tokens):
    lost, found = tokens.new("gym", "one"), tokens.new("gym", "one")
    assert tokens.strap_of(lost) is None
    assert tokens.strap_of(found) == "gym/one"


def test_a_token_that_was_taken_back_is_nobody_s(tokens):
    given = {strap: tokens.new("gym", strap) for strap in ("one", "two")}
    assert [tokens.take_back("gym", "one") for _ in range(2)] == [True, False]
    assert [tokens.strap_of(given[strap]) for strap in ("one", "two")] == [None, "gym/two"]


def test_a_token_is_given_out_and_taken_back_by_hand(tmp_path, tokens):
    def call(*words):
        application = typer.Typer()
        application.command()(dashboard_strap)
        return CliRunner().invoke(application, ["gym", "one", "--uploads", str(tmp_path), *words])

    assert tokens.strap_of(call().stdout.strip()) == "gym/one"
    assert "can send nothing more" in call("--take-back").stdout
    assert "gym/one has no token" in str(call("--take-back").exception)


def test_the_file_holds_no_token_and_is_for_its_owner_only(tokens, tmp_path):
    token = tokens.new("gym", "one")
    path = tmp_path / "tokens.json"
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_where_no_token_was_given_out_nobody_is_known(tokens):
    assert tokens.strap_of("") is None


def test_a_damaged_file_lets_nobody_in_and_says_so(tokens, tmp_path):
    (tmp_path / "tokens.json").write_text("{torn")
    with pytest.raises(ConfigError, match=r"tokens\.json: cannot be read .* give out new tokens"):
        tokens.strap_of("guess")


def test_a_name_that_is_no_name_gets_no_token(tokens):
    with pytest.raises(msgspec.ValidationError):
        tokens.new("gym", "one/two")
