"""The taxonomy of resource-efficient language models, read from ``corpus/taxonomy.toml``.

One file holds the five stages, the five resources, the techniques, metrics and benchmarks; this
module checks it once and hands it out as frozen objects. Nothing else in litmine spells a stage or
a resource by itself.

The two axes follow the survey *Beyond Efficiency* (arXiv 2401.00625).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from litmine.core.errors import ConfigError, InputError

__all__ = [
    "METRIC_FAMILIES",
    "Benchmark",
    "Metric",
    "Resource",
    "Stage",
    "Taxonomy",
    "Technique",
    "load_taxonomy",
]

METRIC_FAMILIES = ("computation", "memory", "energy", "cost", "network", "quality")
_AXIS_LENGTH = 5
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where in a model's life a saving takes effect; ``key`` is the reviewer's keystroke."""

    id: str
    name: str
    key: str
    definition: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What is saved; ``key`` is the reviewer's keystroke."""

    id: str
    name: str
    key: str
    definition: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A way of saving, with the stages and resources it usually stands for.

    ``home_stages`` has the most usual stage first and is empty where any stage can be meant.
    """

    id: str
    name: str
    home_stages: tuple[str, ...]
    home_resources: tuple[str, ...]
    definition: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """How a saving is reported: canonical ``unit``, accepted ``units``, better ``direction``."""

    id: str
    name: str
    family: str
    unit: str
    units: tuple[str, ...]
    direction: str
    definition: str
    codebook_metric: str | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A public benchmark that scores efficiency itself."""

    id: str
    name: str
    definition: str
    measures: str
    stages: tuple[str, ...]
    resources: tuple[str, ...]
    year: int
    url: str | None = None


