"""Photos prepared as torchvision prepares them for its weights."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference.photos import SQUARE, WIDE, photo, read

transforms = pytest.importorskip("torchvision.transforms")


@pytest.mark.parametrize("size", [(375, 500), (500, 333), (256, 256), (100, 101), (640, 427)])
@pytest.mark.parametrize(("side", "resized"), [(224, 256), (299, 342)])
def test_a_photo_is_prepared_as_torchvision_prepares_it(size, side, resized, tmp_path, monkeypatch):
    """Its weights come with these sizes: the shorter side is resized, and a square cut from the centre."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SQUARE.replace("SIDE", str(side)))
    image = photo(*size)
    steps = [transforms.Resize(resized), transforms.CenterCrop(side), transforms.ToTensor()]

    np.testing.assert_allclose(read("net.yaml"), transforms.Compose(steps)(image).numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        (["--resize", "50"], [transforms.Resize(50), transforms.CenterCrop((24, 40))]),
        (["--resize", "24x40"], [transforms.Resize((24, 40))]),
        (["--crop", "24x40"], [transforms.CenterCrop((24, 40))]),
        (["--resize", "60x80", "--crop", "24x40"], [transforms.Resize((60, 80)), transforms.CenterCrop((24, 40))]),
    ],
    ids=lambda value: " ".join(map(str, value))[:20],
)
def test_another_preparation_is_asked_for(options, steps, tmp_path, monkeypatch):
    """Of a side or of both, for a network whose input is no square."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.yaml").write_text(WIDE)
    image = photo(70, 90)
    expected = transforms.Compose([*steps, transforms.ToTensor()])(image).numpy()

    np.testing.assert_allclose(read("wide.yaml", *options), expected, atol=1e-6)
