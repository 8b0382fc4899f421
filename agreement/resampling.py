"""The bootstrap's stream of random documents and sums over them, the same on every machine.

Resample b of D documents draws D of them with replacement. Draw number b * D + t is the next 64-bit output r of
``numpy.random.PCG64(seed)`` (``random_raw``; PCG XSL RR 128/64, seeded through numpy's SeedSequence, both of which
numpy promises not to change), and the document drawn is ``((r >> 32) * D) >> 32``, counting documents in the order of
their ids. A document's chance differs from 1/D by less than 2**-32.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agreement.mark_columns import Integers

type BigIntegers = NDArray[np.object_]

EXACT_FLOAT = 1 << 53
EXACT_INT = 1 << 63
WEIGHTS_AT_ONCE = 250_000
WEIGHTS_KEPT = 2_000_000


def resample_weights(n_documents: int, resamples: int, seed: int) -> Iterator[Integers]:
    """How often each document is drawn: blocks of rows (resamples) x documents, in the order of the stream."""
    if n_documents * resamples > WEIGHTS_KEPT:
        yield from _drawn(n_documents, resamples, seed)
        return
    for block in _kept(n_documents, resamples, seed):
        yield block.astype(np.int64)


@lru_cache(maxsize=1)  # several families of figures of one corpus are drawn in a row
def _kept(n_documents: int, resamples: int, seed: int) -> list[NDArray[np.int32]]:
    return [block.astype(np.int32) for block in _drawn(n_documents, resamples, seed)]


def _drawn(n_documents: int, resamples: int, seed: int) -> Iterator[Integers]:
    stream = np.random.PCG64(seed)
    block = max(1, WEIGHTS_AT_ONCE // n_documents)
    for first in range(0, resamples, block):
        rows = min(block, resamples - first)
        raw: NDArray[np.uint64] = stream.random_raw(rows * n_documents)
        drawn = ((raw >> np.uint64(32)) * np.uint64(n_documents)) >> np.uint64(32)
        place = drawn.astype(np.int64) + np.repeat(np.arange(rows) * n_documents, n_documents)
        yield np.bincount(place, minlength=rows * n_documents).reshape(rows, n_documents)


def exact_product(a: Integers | BigIntegers, b: Integers | BigIntegers) -> BigIntegers:
    """The matrix product as whole numbers: through the fast float routine only where no partial sum can round."""
    if a.size == 0 or b.size == 0:
        return np.zeros((a.shape[0], b.shape[1]), dtype=object)
    largest_row = int(np.abs(a).sum(axis=1).max())
    largest = largest_row * int(np.abs(b).max())
    if largest < EXACT_FLOAT:
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64).astype(object)
    if largest < EXACT_INT:
        return (a.astype(np.int64) @ b.astype(np.int64)).astype(object)
    return _by_limbs(a, b, largest_row)


def _by_limbs(a: Integers | BigIntegers, b: Integers | BigIntegers, largest_row: int) -> BigIntegers:
    """The product with ``b`` cut into pieces of so few bits that the fast routine is exact on each."""
    bits = 52 - largest_row.bit_length()
    if bits < 8:
        return np.asarray(a.astype(object) @ b.astype(object))
    weights = a.astype(np.float64)
    rest, signs = np.abs(b.astype(object)), np.sign(b.astype(object))
    total = np.zeros((a.shape[0], b.shape[1]), dtype=object)
    shift = 0
    while rest.any():
        limb = (rest & ((1 << bits) - 1)) * signs
        total = total + ((weights @ limb.astype(np.float64)).astype(np.int64).astype(object) << shift)
        rest = rest >> bits
        shift += bits
    return total


def resampled_sums(columns: Integers | BigIntegers, resamples: int, seed: int) -> BigIntegers:
    """Sums of each column (documents x columns) over each resample: resamples x columns."""
    blocks = [exact_product(weights, columns) for weights in resample_weights(columns.shape[0], resamples, seed)]
    return np.concatenate(blocks)
