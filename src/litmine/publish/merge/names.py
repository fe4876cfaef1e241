"""What a heading means: a stage, a technique, one of our own headings.

People number their headings, decorate them, spell them their own way and rename them. A heading
is read as its bare words; the headings of the companion list, the taxonomy's names and aliases,
and what public lists call things (`litmine.classify.list_sections`) are looked up in turn.
"""

from __future__ import annotations

import html
import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

from litmine.core.taxonomy import Taxonomy
from litmine.publish.sections import ACROSS, STAGE_HEADINGS, Section, sections, techniques_of

__all__ = ["Vocabulary", "bare", "core", "is_year", "not_a_list", "vocabulary"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBER = re.compile(
    r"^\s*(?:(?:section|chapter|part|stage)\s+)?"
    r"(?:§\s*)?(?:\d+(?:\.\d+)*[.):]?|[IVXivx]+[.)]|[A-Za-z](?:\.\d+)*[.)])(?=\s|$)[\s:–-]*",
)
_COUNT = re.compile(
    r"\s*[(\[]\s*(?:\d+(?:\s*papers?)?|.{0,12}(?:back|top)\b.{0,12})[)\]]\s*$", re.I
)
_BACK = re.compile(r"\[[^\]]*\b(?:back|top)\b[^\]]*\]\([^)]*\)|\[[^\]]*\]\(#[^)]*top[^)]*\)", re.I)
_FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "for",
        "in",
        "on",
        "to",
        "with",
        "via",
        "by",
        "llm",
        "llms",
        "large",
        "language",
        "paper",
        "papers",
        "list",
        "work",
        "works",
        "method",
        "methods",
        "technique",
        "techniques",
        "related",
        "topic",
        "topics",
        "resource",
        "more",
        "further",
    ]
)
_WEAK = frozenset(
    [
        "efficient",
        "efficiency",
        "optimization",
        "optimisation",
        "acceleration",
        "accelerated",
        "design",
        "designs",
        "stage",
        "level",
        "phase",
        "improvement",
        "side",
        "time",
        "model",
        "models",
        "based",
    ]
)
_STAGE_CORES = {
    "architecture": ("architecture", "modelarchitecture", "networkarchitecture", "backbone"),
    "pretraining": ("pretraining", "training", "pretrain", "trainingscratch", "pretrained"),
    "finetuning": ("finetuning", "tuning", "finetune", "posttraining", "adaptation"),
    "inference": ("inference", "inferencing", "decoding"),
    "system": ("system", "infrastructure", "systemdeployment", "hardwaresystem", "mlsystem"),
}
_ACROSS_CORES = ("across", "acros", "crossstage", "cross", "general", "crosscutting", "overall")
_NOT_LISTS = _words(
    "news citation cite citing bibtex contribute contributing contribution contributor license "
    "licence acknowledgement acknowledgment acknowledge content table toc star history contact "
    "reference about introduction motivation changelog update maintainer disclaimer faq "
    "announcement support sponsor index note"
)
_BESIDE = _words("latest recent our us how guideline guide project repo repository me")
_METRICS = re.compile(r"\b(?:metric|benchmark|leaderboard)\b")
_SPELLING = ((re.compile(r"is(?=ation|ing|ed\b|e\b|er\b)"), "iz"), (re.compile("ou(?=r)"), "o"))
_ALIKE = 0.85


@lru_cache(maxsize=20_000)
def bare(heading: str) -> tuple[str, ...]:
    """Give a heading as its words: lower case, singular, without numbers, marks and fillers.

    Examples
    --------
    >>> bare("### 🔹 3.2 [LLM Inference](#inference) (12)")
    ('inference',)
    """
    text = _BACK.sub(" ", heading)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", text)
    text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?", r"\1", text)
    text = re.sub(r"<[^<>]*>|\{#[^}]*\}|:[a-z0-9_+-]+:", " ", html.unescape(text))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c if c.isalnum() or c in "-.:)]([§&+/" else " " for c in text if c.isascii())
    text = re.sub(r"^[\s#*_:.()\[\]&+/-]+", "", text)
    text = _NUMBER.sub("", _COUNT.sub("", text), count=1)
    words = [_singular(word) for word in re.findall(r"[a-z0-9]+", _american(text.lower()))]
    kept = tuple(word for word in words if word not in _FILLERS)
    return kept or tuple(words)


