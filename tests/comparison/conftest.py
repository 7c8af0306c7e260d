"""Specs in files."""

from __future__ import annotations

import pytest


@pytest.fixture
def files(tmp_path):
    """Writes specs to files and returns their paths."""

    def written(*texts):
        paths = [tmp_path / f"{i}.yaml" for i in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return paths

    return written
