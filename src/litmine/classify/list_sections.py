"""What the section headings of public paper lists say about stage and technique.

Hand-kept lists sort papers under headings such as "Model Compression > Quantization". `RULES`
maps the words of a heading to a technique and a stage of the taxonomy; headings are read from the
innermost outwards and the first heading that a rule knows decides. Headings that name another
kind of model (`OTHER_MODELS`) give no label at all: those lists go beyond language models.

The labels are weak: maintainers place papers their own way. Against the 730 relevant papers that
have gold labels too (`litmine.classify.library_build.agreement`; the table was written with them
in view, so expect a little less elsewhere), the first stage stands among the gold stages for 540
of 686 papers (79%) and the first technique for 463 of 619 (75%). By rule, stage and technique:
prompt-compression 100% and 90%, speculative-decoding 100% and 94%, efficient-reasoning 96% and
87%, kv-cache 86% and 86%, quantization 83% and 88%, pruning 98% and 78%, serving 92% and 70%;
weakest are mixture-of-experts under a system heading (51% and 45%) and efficient-attention (63%
and 55%), where lists collect everything around the word. Being listed is itself no proof: 194 of
the 924 papers with both are not relevant by the codebook.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern over the words of one heading, and what it implies.

    `technique` may be None where the heading tells only the stage, and `stage` may be None where
    it tells only the technique.
    """

    pattern: re.Pattern[str]
    technique: str | None
    stage: str | None


def _rule(technique: str | None, stage: str | None, *words: str) -> Rule:
    # A word boundary in front only: "prun" stands for prune, pruning and pruned.
    return Rule(re.compile(rf"\b(?:{'|'.join(words)})"), technique, stage)


# Rows under these headings are about models outside the codebook, unless language is named too.
OTHER_MODELS = re.compile(
    r"\b(?:convolutional neural|cnns?\b|image classification|object detection|vision\b|visual gen"
    r"|super resolution|segmentation model|audio|video|graph neural|gnn|spiking|snn|speech"
    r"|time series|recommend|diffusion model|image generation|text to image|other modalities"
    r"|point cloud|nerf|binary neural)"
)
LANGUAGE = re.compile(r"\b(?:language|llm|nlp|bert|vlm|mllm|multimodal)")

