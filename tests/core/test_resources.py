"""Where models and corpus lie."""

from __future__ import annotations

import pytest

from litmine.core.errors import ConfigError
from litmine.core.resources import corpus_dir, models_dir, resource_root


def test_a_checkout_finds_its_own():
    assert (corpus_dir() / "taxonomy.toml").is_file()
    assert models_dir() == resource_root() / "models"


def test_the_variable_wins(monkeypatch, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "taxonomy.toml").touch()
    monkeypatch.setenv("LITMINE_RESOURCES", str(tmp_path))
    assert corpus_dir() == tmp_path / "corpus"
    assert models_dir() == tmp_path / "models"


def test_a_wrong_variable_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("LITMINE_RESOURCES", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"nowhere.*LITMINE_RESOURCES"):
        corpus_dir()
