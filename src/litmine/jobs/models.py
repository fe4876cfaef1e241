"""The models of a run, as the settings name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from litmine.core.settings import Settings

if TYPE_CHECKING:
    from litmine.classify.model import Classifier
    from litmine.encode import Encoder

__all__ = ["Models", "load_models"]


@dataclass(frozen=True)
class Models:
    """The encoder and the classifier of a run, made for one another.

    Attributes
    ----------
    earlier
        Ids of the classifiers that were champion before, newest first: what they said of a paper
        counts where the present one has not judged it.
    search
        Loads the encoder that papers are searched with; None: `encoder` is that too.
    """

    encoder: Encoder
    classifier: Classifier
    earlier: tuple[str, ...] = ()
    search: Callable[[], Encoder] | None = None


def load_models(settings: Settings) -> Models:
    """Load what the settings name.

    Raises
    ------
    ModelError
        A model is missing or damaged, or the two do not belong together.
    """
    from litmine.classify.model import Classifier
    from litmine.classify.registry import champion, champion_order
    from litmine.encode import load_encoder, load_search_encoder

    classifier = Classifier.load(champion(settings))
    named = settings.models.encoder
    encoder = load_encoder(named, workers=settings.models.threads)
    classifier.require_encoder(encoder.encoder_id)
    search = partial(load_search_encoder, named, workers=settings.models.threads)
    return Models(encoder, classifier, tuple(champion_order(settings)), search)