# The first rule that matches a heading wins, so narrow headings stand before broad ones.
RULES: tuple[Rule, ...] = (
    _rule("survey", None, "survey", "review", "tutorial"),
    # Under these stand all sorts of papers: no label, whatever the outer headings say.
    _rule(
        None,
        None,
        "benchmark",
        "evaluation",
        "measurement",
        "analys[ie]s",
        "metric",
        "dataset",
        "news",
    ),
    # Key-value cache and prompts before the compression methods applied to them.
    _rule("kv-cache", "inference", "kv ?cache", "key value cache", "attention kv", "eviction"),
    _rule(
        "prompt-compression",
        "inference",
        "prompt(?: context)?(?: kv)? compress",
        "context compress",
        "text compress",
        "token (?:prompt|comp|rem|prun|merg)",
        "hard prompt",
        "soft prompt gist",
        "gist",
        "input pruning",
        "visual (?:token )?compress",
        "efficient prompting",
    ),
    _rule(
        "speculative-decoding",
        "inference",
        "speculative",
        "parallel decod",
        "multi ?token prediction",
        "draft",
    ),
    _rule(
        "efficient-reasoning",
        "inference",
        "long to short",
        "chain of thought",
        r"cot\b",
        "reasoning",
        "thinking",
        "test time scaling",
        "overthink",
    ),
    _rule(
        "early-exit",
        "inference",
        "early exit",
        "layer skip",
        "adaptive computation",
        "activation sparsity",
    ),
    # Adapting a trained model.
    _rule(
        "peft",
        "finetuning",
        "peft",
        "parameter efficient",
        r"lora\b",
        "low rank adapt",
        "adapter",
        "prompt tuning",
        "prefix tuning",
        "side tuning",
        "reparameter tuning",
        "delta tuning",
        "quantized finetuning",
        "efficient fine ?tuning",
    ),
    _rule("full-tuning", "finetuning", "full parameter", "memory efficient fine"),
    _rule(
        "data-selection",
        "finetuning",
        "data selection for (?:instruction|preference|task|efficient fine|in ?context)",
        "instruction (?:quality|tuning|selection)",
        "supervised fine ?tuning",
    ),
    # Compression. Training in few bits is not compression of a finished model.
    _rule(
        "mixed-precision",
        "pretraining",
        "mixed precision training",
        "low precision training",
        "fp8 training",
        "quantized training",
    ),
    _rule(
        "training-memory",
        "pretraining",
        "memory efficient training",
        "low rank gradient",
        "optimi[sz]er state",
    ),
    _rule("distillation", "inference", "distill", r"kd\b"),
    _rule("quantization", "inference", "quant"),
    _rule("pruning", "inference", "prun", "sparsification", "sparsity"),
    _rule("low-rank", "inference", "low ?rank", r"svd\b", "decomposition", "factori[sz]ation"),
    # Architectures.
    _rule(
        "mixture-of-experts",
        "system",
        "(?:combine )?moe (?:inference|serving|llm inference|with)",
        "moe compress",
    ),
    _rule("mixture-of-experts", None, "mixture ?of ?experts?", r"moe\b", "expert"),
    _rule("offloading", "system", "offload"),
    _rule(
        "efficient-attention",
        "architecture",
        "sparse attention",
        "linear attention",
        "efficient attention",
        "attention (?:group|acceler)",
        "sliding window",
        "efficient transformer",
        "multi ?query",
        "latent attention",
        "io flops",
    ),
    _rule(
        "sequence-model",
        "architecture",
        "state space",
        r"ssm\b",
        "mamba",
        "recurren",
        r"rnn\b",
        "linear (?:sequence|rnn)",
        "non ?transformer",
        "transformer alternative",
        "hybrid arch",
        "convolutional lm",
        "long convolution",
        "sequential model",
    ),
    _rule(
        None,
        "architecture",
        "small (?:language )?model",
        "compact",
        r"slm\b",
        "tiny",
        "on ?device llm",
    ),
    # Training.
    _rule("data-augmentation", "pretraining", "data augment"),
    _rule(
        "data-selection",
        None,
        "data (?:selection|prun|mix|quality|dedup|filter|quantity|efficien|sampling)",
        "importance sampling",
        "dedup",
        "coreset",
        "heuristic approach",
        "quality based",
    ),
    _rule(
        "parallelism",
        "pretraining",
        "pipeline parallel",
        "tensor parallel",
        "sequence parallel",
        "data parallel",
        "auto parallel",
        "hybr?i?d? ?parallel",
        "3d parallel",
        "parallelism",
        "distributed (?:training|ml)",
        "communication (?:optimi|schedul)",
        "fault toleran",
    ),
    _rule("collaborative", "system", "federated", "decentrali[sz]ed"),
    _rule(
        "training-objective",
        "pretraining",
        "training objective",
        "curricul",
        "model growth",
        "scaling law",
        "mask(?:ed)? language",
    ),
    # Systems.
    _rule(
        "kernel",
        "system",
        "kernel",
        "compiler",
        "gemm",
        "tensor core",
        "hardware (?:efficient|aware)",
    ),
    _rule(None, "system", "accelerator", "fpga", "asic", "in memory", r"pim\b", "processing in"),
    _rule(
        None, "system", "edge", "on ?device", "mobile", "personal device", "embedded", "smartphone"
    ),
    _rule(None, "system", "collaborat", "heterogeneous", "multi ?device", "distributed llm"),
    _rule(
        "serving",
        "system",
        "serving",
        "schedul",
        "batch",
        "disaggregat",
        "inference system",
        "serverless",
        "request",
    ),
    _rule("routing", None, "rout(?:ing|er)", "cascade", "model selection", "compound inference"),
    _rule("caching", "inference", "semantic cach", "prompt cach", "prefix cach"),
    _rule(None, "system", "librar", "framework"),
    # Stage alone.
    _rule(
        None, "pretraining", "pre ?train", "training system", "efficient training", "llm training"
    ),
    _rule(None, "finetuning", "fine ?tun", "tuning", "alignment", "post ?train", "rlhf"),
    _rule(None, "architecture", "architecture"),
    _rule(None, "inference", "inference", "model compress", "accelerat", "decoding"),
    _rule(None, "system", "system", "hardware", "deploy", "infrastructure", "gpu"),
)


def plain(heading: str) -> str:
    """Give a heading in lower case with everything but letters and digits as single spaces."""
    return re.sub(r"[^a-z0-9]+", " ", heading.lower()).strip()


def read_section(section_path: str, keyword: str | None = None) -> tuple[str | None, str | None]:
    """Read stage and technique off the headings above a row.

    Parameters
    ----------
    section_path : str
        Headings from the outermost to the innermost, joined by " > ".
    keyword : str, optional
        What the list's keyword column says of the paper; more specific than any heading.

    Returns
    -------
    stage, technique : str or None
        None where the headings do not tell.
    """
    headings = [plain(part) for part in section_path.split(" > ")]
    # The outermost heading is the list's own title: "survey" there is not about its papers.
    headings[0] = re.sub(r"\b(?:survey|papers?|list|awesome)\b", " ", headings[0])
    whole = " ".join(headings)
    if OTHER_MODELS.search(whole) and not LANGUAGE.search(whole):
        return None, None
    inside_out = [heading for heading in [plain(keyword or ""), *reversed(headings)] if heading]
    rules = [_first(heading) for heading in inside_out]
    deciding = next((number for number, rule in enumerate(rules) if rule is not None), None)
    if deciding is None:
        return None, None
    rule = rules[deciding]
    if rule is None or (rule.stage is None and rule.technique is None):
        return None, None
    stage, technique = rule.stage, rule.technique
    if stage is None:
        # "Data selection for pre-training": the same heading, or one further out, may tell.
        found = (_first(heading, stage_known=True) for heading in inside_out[deciding:])
        stage = next((outer.stage for outer in found if outer is not None), None)
    elif technique is None:
        same_stage = (outer for outer in rules[deciding:] if outer and outer.stage == stage)
        technique = next((outer.technique for outer in same_stage if outer.technique), None)
    return stage, technique


def _first(heading: str, *, stage_known: bool = False) -> Rule | None:
    """Give the first rule that matches a heading, of those that tell a stage if so asked."""
    return next(
        (
            rule
            for rule in RULES
            if (rule.stage is not None or not stage_known) and rule.pattern.search(heading)
        ),
        None,
    )
