"""Words by what they say of a number near them: which resource, up or down, or rather quality."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["cue"]

_PREFIXES: dict[str, str] = {
    "speedup": "speedup speed-up speedups speed-ups speed accelerat speeding faster fast quicker",
    "slow": "slower slowdown",
    "latency": "latenc ttft tpot itl delay response completion prefill prefilling startup",
    "time": "time runtime wall-clock wallclock walltime duration",
    "train": "training train trained pre-training pretraining fine-tuning finetuning tuning "
    "convergence converge epoch step gpu-hour",
    "inference": "inference decod generation generat serving serve end-to-end",
    "throughput": "throughput goodput tokens/s request/s requests/s qps tps tokens/sec",
    "util": "utilization utilisation mfu hit occupancy",
    "memory": "memory vram dram sram footprint hbm peak-memory gpu-memory ram",
    "kv": "kv kv-cache cache key-value",
    "size": "size storage disk smaller larger bigger checkpoint",
    "bits": "bit bits bit-width bitwidth bits-per-weight precision int4 int8 fp8",
    "param": "parameter param params weights",
    "sparse": "sparsity sparse pruned pruning prune prun",
    "energy": "energy power joule battery electricity watt edp energy-efficien",
    "carbon": "carbon co2 emission co2e",
    "cost": "cost price cheaper expense dollar monetary fee cost-effective bill tco pricing budget",
    "flops": "flop gflop tflop mac compute computation arithmetic operations",
    "comm": "communicat bandwidth traffic transmi network uplink bytes all-reduce all-to-all",
    "token": "token cot length chain-of-thought verbosity",
    "call": "calls call invocation turns rollout retriev",
    "data": "data dataset sample example corpus instances instruction annotated labeled label",
    "compress": "compress ratio quantiz condens",
    "overhead": "overhead",
    "efficien": "efficien productiv",
    "area": "area silicon die",
    "quality": "accuracy accurac score perplexity quality bleu rouge f1 performance wer recall "
    "precision@ points point pass@1 pass@k exact-match win win-rate exact auc map ndcg success "
    "correct correctness degrad loss drop error benchmark hallucinat robust safety agreement "
    "faithful absolute outperform improvement-in-accuracy",
    "retain": "retain preserv maintain keep keeping match matching original recover comparable",
    "down": "reduc decreas lower less fewer cut cuts cutting sav saving savings drop shrink "
    "lowering minimi eliminat remov skip shorten discard halv fall shorter cheaper smaller",
    "up": "increas improv higher more gain gains boost enhanc greater better larger rais rise",
    "only": "only just mere merely under within below using requires requiring needs uses fits",
    "upto": "up to",
    "by": "by",
    "of": "of",
    "than": "than over compared versus vs against relative baseline",
    "from": "from",
    "with": "with at on",
    "achieve": "achiev deliver yield attain obtain provid reach show result demonstrat",
    "additional": "additional extra overhead adds adding incur",
    "model": "llama qwen mistral gpt bert opt llava deepseek gemma phi moe mixtral model models",
    "context": "context sequence sequences long-context window",
    "world": "people users patients countries world year years papers languages hours-of",
    "hardware": "gpu gpus a100 h100 rtx nvidia tpu npu fpga device devices cpu phone",
    "rank": "rank layer layers head heads expert experts",
}
_EXACT = {"up", "to", "by", "of", "from", "with", "at", "on", "only", "just", "mac", "map", "more"}
_EXACT |= {"less", "ram", "tps", "die", "cut", "win", "hit", "vs", "over", "size", "bit", "opt"}
_EXACT |= {"phi", "year", "area", "fee", "bits", "call", "rank", "head", "time", "step", "points"}
_BY_WORD = {w: c for c, words in _PREFIXES.items() for w in words.split() if w in _EXACT}
_BY_PREFIX = sorted(
    ((w, c) for c, words in _PREFIXES.items() for w in words.split() if w not in _EXACT),
    key=lambda pair: -len(pair[0]),
)


@lru_cache(maxsize=16384)
def cue(word: str) -> str:
    """Return the group of a lower-case word, or an empty text."""
    exact = _BY_WORD.get(word)
    if exact is not None:
        return exact
    for prefix, name in _BY_PREFIX:
        if word.startswith(prefix):
            return name
    return ""
