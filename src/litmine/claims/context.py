"""What a claim is compared with and under what it holds, read from its own sentence."""

from __future__ import annotations

import re

from litmine.core.claim import Condition, ConditionKind

__all__ = ["comparator", "conditions"]

_STOP = (
    r"(?=\s*(?:[,;:()]|\.(?:\s|$)|\b(?:while|and|on|at|with|in|for|when|by|without|under|across"
    r"|as|to)\b|$))"
)
_LEAD = (
    r"\b(?:(?:as )?compared (?:to|with)|in comparison (?:to|with)|relative to|versus|vs\.?|against"
    r"|than(?: that of| those of)?|over)\s+"
)
_COMPARED = re.compile(
    _LEAD
    + rf"(?P<what>(?!(?:\d|\$|\\|time\b|all\b|a range\b|the course\b))\S[^,;:()]{{1,80}}?){_STOP}",
    re.I,
)
_WEAK = re.compile(r"over\s", re.I)
_HARDWARE = (
    r"\b(?:A100|H100|H200|H20|A6000|A40|L40S?|V100|T4|P100|B200|GB200|MI\d{3}X?|RTX|GTX|Jetson|TPU"
    r"|NPU|FPGA|CPUs?|GPUs?|Ascend|Snapdragon|Apple M\d|Raspberry Pi|smartphone|phone|laptop"
    r"|edge device|mobile device|consumer)"
)
_MODEL = (
    r"\b(?:LLaMA|Llama|Qwen|Mistral|Mixtral|GPT|BERT|OPT|Gemma|Phi|DeepSeek|LLaVA|Vicuna|Falcon"
    r"|Pythia|T5|BLOOM|Mamba|ViT|InternVL|Yi-|ChatGLM|GLM)[\w.\-]*|\b\d+(?:\.\d+)?B\b"
)
_BENCHMARK = (
    r"\b(?:MMLU|GSM8K|MATH|AIME|HumanEval|LongBench|RULER|GLUE|SuperGLUE|BBH|ARC|HellaSwag"
    r"|MT-Bench|SWE-bench|MLPerf|GPQA|SpecBench|Spec-Bench|VQAv2|LiveCodeBench|benchmarks?)\b"
)
_KINDS: tuple[tuple[ConditionKind, re.Pattern[str]], ...] = (
    (
        "quality",
        re.compile(
            r"accuracy|perplexity|quality|performance|degradation|\bloss\b|\bdrop\b|score", re.I
        ),
    ),
    ("hardware", re.compile(_HARDWARE)),
    ("batch", re.compile(r"\bbatch", re.I)),
    ("context", re.compile(r"context|sequence|tokens? long|\b\d+K\b|long inputs?", re.I)),
    ("benchmark", re.compile(_BENCHMARK)),
    ("model", re.compile(_MODEL)),
    ("dataset", re.compile(r"\b(?:dataset|corpus|WikiText|ImageNet|Alpaca|C4)\b")),
)
_PHRASE = re.compile(
    r"\b(?P<lead>with(?:out)?|at|on|under|for|while|using)\s+(?P<what>[^,;:()]{2,90}?)"
    r"(?=\s*(?:[,;:()]|\.(?:\s|$)|\b(?:while|and|on|at|with|without|compared|over|than|when|by|to|under|for)\b|$))"
)
_FAR = 160  # characters: a condition further from the number belongs to something else


def comparator(
    flat: str, start: int, end: int, sentence: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the span of what the number at ``start:end`` is compared with, if it is told."""
    best: tuple[int, re.Match[str]] | None = None
    for found in _COMPARED.finditer(flat, *sentence):
        after = found.start() >= end
        gap = found.start() - end if after else start - found.end() + 20
        if gap < 0 or gap > _FAR or (_WEAK.match(found[0]) and not after):
            continue
        if best is None or gap < best[0]:
            best = gap, found
    if best is None:
        return None
    return _trim(flat, best[1].start("what"), best[1].end("what"))


def conditions(
    text: str, flat: str, start: int, end: int, sentence: tuple[int, int]
) -> tuple[Condition, ...]:
    """Return the phrases of the sentence that say under what the number holds, in their order."""
    out: list[Condition] = []
    for found in _PHRASE.finditer(flat, *sentence):
        if found.end() > start - 60 and found.start() < end + _FAR:
            if found.start() < end and start < found.end():
                continue
            kind = _kind(found["lead"].lower(), found["what"])
            if kind is not None:
                first, last = _trim(flat, found.start(), found.end())
                out.append(Condition(kind, text[first:last], first, last))
    return tuple(out)


def _kind(lead: str, what: str) -> ConditionKind | None:
    for kind, pattern in _KINDS:
        if kind == "quality" and lead not in {"with", "without", "at", "while"}:
            continue
        if kind != "quality" and lead in {"while", "without"}:
            continue
        if pattern.search(what):
            return kind
    return None


def _trim(flat: str, start: int, end: int) -> tuple[int, int]:
    while end > start + 1 and flat[end - 1].isspace():
        end -= 1
    return start, end
