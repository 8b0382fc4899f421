"""The licences that data are shared under, by SPDX identifier, with the Hugging Face Hub's name for each.

Catalogues refuse a card or a citation with a licence they do not know, so what is none of these stands as it was
written in LICENSE.md, and elsewhere only a pointer to that.
"""

from __future__ import annotations

from dataclasses import dataclass

_LIKE_SPDX = (
    "CC0-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0",
    "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0",
    "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CDLA-Permissive-1.0", "CDLA-Sharing-1.0", "etalab-2.0", "Apache-2.0", "MIT",
)  # fmt: skip
_OTHERWISE = {"ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}


@dataclass(frozen=True, slots=True)
class Licence:
    """``hub`` is its name at the Hugging Face Hub."""

    spdx: str
    hub: str

    @property
    def url(self) -> str:
        return f"https://spdx.org/licenses/{self.spdx}.html"


KNOWN = {
    spdx.casefold(): Licence(spdx, hub)
    for spdx, hub in ({spdx: spdx.casefold() for spdx in _LIKE_SPDX} | _OTHERWISE).items()
}


def licence_named(text: str) -> Licence | None:
    """The licence that people call ``text``: case and spaces for hyphens do not matter (CC BY 4.0 is CC-BY-4.0)."""
    return KNOWN.get("-".join(text.casefold().split()))
