"""Model folders, and the pointer that says which of them is the champion.

The shipped classifier stays in ``models/`` of the package. `litmine train` leaves challengers in
``<data_dir>/models/<model id>/``. ``<data_dir>/models/champion.json`` names the champion and keeps
every change as a line of history; without that file, or when its history is undone to the start,
the shipped model is the champion. The file is replaced in one step, so that a crash leaves the old
champion or the new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from litmine.core.errors import ArtefactMismatch, ModelError, NotFound
from litmine.core.files import atomic_write
from litmine.core.resources import models_dir
from litmine.core.settings import Settings
from litmine.encode.artefact import MANIFEST, Artefact, open_artefact

__all__ = [
    "POINTER",
    "REPORTS",
    "SHIPPED",
    "Change",
    "ModelEntry",
    "Registry",
    "champion",
    "champion_order",
    "encoder_id_of",
]

POINTER = "champion.json"

SHIPPED = "shipped"
"""Stands for the classifier of the package, whatever its id is after an upgrade."""

REPORTS = "reports"
"""Folder in the registry for comparisons whose challenger is the shipped model."""

_KIND = "classifier"
_ROLLBACK = "go back with `litmine models rollback`"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history.

    Attributes
    ----------
    number
        Counts from 1.
    at
        ISO 8601, UTC.
    by
        Who.
    action
        ``promote`` or ``rollback``.
    model
        The champion from then on: a model id, or ``shipped``.
    previous
        The champion until then.
    why
        One line.
    forced
        The reason given for promoting against the comparison, else None.
    report
        The comparison report, relative to the registry's folder, else None.
    """

    number: int
    at: str
    by: str
    action: Literal["promote", "rollback"]
    model: str
    previous: str
    why: str
    forced: str | None = None
    report: str | None = None


@dataclass(frozen=True)
class ModelEntry:
    """A model folder as `litmine models list` tells of it.

    Attributes
    ----------
    model_id
        The id in the manifest; the folder's name where the folder is damaged.
    origin
        ``shipped`` or ``trained``.
    facts
        From the manifest: labels, seeds, hardware, seconds.
    problem
        What is wrong with the folder, or None.
    """

    model_id: str
    folder: Path
    origin: Literal["shipped", "trained"]
    champion: bool
    encoder_id: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


