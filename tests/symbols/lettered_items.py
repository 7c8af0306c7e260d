"""Items of a spec in letters that keep the shape of what they read, and lists of items."""

from __future__ import annotations

from tests.symbols.lettered_layers import Writer


def listed(items: list[str]) -> str:
    return (
        "["
        + ", ".join(item if item.startswith(("[", "{")) or ":" not in item else f"{{{item}}}" for item in items)
        + "]"
    )


def keeps(writer: Writer, rank: int) -> list[str]:
    """Layers after which the shape is mostly what it was."""
    r, space = writer.r, rank - 1
    if not space:
        return [r.choice((f"linear: {writer.names[rank][0]}", "relu", "batchnorm1d", "layernorm"))]
    if rank == 2 and writer.sequence:
        kept = ("linear: features", "lstm: features", "attention: {heads: 1}", "cumsum: tokens", "layernorm", "gelu")
        return [r.choice((*kept, f"linear: {writer.size(1, 6, rank)}"))]
    ways = (
        [f"conv{space}d: {{out: channels, kernel: 3, padding: 1}}"],
        [f"maxpool{space}d: {{kernel: 3, stride: 1, padding: 1}}"],
        [f"conv{space}d: {{out: channels, kernel: 2, padding: same}}", "relu"],
        [f"maxpool{space}d: 2", f"convtranspose{space}d: {{out: channels, kernel: 2, stride: 2}}"],
        [f"conv{space}d: {{out: channels, kernel: 3, stride: 2, padding: 1}}", "upsample: 2"],
        [f"avgpool{space}d: {{kernel: 3, stride: 2, ceil_mode: true}}", "upsample: {scale: 2, mode: linear}"],
        ["pad: 1", "crop: 1"],
        [f"conv{space}d: {{out: {writer.size(1, 6, rank)}, kernel: 1}}"],
    )
    way = r.randrange(len(ways))
    if 3 <= way <= 5:
        writer.used.add("branches that shrink and grow")
    return ways[way]


def keeps_shape(writer: Writer, rank: int) -> str:
    return writer.r.choice(("relu", "sigmoid", "identity", *(["globalavgpool"] if rank > 1 else [])))
