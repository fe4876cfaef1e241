"""Teaching a sentence encoder this field: contrastive warm-up, labelled heads, self-training.

`config` says what to do, `data` reads it, `network` is the model with its heads, `steps` holds the
losses and the loop, `run` puts them in order. torch is imported inside functions only.
"""

from __future__ import annotations