class Registry:
    """The classifiers of an installation.

    Parameters
    ----------
    folder
        Where challengers and the pointer lie; need not exist.
    shipped
        The classifier folder of the package.
    """

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.folder = folder
        self.shipped = shipped or models_dir() / "classifier"

    @classmethod
    def of(cls, settings: Settings) -> Registry:
        """The registry that the settings name."""
        return cls(settings.data_dir / "models")

    def history(self) -> list[Change]:
        """Every promotion and rollback, oldest first.

        Raises
        ------
        ModelError
            The pointer cannot be read.
        """
        path = self.folder / POINTER
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            changes = [Change(**change) for change in stored["history"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path} cannot be read ({error!r}): restore it from a backup, or remove it and "
                "the shipped model is the champion again"
            ) from error
        if stored.get("champion") != (changes[-1].model if changes else SHIPPED):
            raise ModelError(
                f"{path} was edited by hand (champion and history differ): restore it from a "
                "backup, or remove it and the shipped model is the champion again"
            )
        return changes

    def current(self) -> str:
        """The champion: a model id, or ``shipped``."""
        history = self.history()
        return history[-1].model if history else SHIPPED

    def earlier(self) -> list[str]:
        """Champions that a rollback would go back to, nearest first; ``shipped`` ends it."""
        stack = [SHIPPED]
        for change in self.history():
            if change.action == "promote":
                stack.append(change.model)
            else:
                stack.pop()
                while len(stack) > 1 and stack[-1] != change.model:
                    stack.pop()  # a damaged one was passed over
        return stack[-2::-1]

    def order(self) -> list[str]:
        """Model ids of all champions there were, the present one first, then newest first.

        Whose prediction counts where several models judged a paper.
        """
        names = [change.model for change in reversed(self.history())] + [SHIPPED]
        ids = [self._shipped_id() if name == SHIPPED else name for name in names]
        return list(dict.fromkeys(i for i in ids if i is not None))

    def folder_of(self, model: str) -> Path:
        """The folder of a model id or of ``shipped``; it need not exist."""
        return self.shipped if model == SHIPPED else self.folder / model

    def open(self, model: str) -> Artefact:
        """Open a model and check its files.

        Raises
        ------
        ArtefactMismatch
            The folder is damaged, or is not the model it is named after.
        """
        artefact = open_artefact(self.folder_of(model), _KIND)
        if model not in (SHIPPED, artefact.artefact_id):
            raise ArtefactMismatch(
                f"{artefact.folder} holds {artefact.artefact_id}: rename it back, or train again"
            )
        return artefact

    def find(self, name: str) -> str:
        """Give the model that a user means by an id, the start of one, or ``shipped``.

        Raises
        ------
        NotFound
            No model, or more than one.
        """
        known = {entry.model_id: entry for entry in self.entries()}
        hits = [i for i in known if i == name] or [i for i in known if i.startswith(name)]
        if name == SHIPPED or (len(hits) == 1 and known[hits[0]].origin == "shipped"):
            return SHIPPED
        if len(hits) != 1:
            what = "is no model" if not hits else f"could be {' or '.join(sorted(hits))}"
            raise NotFound(f"{name} {what}; `litmine models list` shows what there is")
        return hits[0]

    def entries(self) -> list[ModelEntry]:
        """Every model: the shipped one, then trained ones by id, a lost champion too."""
        present = self.current()
        found = [self._entry(self.shipped, "shipped", present == SHIPPED)]
        names = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        for name in sorted(names | {present} - {SHIPPED}):
            folder = self.folder / name
            if name == present or (
                folder.is_dir() and not name.startswith(".") and name != REPORTS
            ):
                found.append(self._entry(folder, "trained", present == name))
        return found

    def change(
        self,
        action: Literal["promote", "rollback"],
        model: str,
        *,
        at: str,
        by: str,
        why: str,
        forced: str | None = None,
        report: str | None = None,
    ) -> Change:
        """Make `model` the champion, in one step that a crash cannot halve.

        The caller sees to it that only one process does so at a time.

        Raises
        ------
        ArtefactMismatch
            The folder of `model` is damaged; the champion stays.
        """
        self.open(model)
        history = self.history()
        previous = history[-1].model if history else SHIPPED
        change = Change(len(history) + 1, at, by, action, model, previous, why, forced, report)
        self._write([*history, change])
        return change

    def _write(self, history: Sequence[Change]) -> None:
        pointer = {"champion": history[-1].model, "history": [asdict(c) for c in history]}
        text = json.dumps(pointer, indent=2, ensure_ascii=False) + "\n"
        atomic_write(self.folder / POINTER, text)

    def _entry(
        self, folder: Path, origin: Literal["shipped", "trained"], is_champion: bool
    ) -> ModelEntry:
        try:
            artefact = open_artefact(folder, _KIND)
        except ArtefactMismatch as error:
            return ModelEntry(folder.name, folder, origin, is_champion, None, problem=str(error))
        manifest = artefact.manifest
        return ModelEntry(
            artefact.artefact_id,
            folder,
            origin,
            is_champion,
            manifest["settings"].get("encoder_id"),
            manifest["facts"],
        )

    def _shipped_id(self) -> str | None:
        """The shipped model's id as its manifest has it; None when that cannot be read."""
        try:
            stored = json.loads((self.shipped / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(stored["model_id"]) if "model_id" in stored else None


def champion(settings: Settings, encoder: str | None = None) -> Path:
    """Give the folder of the classifier in force, checked.

    Parameters
    ----------
    settings
        ``models.classifier``: ``default`` is the champion; anything else is a folder, taken as it
        is.
    encoder
        The encoder that will be used, where it is not ``models.encoder``.

    Raises
    ------
    ArtefactMismatch
        The champion's folder is damaged, or it was made for another encoder.
    ModelError
        The pointer cannot be read.
    """
    if settings.models.classifier != "default":
        return Path(settings.models.classifier)
    registry = Registry.of(settings)
    name = registry.current()
    if name == SHIPPED:
        return registry.shipped
    try:
        artefact = registry.open(name)
    except ArtefactMismatch as error:
        raise ArtefactMismatch(
            f"the champion {name} cannot be used, {_ROLLBACK}: {error}"
        ) from None
    needed = artefact.manifest["settings"].get("encoder_id")
    active = encoder_id_of(encoder or settings.models.encoder)
    if active is not None and active != needed:
        raise ArtefactMismatch(
            f"the champion {name} needs vectors of encoder {needed}, but {active} is in use: "
            f"{_ROLLBACK}, or train anew for this encoder with `litmine train`"
        )
    return artefact.folder


def champion_order(settings: Settings) -> list[str]:
    """Model ids whose predictions count, best first; see `Registry.order`."""
    return Registry.of(settings).order()


def encoder_id_of(spec: str) -> str | None:
    """The id of an encoder folder by its manifest alone; None for any other kind of encoder."""
    folder = models_dir() / "encoder" if spec == "default" else Path(spec)
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # a damaged folder is told when the encoder is loaded
    return str(stored["encoder_id"]) if "encoder_id" in stored else None
