"""Refining the shipped encoder on labels that came after it: gather, train, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from litmine.classify.evidence import pack_refined
from litmine.classify.opinions import HeadEvidence
from litmine.core.errors import InputError
from litmine.encode.artefact import Artefact, open_artefact
from litmine.encode.export import export_encoder
from litmine.encode.training.data import target_matrix
from litmine.encode.training.refine import Labelled, Refinement, refine_encoder
from litmine.encode.unpack import unpack_encoder
from litmine.jobs.material import find_texts, gold_records

__all__ = ["refine"]


def refine(
    start: Path,
    run: Path,
    output: Path,
    settings: Refinement,
    *,
    name: str = "litmine-minilm",
    device: str | None = None,
    say: Callable[[str], None] = print,
) -> Artefact:
    """Go on training the encoder in `start` with the labels that come with the project.

    Papers of wholly labelled nights that the encoder has not seen stay unseen: the classifier is
    calibrated on them.

    Parameters
    ----------
    start, output
        Encoder folders; the same folder is replaced.
    run
        Where models and opinions are left; a run that was killed goes on from there.

    Raises
    ------
    InputError
        Labels or texts are missing, none of the labels is new, the encoder has no head to start
        from, or `run` holds models of another refinement.
    """
    artefact = open_artefact(start, "encoder")
    before = HeadEvidence.load(artefact)
    if before is None:
        raise InputError(f"the encoder in {start} has no head: refine one trained by litmine")
    records, sources, _ = gold_records(None)
    known = set(before.ids) | before.seen
    used = [r for r in records if r["id"] in known or not r.get("night")]
    texts = find_texts([r["id"] for r in used], None, None)
    missing = [r["id"] for r in used if r["id"] not in texts]
    if missing:
        raise InputError(f"{len(missing)} labelled papers have no text, {missing[0]} for one")
    data = Labelled(
        [r["id"] for r in used],
        [texts[r["id"]].title for r in used],
        [texts[r["id"]].abstract for r in used],
        target_matrix(used, before.names),
        np.array([r["id"] not in known for r in used]),
    )
    say(f"{len(used)} labelled papers of {', '.join(sources)}, {int(data.new.sum())} of them new")
    unpacked = unpack_encoder(start, run / "start")
    facts: dict[str, Any] = refine_encoder(
        unpacked, dict(before.head), data, settings, run, device=device, say=say
    )
    return export_encoder(
        run / "final",
        output,
        name=name,
        max_tokens=settings.max_tokens,
        extra=pack_refined(run, {r["id"]: r for r in used}, before.names, known),
        facts={
            "refined_from": artefact.artefact_id,
            "start_facts": artefact.manifest["facts"],
            "refinement": asdict(settings),
            "labelled": len(used),
            "new_labels": int(data.new.sum()),
            **facts,
            "base_model": "sentence-transformers/all-MiniLM-L6-v2",
            "base_licence": "Apache-2.0",
        },
    )
