"""Agreement of several annotators, from additive whole numbers per document.

``document_rows`` counts one document, ``metrics`` turns the rows of many into figures; ``document_metrics`` does both
for documents in memory. ``python -m agreement FILE.jsonl`` prints the same figures for a file.
"""

from agreement.dawid_skene import label_models, score_segments
from agreement.documents import Document, Mark, Relation
from agreement.gamma import GammaPlan, GammaRun, run_gamma
from agreement.metrics import (
    Metric,
    UnknownMetricError,
    document_metrics,
    gamma_metrics,
    metric_names,
    metrics,
    printed,
)
from agreement.people import AnnotatorFigures, GroupFigures, annotator_figures, group_figures, pair_figures
from agreement.rows import document_rows, reduced_to_labels
from agreement.schema import Field, Schema
from agreement.split import disagreement
from agreement.stat import StatRow
from agreement.votes import vote_segments

__all__ = [
    "AnnotatorFigures",
    "Document",
    "Field",
    "GammaPlan",
    "GammaRun",
    "GroupFigures",
    "Mark",
    "Metric",
    "Relation",
    "Schema",
    "StatRow",
    "UnknownMetricError",
    "annotator_figures",
    "disagreement",
    "document_metrics",
    "document_rows",
    "gamma_metrics",
    "group_figures",
    "label_models",
    "metric_names",
    "metrics",
    "pair_figures",
    "printed",
    "reduced_to_labels",
    "run_gamma",
    "score_segments",
    "vote_segments",
]
