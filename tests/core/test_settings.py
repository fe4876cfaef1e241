"""Settings: environment over file over default, and clear refusals."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from litmine.core.errors import ConfigError
from litmine.core.section import is_loopback
from litmine.core.sections import WebSettings
from litmine.core.settings import Settings, load_settings, origins

LOOPBACK = {
    "LITMINE_ARXIV__OAI_URL": "http://127.0.0.1:8000/oai",
    "LITMINE_ARXIV__RSS_URL": "http://localhost:8000/rss",
    "LITMINE_ARXIV__API_URL": "http://[::1]:8000/api/query",
}


@pytest.fixture
def setenv(monkeypatch):
    def set_all(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.fixture
def config(monkeypatch, tmp_path):
    def write(text):
        path = tmp_path / "litmine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("LITMINE_CONFIG", str(path))
        return path

    return write


def refusal():
    with pytest.raises(ConfigError) as caught:
        load_settings()
    said = str(caught.value)
    assert "\n" not in said
    return said


def origin_of(key):
    return next(row.origin for row in origins(load_settings()) if row.key == key)


def test_defaults_are_polite_and_stay_below_the_home_folder():
    settings = load_settings()
    assert settings.arxiv.min_gap_seconds == 3.0
    assert settings.data_dir.is_relative_to(Path.home())
    assert settings.database == f"sqlite:///{settings.data_dir}/litmine.db"
    assert settings.outputs == settings.data_dir / "out"
    assert settings.cache_dir == settings.data_dir / "cache"
    assert {row.origin for row in origins(settings)} == {"default"}


def test_environment_over_file_over_default(config, setenv):
    path = config('[arxiv]\ncontact = "file@example.org"\noverlap_days = 2\n')
    setenv(LITMINE_ARXIV__CONTACT="env@example.org")
    settings = load_settings()
    assert settings.arxiv.contact == "env@example.org"
    assert settings.arxiv.overlap_days == 2
    assert settings.arxiv.max_attempts == 5
    assert origin_of("arxiv.contact") == "environment LITMINE_ARXIV__CONTACT"
    assert origin_of("arxiv.overlap_days") == f"file {path}"
    assert origin_of("arxiv.max_attempts") == "default"


def test_every_setting_has_an_origin_and_a_description():
    rows = origins(load_settings())
    assert len({row.key for row in rows}) == len(rows) > 20
    assert all(row.origin and row.description for row in rows)


def test_file_in_the_working_folder_comes_before_the_users(setenv):
    user = Path.home() / ".config" / "litmine" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text("[queue]\nneighbours = 7\n")
    assert load_settings().queue.neighbours == 7
    Path("litmine.toml").write_text("[queue]\nneighbours = 8\n")
    assert load_settings().queue.neighbours == 8
    setenv(LITMINE_CONFIG=str(user))
    assert load_settings().queue.neighbours == 7


def test_named_file_must_exist(setenv, tmp_path):
    setenv(LITMINE_CONFIG=str(tmp_path / "absent.toml"))
    assert "absent.toml, which is not a file" in refusal()


@pytest.mark.parametrize("text", ["[arxiv\n", "a = \n", b"\xff\xfe"])
def test_bad_toml_names_the_file(config, text):
    path = config(text)
    assert f"{path} cannot be read as TOML" in refusal()


@pytest.mark.parametrize(
    "value", ["cs.CL,hep-th", " cs.CL , hep-th ,", '["cs.CL", "hep-th"]', "cs.CL,hep-th,cs.CL"]
)
def test_categories_as_a_comma_list_or_json(setenv, value):
    setenv(LITMINE_ARXIV__CATEGORIES=value)
    assert load_settings().arxiv.categories == ("cs.CL", "hep-th")


def test_categories_in_the_file(config):
    config('[arxiv]\ncategories = ["cs.CL"]\n')
    assert load_settings().arxiv.categories == ("cs.CL",)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ARXIV__CATEGORIES", '["cs.CL"', "is not a JSON list; write cs.CL,cs.LG"),
        ("ARXIV__CATEGORIES", "computer science", "is not an arXiv category"),
        ("ARXIV__CATEGORIES", ",", "name at least one category"),
        ("ARXIV__OVERLAP_DAYS", "one", "valid integer"),
        ("ARXIV__MIN_GAP_SECONDS", "nan", "finite"),
        ("ARXIV__MIN_GAP_SECONDS", "inf", "finite"),
        ("ARXIV__CONTACT", "a@b.org\r\nX-Evil: 1", "one line"),
        ("QUEUE__MIN_RELEVANCE", "1.5", "less than or equal to 1"),
        ("LOG__LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("DATA_DIR", " ", "name a folder"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(setenv, name, value, said):
    setenv(**{f"LITMINE_{name}": value})
    message = refusal()
    assert said in message
    assert f"LITMINE_{name}" in message


def test_a_wrong_value_in_the_file_names_the_file(config):
    path = config("[arxiv]\noverlap_days = 0\n")
    assert f"arxiv.overlap_days: Input should be greater than or equal to 1 (in {path}" in refusal()


def test_a_section_that_is_a_plain_value(config):
    config("arxiv = 3\n")
    assert "setting arxiv:" in refusal()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("LITMINE_ARXIV__CONTATC", "LITMINE_ARXIV__CONTACT"),
        ("LITMINE_DATADIR", "LITMINE_DATA_DIR"),
        ("LITMINE_LOG_LEVEL", "LITMINE_LOG__LEVEL"),
    ],
)
def test_unknown_variable_is_told_its_neighbour(setenv, name, near):
    setenv(**{name: "x"})
    assert f"{name} is not a setting of litmine; did you mean {near}?" in refusal()


def test_a_variable_that_names_a_section_is_told_its_parts(setenv):
    setenv(LITMINE_QUEUE='{"neighbours": 3}')
    assert "names a section; set its parts, such as LITMINE_QUEUE__" in refusal()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[arxiv]\ncontatc = 'x'", "arxiv.contatc is unknown"),
        ("[arxiv]\ncontatc = 'x'", "did you mean arxiv.contact?"),
        ("colour = 1", "setting colour is unknown"),
        ("_env_file = 'x'", "_env_file"),
    ],
)
def test_unknown_name_in_the_file(config, text, said):
    config(text)
    assert said in refusal()


def test_short_gap_only_on_loopback(setenv):
    setenv(LITMINE_ARXIV__MIN_GAP_SECONDS="0.1")
    assert "one request every three seconds" in refusal()
    setenv(**LOOPBACK)
    assert load_settings().arxiv.min_gap_seconds == 0.1


@pytest.mark.parametrize("name", sorted(LOOPBACK))
@pytest.mark.parametrize(
    "url", ["https://arxiv.org/x", "http://127.0.0.1.example.org/", "http://127.0.0.1@arxiv.org/"]
)
def test_one_url_off_loopback_is_enough_to_keep_the_gap(setenv, name, url):
    setenv(LITMINE_ARXIV__MIN_GAP_SECONDS="2.9", **(LOOPBACK | {name: url}))
    assert "one request every three seconds" in refusal()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/", True),
        ("http://127.8.9.1/", True),
        ("http://[::1]/", True),
        ("http://localhost.example.org/", False),
        ("http://10.0.0.1/", False),
        ("nonsense", False),
    ],
)
def test_is_loopback(url, expected):
    assert is_loopback(url) is expected


@pytest.mark.parametrize("url", ["ftp://arxiv.org/x", "arxiv.org", ""])
def test_urls_are_http(setenv, url):
    setenv(LITMINE_ARXIV__OAI_URL=url)
    assert "is not an http(s) URL" in refusal()


def test_home_is_expanded_and_an_empty_output_folder_is_the_default(setenv):
    setenv(LITMINE_DATA_DIR="~/mine", LITMINE_OUTPUT_DIR="")
    settings = load_settings()
    assert settings.data_dir == Path.home() / "mine"
    assert settings.outputs == Path.home() / "mine" / "out"


def test_levels_in_any_case(setenv):
    setenv(LITMINE_LOG__LEVEL="INFO", LITMINE_LOG__FORMAT="Json")
    assert (load_settings().log.level, load_settings().log.format) == ("info", "json")


def test_settings_cannot_be_changed_afterwards():
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.data_dir = Path("/")  # type: ignore[misc]
    assert isinstance(settings, Settings)


def test_tests_do_not_see_the_developers_environment():
    assert not [name for name in os.environ if name.upper().startswith("LITMINE_")]


@pytest.mark.parametrize(
    ("values", "base", "alone"),
    [
        ({}, "http://127.0.0.1:8765", True),
        ({"host": "::1", "port": 80}, "http://[::1]:80", True),
        ({"host": "0.0.0.0"}, f"http://{socket.gethostname()}:8765", False),
        ({"host": "::"}, f"http://{socket.gethostname()}:8765", False),
        ({"host": "192.0.2.7"}, "http://192.0.2.7:8765", False),
        ({"public_url": "https://r.example.org/"}, "https://r.example.org", False),
    ],
)
def test_where_browsers_find_the_application(values, base, alone):
    web = WebSettings(**values)
    assert (web.base_url, web.on_loopback) == (base, alone)