class _Entry(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


EntryT = TypeVar("EntryT", bound=_Entry)


@dataclass(frozen=True)
class Taxonomy:
    """Stages, resources, techniques, metrics and benchmarks, in the order of the file.

    Attributes
    ----------
    version : str
        Version of the taxonomy file.
    survey : str
        arXiv identifier of the survey that the axes follow.
    """

    version: str
    survey: str
    stages: tuple[Stage, ...]
    resources: tuple[Resource, ...]
    techniques: tuple[Technique, ...]
    metrics: tuple[Metric, ...]
    benchmarks: tuple[Benchmark, ...]

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """All 25 cells as ``stage/resource``, stage by stage; the order of every cell vector."""
        return tuple(f"{s.id}/{r.id}" for s in self.stages for r in self.resources)

    def stage(self, text: str) -> Stage:
        """Return the stage named by an id, a name or an unambiguous prefix."""
        return _find(self.stages, text, "stage")

    def resource(self, text: str) -> Resource:
        """Return the resource named by an id, a name or an unambiguous prefix."""
        return _find(self.resources, text, "resource")

    def technique(self, text: str) -> Technique:
        """Return the technique named by an id, a name, an alias or an unambiguous prefix.

        Raises
        ------
        InputError
            If nothing fits; the message names near matches.
        """
        return _find(self.techniques, text, "technique", lambda t: t.aliases)

    def metric(self, text: str) -> Metric:
        """Return the metric named by an id, a name or its name in the codebook's claims."""
        return _find(self.metrics, text, "metric", lambda m: (m.codebook_metric or "",))

    def benchmark(self, text: str) -> Benchmark:
        """Return the benchmark named by an id, a name or an unambiguous prefix."""
        return _find(self.benchmarks, text, "benchmark")

    def home_stage(self, technique: str) -> Stage | None:
        """Return the stage a technique usually belongs to; None for those at home in any."""
        homes = self.technique(technique).home_stages
        return self.stage(homes[0]) if homes else None

    def parse_cell(self, text: str) -> str:
        """Return the canonical cell for one ``stage/resource`` string, such as ``inf/mem``.

        Raises
        ------
        InputError
            If the text is not a pair, or a half of it is unknown or ambiguous.
        """
        stage, slash, resource = text.partition("/")
        if not slash:
            raise InputError(
                f"cell {text.strip()!r} is not stage/resource: write it like inference/memory"
            )
        return f"{self.stage(stage).id}/{self.resource(resource).id}"

    def parse_cells(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return canonical cells in the fixed order, each once.

        Parameters
        ----------
        texts : iterable of str
            ``stage/resource`` strings; halves may be unambiguous prefixes (``inf/mem``).

        Raises
        ------
        InputError
            If one is not a known cell.

        Examples
        --------
        >>> load_taxonomy().parse_cells(["sys/net", "inf/mem", "inference/memory"])
        ('inference/memory', 'system/network')
        """
        if isinstance(texts, str):
            raise InputError(f"expected a list of cells, got the single text {texts!r}")
        chosen = {self.parse_cell(text) for text in texts}
        return tuple(cell for cell in self.cells if cell in chosen)


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Read and check the taxonomy.

    Parameters
    ----------
    path : Path, optional
        A taxonomy file; by default ``taxonomy.toml`` of the installed corpus.

    Returns
    -------
    Taxonomy
        The same object on every call for the same file.

    Raises
    ------
    ConfigError
        If the file cannot be read or an entry in it is wrong; the message names the entry.
    """
    if path is None:
        from litmine.core.resources import resource_root

        return _of_root(resource_root())
    return _load(Path(path).resolve())


@lru_cache(maxsize=8)
def _of_root(root: Path) -> Taxonomy:
    # A search asks some twenty times: to resolve the path each time took a tenth of it.
    return _load((root / "corpus" / "taxonomy.toml").resolve())


@lru_cache(maxsize=8)
def _load(path: Path) -> Taxonomy:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the taxonomy {path}: {error.strerror or error}") from error
    except ValueError as error:  # malformed TOML, or bytes that are not UTF-8
        raise ConfigError(f"the taxonomy {path} is not valid TOML: {error}") from error
    meta = data.get("meta")
    if not isinstance(meta, dict) or not all(
        isinstance(meta.get(field), str) and meta[field] for field in ("version", "survey")
    ):
        raise ConfigError(f"{path.name}: [meta] needs the texts 'version' and 'survey'")
    unknown = sorted(set(data) - {"meta", "stage", "resource", "technique", "metric", "benchmark"})
    if unknown:
        raise ConfigError(f"{path.name}: unknown section {unknown[0]!r}")
    taxonomy = Taxonomy(
        version=meta["version"],
        survey=meta["survey"],
        stages=_entries(data, "stage", Stage),
        resources=_entries(data, "resource", Resource),
        techniques=_entries(data, "technique", Technique),
        metrics=_entries(data, "metric", Metric),
        benchmarks=_entries(data, "benchmark", Benchmark),
    )
    _check(taxonomy)
    return taxonomy


def _entries(data: Mapping[str, Any], kind: str, cls: type[EntryT]) -> tuple[EntryT, ...]:
    """Build the entries of one section, refusing wrong or missing fields and repeated ids."""
    rows = data.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"taxonomy: write the {kind} entries as [[{kind}]] tables")
    built: dict[str, EntryT] = {}
    for number, row in enumerate(rows, start=1):
        where = f"taxonomy: {kind} {row.get('id', f'number {number}')!r}"
        entry = _entry(row, cls, where)
        if not _SLUG.fullmatch(entry.id):
            raise ConfigError(f"{where}: an id is lower-case words joined by hyphens")
        if entry.id in built:
            raise ConfigError(f"{where}: the id stands twice")
        built[entry.id] = entry
    if not built:
        raise ConfigError(f"taxonomy: no [[{kind}]] entries")
    return tuple(built.values())


def _entry(row: Mapping[str, Any], cls: type[EntryT], where: str) -> EntryT:
    # Annotations are strings here (postponed evaluation), which is all the check needs.
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    for name in row:
        if name not in known:
            raise ConfigError(f"{where}: unknown field {name!r}")
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name not in row:
            if field.default is MISSING:
                raise ConfigError(f"{where}: field {name!r} is missing")
            continue
        value = row[name]
        if field.type == "tuple[str, ...]":
            if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                raise ConfigError(f"{where}: {name!r} must be a list of texts")
            if len(set(value)) != len(value):
                raise ConfigError(f"{where}: {name!r} names something twice")
            value = tuple(value)
        elif field.type == "int":
            if type(value) is not int:
                raise ConfigError(f"{where}: {name!r} must be a whole number")
        elif not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{where}: {name!r} must be a text that is not empty")
        values[name] = value
    return cls(**values)


def _check(taxonomy: Taxonomy) -> None:
    """Check what no entry can check alone: axes, keys, names and references."""
    for kind, axis in (("stages", taxonomy.stages), ("resources", taxonomy.resources)):
        if len(axis) != _AXIS_LENGTH:
            raise ConfigError(
                f"taxonomy: there must be exactly {_AXIS_LENGTH} {kind}, found {len(axis)}"
            )
    keys: dict[str, str] = {}
    axis_entries: tuple[Stage | Resource, ...] = (*taxonomy.stages, *taxonomy.resources)
    for axis_entry in axis_entries:
        if axis_entry.key in keys:
            raise ConfigError(
                f"taxonomy: {axis_entry.id!r} and {keys[axis_entry.key]!r} share the key "
                f"{axis_entry.key!r}"
            )
        keys[axis_entry.key] = axis_entry.id
    stages = {s.id for s in taxonomy.stages}
    resources = {r.id for r in taxonomy.resources}
    for technique in taxonomy.techniques:
        _known(technique.home_stages, stages, f"technique {technique.id!r}", "stage")
        _known(technique.home_resources, resources, f"technique {technique.id!r}", "resource")
    names: dict[str, str] = {}
    for technique in taxonomy.techniques:
        for text in {_plain(t) for t in (technique.id, technique.name, *technique.aliases)}:
            if text in names:
                raise ConfigError(
                    f"taxonomy: technique {technique.id!r} and {names[text]!r} "
                    f"share the name {text!r}"
                )
            names[text] = technique.id
    for benchmark in taxonomy.benchmarks:
        _known(benchmark.stages, stages, f"benchmark {benchmark.id!r}", "stage")
        _known(benchmark.resources, resources, f"benchmark {benchmark.id!r}", "resource")
    for metric in taxonomy.metrics:
        _known((metric.family,), set(METRIC_FAMILIES), f"metric {metric.id!r}", "family")
        _known((metric.direction,), {"lower", "higher"}, f"metric {metric.id!r}", "direction")


def _known(given: Iterable[str], known: set[str], where: str, what: str) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(
                f"taxonomy: {where} names the unknown {what} {name!r}; known: "
                + ", ".join(sorted(known))
            )


def _plain(text: str) -> str:
    """Reduce a name to lower-case letters and digits, so that 'Fine-tuning' is 'finetuning'."""
    return re.sub(r"[^a-z0-9]+", "", text.lower())


def _find(
    entries: tuple[EntryT, ...],
    text: str,
    what: str,
    other_names: Callable[[EntryT], Iterable[str]] = lambda entry: (),
) -> EntryT:
    """Find an entry by id, name, other name or the unambiguous beginning of an id or name."""
    wanted = _plain(text)
    if wanted:
        for entry in entries:
            if wanted in {_plain(n) for n in (entry.id, entry.name, *other_names(entry))}:
                return entry
        begun = [
            e
            for e in entries
            if _plain(e.id).startswith(wanted) or _plain(e.name).startswith(wanted)
        ]
        if len(begun) == 1:
            return begun[0]
        if begun:
            raise InputError(
                f"{what} {text.strip()!r} could be "
                + " or ".join(e.id for e in begun)
                + ": write more of it"
            )
    names = {_plain(n): e.id for e in entries for n in (*other_names(e), e.name, e.id)}
    near = list(dict.fromkeys(names[n] for n in get_close_matches(wanted, names, n=5, cutoff=0.6)))
    if near:
        raise InputError(f"no {what} {text.strip()!r}; did you mean {' or '.join(near[:3])}?")
    raise InputError(f"no {what} {text.strip()!r}; known: " + ", ".join(e.id for e in entries))
