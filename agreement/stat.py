"""The row that every count is kept in."""

from __future__ import annotations

from typing import NamedTuple


class StatRow(NamedTuple):
    """One additive count of one document.

    ===================== =========================================================================================
    measure               meaning of the other fields
    ===================== =========================================================================================
    reading               annotator_a completed the document, which m annotators did; n = its code points
    char_set              values are sets of labels, bit masks key_c <= key_k; n = sum over characters of
                          n_c (n_k - [c=k]), to be divided by m - 1; the mirrored cell is equal and left out
    char_any, char_label  the same for the values 0 and 1: any label at all, ``label``
    token_set, token_label  the same over tokens
    f1_exact, …_overlap,  for the pair annotator_a < annotator_b and ``label``: n = size of the largest one-to-one
    …_iou50               matching, size_a and size_b = spans of each
    f1_exact_unlabelled … the same with labels left aside; spans of equal extent count once
    pair_read             annotator_a < annotator_b both completed the document, as m did; n = its code points
    pair_any, pair_label  of those characters, n are marked by both, size_a and size_b by each: with any label at
                          all, with ``label``
    split_agreed, …       of the spans under ``label``, size_a of annotator_a and size_b of annotator_b (n = both)
                          stand to the other's in this way: agreed, attribute, border, label, missed
                          (:mod:`agreement.split`)
    u_units               n = sum of squared lengths of the units under ``label``
    cu_units              n = sum over units under ``label`` of (length shared with units of the others, summed)²;
                          to be divided by (m - 1)²
    self_overlap          n = 1: an annotator's spans overlap, under ``label`` or ("") at all
    attr_nominal, …_rank, ``label`` is LABEL.attribute: in n pairs of matched spans annotator_a gave the value key_c and
    …_number, …_set       annotator_b key_k (:mod:`agreement.values`)
    attr_lone             in n pairs of matched spans only one of the two gave a value
    relation_f1           ``label`` is a type of relations: n have a partner, of size_a and size_b
    relation_f1_unlabelled  the same whatever the types
    answer_read           annotator_a answered the question ``label``, as m did; n = 1
    answer_nominal, …     as char_set, with the document as the unit: values key_c <= key_k of the question ``label``
    set_member            the set key_c, a value under ``label``, holds key_k; n = documents
    doc_rating, value     annotator_a gave the answer ``label`` (JSON); m annotators gave one
    ===================== =========================================================================================

    Fields without meaning are 0 or "". Rows with n = 0 and no sizes are left out. A tuple, as a document has hundreds.
    """

    measure: str
    label: str = ""
    m: int = 0
    key_c: int = 0
    key_k: int = 0
    annotator_a: str = ""
    annotator_b: str = ""
    n: int = 0
    size_a: int = 0
    size_b: int = 0