def _american(text: str) -> str:
    for pattern, repl in _SPELLING:
        text = pattern.sub(repl, text)
    return text


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def key(heading: str) -> str:
    """Give the bare words as one: "Pre-Training" and "Pretraining" are the same."""
    return "".join(bare(heading))


@lru_cache(maxsize=20_000)
def core(heading: str) -> str:
    """Give the key without the words that say little: "Efficient Inference" is "inference"."""
    words = bare(heading)
    return "".join(word for word in words if word not in _WEAK) or "".join(words)


def is_year(heading: str) -> int | None:
    """Give the year of a heading that is nothing but a year."""
    found = re.fullmatch(r"\W*((?:19|20)\d\d)\W*", re.sub(r"<[^<>]*>", "", heading))
    return int(found[1]) if found else None


def not_a_list(heading: str) -> bool:
    """Tell whether a heading speaks of news, citations, metrics: nothing to list papers under."""
    words = bare(heading)
    if _METRICS.search(" ".join(words)):
        return True
    return bool(_NOT_LISTS & set(words)) and set(words) <= _NOT_LISTS | _BESIDE


class Vocabulary:
    """The meanings of headings, under one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._stages: dict[str, str] = {}
        for stage in taxonomy.stages:
            names = (stage.id, stage.name, STAGE_HEADINGS.get(stage.id, stage.name))
            for word in (*map(core, names), *_STAGE_CORES.get(stage.id, ())):
                self._stages[word] = stage.id
        for word in (core(ACROSS), *_ACROSS_CORES):
            self._stages.setdefault(word, "")
        self._techniques: dict[str, set[str]] = {}
        self._headings: dict[str, set[Section]] = {}
        for technique in taxonomy.techniques:
            if technique.id != "other":
                for name in (technique.id, technique.name, *technique.aliases):
                    self._techniques.setdefault(key(name), set()).add(technique.id)
        for section in sections(taxonomy):
            self._headings.setdefault(key(section.headings[-1]), set()).add(section)
            held = techniques_of(section)
            if len(held) == 1:
                self._techniques.setdefault(key(section.headings[-1]), set()).add(held[0])
        # Lists have few headings, and each is asked about for every paper.
        self._stage = lru_cache(maxsize=10_000)(self._look_stage)
        self._named = lru_cache(maxsize=10_000)(self._look_techniques)
        self._middles = {key(s.headings[1]) for s in sections(taxonomy) if len(s.headings) == 3}

    def stage(self, heading: str) -> str | None:
        """Give the stage that a heading names; the empty one for what goes across; else None."""
        return self._stage(core(heading))

    def techniques(self, heading: str) -> frozenset[str]:
        """Give the techniques that a heading names, exactly or nearly."""
        return self._named(key(heading))

    def _look_stage(self, word: str) -> str | None:
        if word in self._stages:
            return self._stages[word]
        near = [name for name in self._stages if len(name) > 5 and alike(name, word)]
        return self._stages[near[0]] if near else None

    def _look_techniques(self, word: str) -> frozenset[str]:
        if word in self._techniques:
            return frozenset(self._techniques[word])
        near = [name for name in self._techniques if len(name) > 5 and alike(name, word)]
        return frozenset(self._techniques[near[0]]) if near else frozenset()

    def means_other(self, heading: str, leaf: str, technique: str) -> bool:
        """Tell whether a heading is the name of something else than this section."""
        if key(heading) in self._headings and key(heading) != key(leaf):
            return True
        named = self.techniques(heading)
        return bool(named) and technique not in named

    def knows(self, heading: str) -> bool:
        """Tell whether a heading means anything to us."""
        word = key(heading)
        return (
            self.stage(heading) is not None
            or word in self._headings
            or word in self._techniques
            or word in self._middles
        )


@lru_cache(maxsize=50_000)
def alike(one: str, other: str) -> bool:
    """Tell whether two keys differ by a slip of the keyboard."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 2 or min(len(one), len(other)) < 6:
        return False
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.quick_ratio() >= _ALIKE and match.ratio() >= _ALIKE


_CACHE: dict[int, tuple[Taxonomy, Vocabulary]] = {}


def vocabulary(taxonomy: Taxonomy) -> Vocabulary:
    """Give the vocabulary of a taxonomy, made once."""
    known = _CACHE.get(id(taxonomy))
    if known is None or known[0] is not taxonomy:
        known = (taxonomy, Vocabulary(taxonomy))
        _CACHE.clear()
        _CACHE[id(taxonomy)] = known
    return known[1]
