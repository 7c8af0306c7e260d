"""Bundled networks with settings that make them small, one for each way to keep something."""

from __future__ import annotations

SETTINGS = {"dim": 16, "words": 11, "heads": 4, "depth": 2, "hidden": 24}
_GROUPED = {**SETTINGS, "kv_heads": 2}
_MIXED = {"experts": 4, "chosen": 2}
# The spec of each small network: its name, and its settings.
SPECS: dict[str, dict[str, int]] = {
    "llama3_8b": _GROUPED,
    "gemma2_2b": {**_GROUPED, "head": 8, "window": 6},
    "mistral_7b": {**_GROUPED, "head": 4, "window": 6},
    "gpt_oss_20b": {**_GROUPED, **_MIXED, "head": 8, "window": 6},
    "deepseek_v3": {**SETTINGS, **_MIXED, "latent": 8, "query": 12, "first": 1, "dense": 24},
    "mamba_130m": {"vocabulary": 11, "dim": 8, "depth": 2},
    "t5_small": {"S": 12, "words": 11, "dim": 16, "heads": 2, "key": 4, "hidden": 24, "depth": 2},
    "whisper_tiny": {"frames": 12, "bands": 4, "dim": 16, "heads": 2, "depth": 2, "words": 11},
}
