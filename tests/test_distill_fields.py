"""The receptive fields of the Distill article (Araujo et al. 2019), all 561 end points of its 19 networks."""

from __future__ import annotations

from functools import cache

import pytest
from distill import network, row_of, table

from archcalc.receptive import Field, receptive_fields

END_POINTS = table("distill_rf_endpoints")


def field(name: str, resolution: int | None, end_point: str) -> Field:
    return fields(name, resolution)[row_of(end_point, network(name, resolution))]


@cache
def fields(name: str, resolution: int | None) -> list[Field]:
    return list(receptive_fields(network(name, resolution)).values())


@pytest.mark.parametrize("name", dict.fromkeys(row["cnn"] for row in END_POINTS))
def test_size_stride_and_padding_of_every_end_point(name):
    """At every resolution; where padding depends on a size that the table leaves open, it has none."""
    expected, found = {}, {}
    for row in END_POINTS:
        if row["cnn"] == name:
            key = row["end_point"], row["resolution"]
            ours = field(name, int(row["resolution"]) if row["resolution"] else None, row["end_point"])
            padding = ours.padding if row["effective_padding"] else None
            expected[key] = row["rf"], row["effective_stride"], row["effective_padding"]
            found[key] = tuple(
                "" if values is None else "×".join(map(str, dict.fromkeys(values)))
                for values in (ours.size, ours.jump, padding)
            )

    assert found == expected


@pytest.mark.parametrize("row", table("distill_rf"), ids=lambda row: row["model"])
def test_the_article_has_the_last_end_point(row):
    """Its table has the last end point of each network, the padding at 224×224."""
    last = [point["end_point"] for point in END_POINTS if point["cnn"] == row["model"]][-1]
    ours = field(row["model"], 224, last)

    expected = (int(row["rf"]), int(row["effective_stride"]), int(row["effective_padding"]))
    assert {*zip(ours.size, ours.jump, ours.padding, strict=True)} == {expected}
