"""Model folders and the champion pointer: found, checked, changed whole or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from litmine.classify.registry import POINTER, SHIPPED, Registry, champion, champion_order
from litmine.core.errors import ArtefactMismatch, ModelError, NotFound
from litmine.core.settings import Settings, load_settings
from litmine.encode.artefact import seal_artefact

AT = "2026-07-01T04:00:00+00:00"


def seal(folder: Path, kind: str = "classifier", weight: str = "1", encoder: str = "tiny") -> str:
    """Write a model folder of one file; return its id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights").write_text(weight)
    settings = {"encoder_id": encoder}
    return seal_artefact(
        folder, kind=kind, name="m", settings=settings, files=["weights"], facts={}
    ).artefact_id


def add(registry: Registry, weight: str, encoder: str) -> str:
    """Put a trained model into the registry under its own id."""
    made = seal(registry.folder / "making", weight=weight, encoder=encoder)
    (registry.folder / "making").rename(registry.folder / made)
    return made


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose shipped classifier belongs to its shipped encoder."""
    home = tmp_path / "home"
    (home / "corpus").mkdir(parents=True)
    (home / "corpus" / "taxonomy.toml").touch()
    encoder = seal(home / "models/encoder", "encoder")
    seal(home / "models/classifier", weight="shipped", encoder=encoder)
    monkeypatch.setenv("LITMINE_RESOURCES", str(home))
    return load_settings().model_copy(update={"data_dir": tmp_path / "data"})


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry.of(settings)


@pytest.fixture
def encoder(settings: Settings) -> str:
    from litmine.classify.registry import encoder_id_of

    found = encoder_id_of("default")
    assert found is not None
    return found


@pytest.fixture
def first(registry: Registry, encoder: str) -> str:
    return add(registry, "first", encoder)


@pytest.fixture
def second(registry: Registry, encoder: str) -> str:
    return add(registry, "second", encoder)


def promote(registry: Registry, model: str) -> None:
    registry.change("promote", model, at=AT, by="Ada", why="not worse")


def roll_back(registry: Registry, model: str) -> None:
    registry.change("rollback", model, at=AT, by="Ada", why="asked for")


def test_the_shipped_model_is_the_champion_until_another_is_promoted(
    settings: Settings, registry: Registry, first: str
) -> None:
    assert champion(settings) == registry.shipped
    assert [e.champion for e in registry.entries()] == [True, False]
    promote(registry, first)
    assert champion(settings) == registry.folder / first
    assert [e.champion for e in registry.entries()] == [False, True]
    folder = settings.models.model_copy(update={"classifier": "elsewhere"})
    assert champion(settings.model_copy(update={"models": folder})) == Path("elsewhere")


def test_the_history_tells_every_change_and_rollbacks_go_down_the_line(
    settings: Settings, registry: Registry, first: str, second: str
) -> None:
    shipped = registry.entries()[0].model_id
    assert registry.earlier() == []
    promote(registry, first)
    promote(registry, second)
    assert registry.earlier() == [first, SHIPPED]
    assert champion_order(settings) == [second, first, shipped]
    roll_back(registry, first)
    assert registry.earlier() == [SHIPPED]
    assert champion_order(settings) == [first, second, shipped]
    promote(registry, second)
    assert registry.earlier() == [first, SHIPPED]
    roll_back(registry, SHIPPED)  # the first was passed over
    assert registry.earlier() == []
    assert champion(settings) == registry.shipped
    assert [(c.number, c.action, c.previous, c.model) for c in registry.history()] == [
        (1, "promote", SHIPPED, first),
        (2, "promote", first, second),
        (3, "rollback", second, first),
        (4, "promote", first, second),
        (5, "rollback", second, SHIPPED),
    ]


def test_a_model_is_found_by_the_start_of_its_id(
    registry: Registry, first: str, second: str
) -> None:
    assert registry.find(first) == first
    assert registry.find(first[:-1]) == first
    assert registry.find(SHIPPED) == SHIPPED
    assert registry.find(registry.entries()[0].model_id) == SHIPPED
    with pytest.raises(NotFound, match="could be"):
        registry.find("m-")
    with pytest.raises(NotFound, match="litmine models list"):
        registry.find("nobody")


@pytest.mark.parametrize("damage", ["file", "folder", "name"])
def test_a_damaged_champion_is_one_clear_line_that_names_the_way_back(
    settings: Settings, registry: Registry, first: str, second: str, damage: str
) -> None:
    import shutil

    promote(registry, first)
    if damage == "file":
        (registry.folder / first / "weights").write_text("other")
    else:
        shutil.rmtree(registry.folder / first)
    if damage == "name":
        (registry.folder / second).rename(registry.folder / first)
    with pytest.raises(ArtefactMismatch, match="litmine models rollback") as caught:
        champion(settings)
    assert "\n" not in str(caught.value)
    lost = next(e for e in registry.entries() if e.champion)
    assert damage == "name" or lost.problem
    with pytest.raises(ArtefactMismatch):
        promote(registry, first)


def test_a_champion_of_another_encoder_is_refused(settings: Settings, registry: Registry) -> None:
    foreign = add(registry, "foreign", "another-encoder")
    promote(registry, foreign)
    with pytest.raises(ArtefactMismatch, match=r"another-encoder.*litmine models rollback"):
        champion(settings)
    # A sentence-transformers model has no manifest to ask; the classifier is asked on loading.
    assert champion(settings, "sentence-transformers:some/model") == registry.folder / foreign


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"champion": "x"}', '{"champion": "x", "history": []}']
)
def test_a_pointer_that_cannot_be_right_is_refused(
    settings: Settings, registry: Registry, text: str
) -> None:
    registry.folder.mkdir(parents=True)
    (registry.folder / POINTER).write_text(text)
    with pytest.raises(ModelError, match=r"champion\.json .*remove it") as caught:
        champion(settings)
    assert "\n" not in str(caught.value)


DYING = """
import os, signal, sys
from pathlib import Path
from litmine.classify.registry import Registry

folder, shipped, model, kill_at = sys.argv[1:]
calls = 0

def counted(function):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        calls += 1
        if calls == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

for name in ("open", "fdopen", "fsync", "replace", "close"):
    setattr(os, name, counted(getattr(os, name)))
registry = Registry(Path(folder), Path(shipped))
registry.change("promote", model, at="2026-07-01", by="Ada", why="drill")
print(calls)
"""


@pytest.mark.drill
def test_killed_between_any_two_steps_the_old_or_the_new_champion_stands(
    settings: Settings, registry: Registry, first: str, second: str
) -> None:
    promote(registry, first)
    before = (registry.folder / POINTER).read_text()
    seen = []
    for kill_at in range(1, 100):
        (registry.folder / POINTER).write_text(before)
        child = subprocess.run(
            [
                *(sys.executable, "-c", DYING),
                *(str(registry.folder), str(registry.shipped), second, str(kill_at)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert child.returncode in (0, -signal.SIGKILL), child.stderr
        seen.append(registry.current())
        assert champion(settings) == registry.folder / seen[-1]
        assert json.loads((registry.folder / POINTER).read_text())["champion"] == seen[-1]
        if child.returncode == 0:
            break
    assert child.returncode == 0
    assert len(seen) > 8
    changed = seen.index(second)
    assert seen == [first] * changed + [second] * (len(seen) - changed)
    assert 0 < changed < len(seen) - 1
