"""The sizes of bundled networks that letters may stand for."""

from __future__ import annotations

# Params that are no letters: depths, for then one row stands for many layers, widths on which it depends whether there is a
# projection, a width in a constant, and how often a loop goes.
NO_SIZES = {
    # Of one type or one digit the numbers are in order as they are turned, and no copy.
    "capsnet": {"iterations", "types", "digits"},
    "clip_vit_b_32": {"joint"},
    **{f"hrnet_w{width}": {"C"} for width in (18, 32, 48)},
    **{f"yolov8{size}": {"depth_multiple"} for size in "lx"},
    # Numbers that conditions ask for, and widths that must divide or be alike.
    **{f"yolo11{size}": {"max_channels", "depth_multiple"} for size in "nsmlx"},
    "ddpm_cifar10": {"attended"},
    # A factor.
    "conformer_s": {"root"},
    **{key: {"first"} for key in ("deepseek_v2", "deepseek_v2_lite")},
    "gemma_2b": {"version", "every"},
    **{key: {"depth_multiple"} for key in ("efficientnet_b0", "efficientnet_lite0")},
    "electra_small": {"small", "dim"},
    "falcon_7b": {"norms"},
    "mobileone_s0": {"first", "branches"},
    "repvgg_a0": {"first"},
    # Of one box at each place the numbers are in order, and no copy.
    "ssdlite320_mobilenet_v3_large": {"anchors"},
    "se_resnet50": {"groups"},
    "wavenet": {"stacks", "depth"},
    "wide_resnet16_8": {"widen"},
}


def is_open(name, axis):
    """True if an axis of a network's input may be a letter.

    RepVGG and MobileOne ask for channels, and sums over four sizes grow too long. The last map of SSD has one place,
    whose numbers are in the order of its boxes and are no copy, as those of more places are.
    """
    if name.startswith(("repvgg", "mobileone")):
        return axis > 0
    return axis == 0 or not name.startswith(("hrnet", "stable_diffusion", "ddpm", "ssd"))
