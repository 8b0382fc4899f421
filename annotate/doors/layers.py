"""What INCEpTION's layers and features mean to us; the TSV and the XMI of a document follow the same rules.

The label of an annotation is its feature ``label``, else ``value``, else, where neither is set, the layer's own name;
the other features are attributes. The same goes for the type of a relation.
"""

from __future__ import annotations

from collections.abc import Mapping

LABEL_FEATURES = ("label", "value")
# Layers that hold the tool's own segmentation and linguistic preprocessing.
_PREPROCESSING = (
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.",
    "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.",
    "de.tudarmstadt.ukp.dkpro.core.api.syntax.",
    "de.tudarmstadt.ukp.dkpro.core.api.metadata.",
    "de.tudarmstadt.ukp.dkpro.core.api.transform.",
    "de.tudarmstadt.ukp.clarin.webanno.api.type.",
    "uima.",
)
# What INCEpTION calls the files that are nobody's reading.
NOBODY = {
    "INITIAL_CAS": "the document before anybody worked on it",
    "CURATION_USER": "the curated document; adjudication is not a reading",
}


def is_preprocessing(layer: str) -> bool:
    return layer.startswith(_PREPROCESSING)


def short_name(layer: str) -> str:
    return layer.rpartition(".")[2]


def split_features(layer: str, features: Mapping[str, str | None]) -> tuple[str, dict[str, str]]:
    """Label and attributes of an annotation with these features (None where not set)."""
    name = next((feature for feature in LABEL_FEATURES if features.get(feature)), None)
    label = str(features[name]) if name else short_name(layer)
    # A feature that could be the label and is not is still an attribute.
    rest = {feature: value for feature, value in features.items() if feature != name and value is not None}
    return label, rest
