"""Bundled networks that timm, segment-anything, transformers and pytorchcv have too, by their names there."""

from __future__ import annotations

from typing import Any, NamedTuple


class Network(NamedTuple):
    """A name in a package, the side of the images that go in, whether it is in the form for inference, and a config of transformers."""

    name: str
    side: int = 224
    deploy: bool = False
    package: str = "timm"
    config: dict[str, Any] | None = None


def beit(width: int, depth: int, heads: int) -> Network:
    sizes = {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
    }
    ways = {
        "use_relative_position_bias": True,
        "use_mean_pooling": True,
        "num_labels": 1000,
        "layer_scale_init_value": 0.1,
    }
    return Network("BeitForImageClassification", package="transformers", config={**sizes, **ways})


def forms(ours: str, theirs: str) -> dict[str, Network]:
    """A network as it trains and as it is deployed."""
    return {ours: Network(theirs), f"{ours}_deploy": Network(theirs, deploy=True)}


NETWORKS = {
    **{
        f"deit_{size}{end}": Network(f"deit_{size}{end}_patch16_224")
        for end in ("", "_distilled")
        for size in ("tiny", "small", "base")
    },
    **{
        f"mixer_{size}_{patch}": Network(f"mixer_{size}{patch}_224")
        for size, patch in (("s", 32), ("s", 16), ("b", 32), ("b", 16), ("l", 32), ("l", 16))
    },
    "resmlp_12": Network("resmlp_12_224"),
    "resmlp_24": Network("resmlp_24_224"),
    "resmlp_36": Network("resmlp_36_224"),
    "resmlp_big_24": Network("resmlp_big_24_224"),
    "convmixer_768_32": Network("convmixer_768_32"),
    "convmixer_1536_20": Network("convmixer_1536_20"),
    "convmixer_1024_20": Network("convmixer_1024_20_ks9_p14"),
    "se_resnet50": Network("legacy_seresnet50"),
    "se_resnet101": Network("legacy_seresnet101"),
    "se_resnet152": Network("legacy_seresnet152"),
    "se_resnext50_32x4d": Network("legacy_seresnext50_32x4d"),
    "se_resnext101_32x4d": Network("legacy_seresnext101_32x4d"),
    **forms("repvgg_a0", "repvgg_a0"),
    **forms("repvgg_a1", "repvgg_a1"),
    **forms("repvgg_a2", "repvgg_a2"),
    **forms("repvgg_b0", "repvgg_b0"),
    **forms("repvgg_b1", "repvgg_b1"),
    **forms("repvgg_b2", "repvgg_b2"),
    **forms("repvgg_b3", "repvgg_b3"),
    "ghostnet_050": Network("ghostnet_050"),
    "ghostnet_100": Network("ghostnet_100"),
    "ghostnet_130": Network("ghostnet_130"),
    **{
        f"efficientnet_lite{size}": Network(f"efficientnet_lite{size}", side)
        for size, side in enumerate((224, 240, 260, 280, 300))
    },
    **{key: value for size in range(5) for key, value in forms(f"mobileone_s{size}", f"mobileone_s{size}").items()},
    "dinov2_s": Network("vit_small_patch14_dinov2", 518),
    "dinov2_b": Network("vit_base_patch14_dinov2", 518),
    "dinov2_l": Network("vit_large_patch14_dinov2", 518),
    "dinov2_g": Network("vit_giant_patch14_dinov2", 518),
    "cait_xxs24": Network("cait_xxs24_224"),
    "cait_xxs36": Network("cait_xxs36_224"),
    "cait_xs24": Network("cait_xs24_384", 384),
    "cait_s24": Network("cait_s24_224"),
    "cait_s36": Network("cait_s36_384", 384),
    "cait_m36": Network("cait_m36_384", 384),
    "cait_m48": Network("cait_m48_448", 448),
    "nasnet_large": Network("nasnetalarge", 331),
    "coatnet_0": Network("coatnet_0_224"),
    "pyramidnet110_a84": Network("pyramidnet110_a84_cifar10", 32, package="pytorchcv"),
    "pyramidnet272_a200": Network("pyramidnet272_a200_bn_cifar10", 32, package="pytorchcv"),
    "fractalnet": Network("fractalnet_cifar10", 32, package="pytorchcv"),
    "beit_base": beit(768, 12, 12),
    "beit_large": beit(1024, 24, 16),
    "sam_vit_b": Network("vit_b", 1024, package="segment-anything"),
    "sam_vit_l": Network("vit_l", 1024, package="segment-anything"),
    "sam_vit_h": Network("vit_h", 1024, package="segment-anything"),
}
