"""Selective scans and linear attention against the sums that their recurrences stand for, and their work counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from archcalc.layers import Layer

K = Layer.kinds


def drawn(*shapes):
    random = np.random.default_rng(5)
    return [random.standard_normal(shape) for shape in shapes]


def test_a_scan_is_a_sum_over_the_tokens_so_far():
    """y(t) = D·x(t) + Σ over s ≤ t and the state of C(t)·B(s)·Δ(s)·x(s)·e^(A·(Δ(s + 1) + … + Δ(t))), value by value."""
    x, dt, b, c, a_log, skip = drawn((5, 3), (5, 3), (5, 2), (5, 2), (3, 2), (3,))
    dt = np.abs(dt)
    expected = np.zeros((5, 3))
    for t, d in np.ndindex(5, 3):
        expected[t, d] = skip[d] * x[t, d] + math.fsum(
            c[t, n] * b[s, n] * dt[s, d] * x[s, d] * math.exp(-math.exp(a_log[d, n]) * dt[s + 1 : t + 1, d].sum())
            for s in range(t + 1)
            for n in range(2)
        )

    found = K["scan"]().forward(np, *(array[None] for array in (x, dt, b, c)), A_log=a_log, D=skip)

    assert np.abs(found[0] - expected).max() < 1e-12


def test_a_scan_in_heads_is_a_scan_with_rates_and_inputs_repeated():
    """12 features in 4 heads of 2 groups, each with its B and C: value by value the sum of a scan, with what a head shares."""
    x, dt, b, c, a_log, skip = drawn((5, 12), (5, 4), (5, 6), (5, 6), (4,), (4,))
    dt = np.abs(dt)
    expected = np.zeros((5, 12))
    for t, d in np.ndindex(5, 12):
        head, group = d // 3, d // 6
        expected[t, d] = skip[head] * x[t, d] + math.fsum(
            c[t, n] * b[s, n] * dt[s, head] * x[s, d] * math.exp(-math.exp(a_log[head]) * dt[s + 1 : t + 1, head].sum())
            for s in range(t + 1)
            for n in range(3 * group, 3 * group + 3)
        )

    found = K["ssd"](groups=2).forward(np, *(array[None] for array in (x, dt, b, c)), A_log=a_log, D=skip)

    assert np.abs(found[0] - expected).max() < 1e-12


@pytest.mark.parametrize("size", [1, 300])
def test_wkv_is_a_mean_weighted_by_keys_and_distance(size):
    """Peng et al. 2023, equation 16, value by value; powers that no number holds are taken relative to their largest."""
    k, v, decay, first = drawn((6, 3), (6, 3), (3,), (3,))
    k *= size
    expected = np.zeros((6, 3))
    for t, d in np.ndindex(6, 3):
        powers = [-(t - 1 - i) * math.exp(decay[d]) + k[i, d] for i in range(t)] + [first[d] + k[t, d]]
        weights = [math.exp(power - max(powers)) for power in powers]
        expected[t, d] = math.fsum(w * v[i, d] for i, w in enumerate(weights)) / math.fsum(weights)

    found = K["wkv"]().forward(np, k[None], v[None], decay=decay, first=first)

    assert np.abs(found[0] - expected).max() < 1e-12


@pytest.mark.parametrize("causal", [False, True])
def test_linear_attention_is_attention_with_another_similarity(causal):
    """Head by head the weights φ(q)·φ(k) over their sum, φ(x) = elu(x) + 1, from a matrix of all queries and keys."""
    q, k, v = drawn((4, 6), (4, 6), (4, 10))
    q_mapped, k_mapped = (np.where(x > 0, x + 1, np.exp(x)) for x in (q, k))
    heads = []
    for h in range(2):
        scores = q_mapped[:, 3 * h : 3 * h + 3] @ k_mapped[:, 3 * h : 3 * h + 3].T
        scores = np.tril(scores) if causal else scores
        heads.append(scores / scores.sum(1, keepdims=True) @ v[:, 5 * h : 5 * h + 5])

    found = K["linearattention"](heads=2, causal=causal).forward(np, q[None], k[None], v[None])

    assert np.abs(found[0] - np.concatenate(heads, 1)).max() < 1e-12


def test_work_counted_by_hand():
    """A scan of 2 tokens with 3 features and 4 values of state, and 2 queries of 6 features against 3 keys with 4 in 2 heads."""
    scan = K["scan"]().work((2, 3), (2, 3), (2, 3), (2, 4), (2, 4))
    attention = K["linearattention"](heads=2).work((2, 4), (2, 6), (3, 6), (3, 4))
    heads = K["ssd"](groups=2).work((2, 12), (2, 12), (2, 4), (2, 6), (2, 6))
    mean = K["wkv"]().work((2, 3), (2, 3), (2, 3))

    # 24 states: each is added to and read. Δ·A and the decay of 24, Δ·x and D·x of 6; D·x is added.
    assert (scan.macs, scan.multiplications, scan.additions, scan.exponentials) == (48, 60, 6, 24)
    # 2 tokens with 12 features of 3 states; 4 heads have a rate and a step each. Δ·x and D·x of 24 values.
    assert (heads.macs, heads.multiplications, heads.exponentials) == (2 * 72, 72 + 8 + 2 * 24, 8)
    assert heads.additions == 24
    # Of 6 values: two products with weights, two sums that decay, u + k, two sums of weights, two powers and a quotient.
    assert (mean.macs, mean.multiplications, mean.additions, mean.exponentials, mean.divisions) == (12, 12, 18, 12, 6)
    # For each of 3 keys and 2 queries 2 heads of 3·2, and for each query 2 heads of 3.
    assert attention.macs == (3 + 2) * 2 * 3 * 2 + 2 * 2 * 3 == 72
    # 30 values mapped, 2 sums of 6 keys each 3 times; 8 quotients.
    assert (attention.additions, attention.divisions, attention.exponentials) == (30 + 2 * 6, 8, 30)
