"""How reliably each annotator finds each label by the model of Dawid and Skene, as the worker stores it.

``competence`` {"of": n, "labels": {code: {"reason"?, "annotators": [{"annotator", "sensitivity", "specificity", "n"}]}}};
``of``: the articles that it rests on, a sample in a large project.
"""

from __future__ import annotations

from typing import Any

from agreement.dawid_skene import label_models
from annotate.models import ArticleAgreement, Project
from annotate.scoring.adapter import documents, label_indexes
from corpus.models import Article

# Read with all their marks, so that many would cost the worker more than the figure is worth.
MOST_ARTICLES = 200


def competence_of(project: Project) -> dict[str, Any]:
    """A model for every label from articles that two or more people read, in the order of their uuids, which is random."""
    keys = ArticleAgreement.objects.filter(project=project).order_by("article__uuid").values_list("article", flat=True)
    articles = list(Article.objects.filter(pk__in=list(keys[:MOST_ARTICLES])).only("uuid"))
    models = label_models(documents(project, articles), list(label_indexes(project)))
    return {
        "of": len(articles),
        "labels": {
            label: ({"reason": model.reason} if model.reason else {})
            | {
                "annotators": [
                    {
                        "annotator": one.annotator,
                        "sensitivity": one.sensitivity,
                        "specificity": one.specificity,
                        "n": one.n,
                    }
                    for one in model.annotators
                ]
            }
            for label, model in models.items()
        },
    }
