"""What other data sets report, as quiet orientation beside a project's own figures.

Only figures that were read in the named source or computed again from its data; none from memory. Units, rules and
texts differ from study to study, so they are no target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

READ = "read in the source"
RECOMPUTED = "computed again from its data"


@dataclass(frozen=True, slots=True)
class Published:
    """One figure: of which data set, of what in it, by which measure, and how it is known."""

    data: str
    what: str
    measure: str
    value: float
    known: str

    @property
    def words(self) -> str:
        return f"{self.data}, {self.what}: {self.measure} {self.value:.2f} ({self.known})"


BABE = (
    Published("BABE, experts (SG2)", "biased sentence or not", "alpha", 0.40, RECOMPUTED),
    Published("BABE, experts (SG1)", "biased sentence or not", "alpha", 0.39, RECOMPUTED),
    Published("MBIC, crowd", "biased sentence or not", "alpha", 0.21, RECOMPUTED),
)
SPINDE = (
    Published("Spinde et al. 2021", "biased language, crowd", "alpha", 0.144, READ),
    Published("Spinde et al. 2021", "biased language, experts", "alpha", 0.419, READ),
)
POLNEAR = (
    Published("PolNeAR", "attributions", "alpha over words", 0.754, READ),
    Published("PolNeAR", "attributions, 24 files", "alpha over words", 0.781, RECOMPUTED),
)
MEASEVAL_F1 = (
    Published("MeasEval", "quantities, two annotators", "exact F1", 0.869, RECOMPUTED),
    Published("MeasEval", "quantities, two annotators", "F1 by half of the characters", 0.935, RECOMPUTED),
    Published("MeasEval", "quantities, two annotators", "overlap F1", 0.992, RECOMPUTED),
)
SOURCE = Published("PolNeAR", "source", "alpha", 0.729, RECOMPUTED)
CUE = Published("PolNeAR", "cue", "alpha", 0.664, RECOMPUTED)
CONTENT = Published("PolNeAR", "content", "alpha", 0.847, RECOMPUTED)
QUANTITY = Published("MeasEval", "quantity", "alpha over characters", 0.942, RECOMPUTED)
ENTITY = Published("MeasEval", "measured entity", "alpha over characters", 0.545, RECOMPUTED)

# By the code of the shipped codebook's label that asks the nearest question.
BY_LABEL: Mapping[str, tuple[Published, ...]] = MappingProxyType(
    {
        "LEXICAL_BIAS": (SPINDE[1], BABE[0]),
        "SOURCE": (SOURCE,),
        "CUE": (CUE,),
        "CONTENT": (CONTENT,),
        "QUANTITY": (QUANTITY,),
        "MEASURED_ENTITY": (ENTITY,),
    }
)
