"""The index cache: right or rebuilt, never wrong, never an error to the user."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from litmine.index import cache
from litmine.index.cache import MANIFEST, open_or_build, save
from litmine.index.flat import FlatIndex

DIM = 6
IDS = [f"2401.{n:05d}" for n in range(9)]
VECTORS = np.random.default_rng(0).normal(size=(9, DIM)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of its own."""
    path = tmp_path / "cache"
    path.mkdir()
    return path


class Loader:
    """Gives the rows in two batches and counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> list[tuple[list[str], np.ndarray]]:
        self.calls += 1
        return [(IDS[:5], VECTORS[:5]), (IDS[5:], VECTORS[5:])]


def truth() -> tuple[list[list[str]], list[list[float]]]:
    index = FlatIndex(DIM, "enc")
    index.add(IDS, VECTORS)
    return index.search(VECTORS, 4)


def opened(path: Path, loader: Loader, **other: str) -> FlatIndex:
    return open_or_build(
        path, other.get("encoder_id", "enc"), other.get("fingerprint", "f1"), loader, dim=DIM
    )


def test_built_once_then_read(folder: Path) -> None:
    loader = Loader()
    first = opened(folder / "index", loader)
    second = opened(folder / "index", loader)
    assert loader.calls == 1
    assert first.search(VECTORS, 4) == second.search(VECTORS, 4) == truth()


def test_a_read_index_can_be_changed_and_saved(folder: Path) -> None:
    loader = Loader()
    opened(folder, loader)
    index = opened(folder, loader)
    index.remove(IDS[:2])
    index.add(["2405.00001", IDS[3]], VECTORS[:2])
    before = index.search(VECTORS, 8)
    assert save(index, folder, "f2")
    again = opened(folder, loader, fingerprint="f2")
    assert loader.calls == 1
    assert again.search(VECTORS, 8) == before
    again.add(["2405.00002"], VECTORS[:1])
    assert len(again) == 9


@pytest.mark.parametrize("change", [{"encoder_id": "other"}, {"fingerprint": "f2"}])
def test_another_encoder_or_other_rows_mean_rebuild(folder: Path, change: dict[str, str]) -> None:
    loader = Loader()
    opened(folder, loader)
    index = opened(folder, loader, **change)
    assert loader.calls == 2
    assert index.encoder_id == change.get("encoder_id", "enc")


def test_another_width_means_rebuild(folder: Path) -> None:
    opened(folder, Loader())
    index = open_or_build(folder, "enc", "f1", lambda: [(["a"], np.ones((1, 3)))], dim=3)
    assert (index.dim, len(index)) == (3, 1)


def test_an_empty_library_is_cached_too(folder: Path) -> None:
    for _ in range(2):
        index = open_or_build(folder, "enc", "f1", list, dim=DIM)
        assert index.search(VECTORS[:1], 3) == ([[]], [[]])


def damaged_copies(raw: bytes) -> list[bytes]:
    """Truncations, flipped bits and overwritten runs at many offsets."""
    step = max(1, len(raw) // 60)
    copies = [raw[:cut] for cut in range(0, len(raw), step)]
    for offset in range(0, len(raw), step):
        for mask in (0x01, 0x80, 0xFF):
            copies.append(raw[:offset] + bytes([raw[offset] ^ mask]) + raw[offset + 1 :])
        copies.append(raw[:offset] + b"\xff" * 8 + raw[offset + 8 :])
    return [*copies, raw + b"\0", raw + raw]


@pytest.mark.parametrize("suffix", [".faiss", ".ids", ".json"])
def test_damage_anywhere_gives_the_right_answer(folder: Path, suffix: str) -> None:
    expected = truth()
    opened(folder, Loader())
    (file,) = (path for path in folder.iterdir() if path.suffix == suffix)
    raw = file.read_bytes()
    for damaged in damaged_copies(raw):
        file.write_bytes(damaged)
        loader = Loader()
        assert opened(folder, loader).search(VECTORS, 4) == expected
        # Only damage that leaves the meaning whole (white space in JSON) may pass unseen.
        assert loader.calls == 1 or (suffix == ".json" and same_json(damaged, raw))
        assert opened(folder, loader).search(VECTORS, 4) == expected


def same_json(one: bytes, other: bytes) -> bool:
    return bool(json.loads(one) == json.loads(other))


@pytest.mark.parametrize(
    "manifest",
    [b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"index_sha256": "../../etc/passwd"}'],
)
def test_a_manifest_of_another_shape_means_rebuild(folder: Path, manifest: bytes) -> None:
    opened(folder, Loader())
    (folder / MANIFEST).write_bytes(manifest)
    assert opened(folder, Loader()).search(VECTORS, 4) == truth()


def test_a_manifest_that_lies_about_its_files_means_rebuild(folder: Path) -> None:
    opened(folder, Loader())
    honest = json.loads((folder / MANIFEST).read_text())
    for key, lie in (
        ("count", 8),
        ("index_sha256", "../" + "a" * 61),
        ("ids_sha256", "0" * 64),
        ("ids_sha256", 5),
        ("index_sha256", honest["ids_sha256"]),
    ):
        (folder / MANIFEST).write_text(json.dumps({**honest, key: lie}))
        loader = Loader()
        assert opened(folder, loader).search(VECTORS, 4) == truth()
        assert loader.calls == 1


def test_where_nothing_can_be_written_it_works_in_memory(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = folder / "a-file"
    blocked.write_text("in the way")
    loader = Loader()
    for calls in (1, 2):
        assert opened(blocked / "index", loader).search(VECTORS, 4) == truth()
        assert opened(blocked, Loader()).search(VECTORS, 4) == truth()
        assert loader.calls == calls
    assert blocked.read_text() == "in the way"
    assert "index_cache_not_written" in capsys.readouterr().err


def test_a_full_disk_leaves_the_old_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opened(folder, Loader())
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    index.add(["2405.00001"], VECTORS[:1])

    def full(core: object, name: str) -> None:
        Path(name).write_bytes(b"half")
        raise RuntimeError("Error: write error: No space left on device\nat io.cpp:1")

    monkeypatch.setattr(cache.faiss, "write_index", full)
    assert not save(index, folder, "f2")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_errors_of_the_loader_are_not_swallowed(folder: Path) -> None:
    def broken() -> list[tuple[list[str], np.ndarray]]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_or_build(folder, "enc", "f1", broken, dim=DIM)
    assert list(folder.iterdir()) == []


def test_a_reader_keeps_its_answers_while_the_files_are_swapped(folder: Path) -> None:
    reader = opened(folder, Loader())
    for night in range(4):
        writer = FlatIndex(DIM, "enc")
        writer.add([f"n{night}"], VECTORS[night : night + 1])
        assert save(writer, folder, f"night {night}")
        assert reader.search(VECTORS, 4) == truth()
    # The newest generation and the one before it, for readers between manifest and data.
    assert len(list(folder.iterdir())) == 1 + 2 * 2


def test_readers_and_a_writer_at_once_see_one_generation_or_the_other(folder: Path) -> None:
    generations = {}
    for name in ("even", "odd"):
        index = FlatIndex(DIM, "enc")
        index.add([f"{name}{n}" for n in range(9)], VECTORS)
        generations[name] = index
    done = threading.Event()

    def write() -> None:
        for turn in range(40):
            name = ("even", "odd")[turn % 2]
            assert save(generations[name], folder, name)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not done.is_set() and not writing.done():
            for name, index in generations.items():

                def rows(name: str = name) -> list[tuple[list[str], np.ndarray]]:
                    return [([f"{name}{n}" for n in range(9)], VECTORS)]

                found = open_or_build(folder, "enc", name, rows, dim=DIM)
                assert found.search(VECTORS, 4) == index.search(VECTORS, 4)
        writing.result()
