"""What each figure is, what it rests on and how to read it: the words behind every "what is this?".

docs/reference/agreement.md has the formulas; this is for somebody who looks at a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from annotate.dashboard.published import (
    BABE,
    CONTENT,
    CUE,
    ENTITY,
    MEASEVAL_F1,
    POLNEAR,
    QUANTITY,
    SOURCE,
    SPINDE,
    Published,
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """``definition``: what is counted; ``rests_on``: what n stands for; ``reading``: what is much, and what misleads."""

    title: str
    definition: str
    rests_on: str
    reading: str
    published: tuple[Published, ...] = ()


ARTICLES = "Articles that two or more people completed, and the people who did. Somebody who read and marked nothing counts as a reader; somebody who did not read it does not."
PAIRS = "Marks of every two people who read the same article. Articles in which nobody marked anything add nothing."
SCALE = "1 is perfect agreement, 0 is what chance gives, below 0 is worse than chance. From 0.667 tentative conclusions are customary, from 0.8 firm ones; judgements of bias are seldom there."
INTERVAL = "The interval comes from drawing the articles again a thousand times, as the characters of one mark hang together; with fewer than 20 articles it is too narrow to rely on."
PARADOX = (
    "Where nearly every character is unmarked, two people agree on nearly all of them by doing nothing, so percent "
    "agreement is close to 100 even where no two marks meet. Alpha takes away what chance gives, and for a rare label "
    "chance gives nearly everything: high percent agreement with a low alpha is no contradiction (the prevalence "
    "paradox). Read alpha together with the prevalence and with F1, which looks at marks alone."
)
UNIT = "Characters of articles that two or more people completed."
ANSWERS = "Articles with two answers or more, and the people who gave them."
VALUES = "Articles for which two people or more gave a number."
NO_CHANCE = "From 0 to 1, without correction for chance, and so untouched by how long the articles are."


def _alpha(title: str, value: str, published: tuple[Published, ...] = (), more: str = "") -> Explanation:
    return Explanation(
        title,
        f"Krippendorff’s alpha with the character as the unit: 1 minus observed by expected disagreement. {value}",
        ARTICLES,
        f"{SCALE} {more or INTERVAL}",
        published,
    )


def _f1(title: str, rule: str, published: tuple[Published, ...] = ()) -> Explanation:
    return Explanation(
        title,
        f"Of two people’s marks, how many find a partner: twice the pairs, divided by the marks of both. {rule}",
        PAIRS,
        f"{NO_CHANCE} Compare exact with overlap: a wide gap between them says that people find the same places and draw the borders differently.",
        published,
    )


def _words(title: str, value: str, published: tuple[Published, ...] = ()) -> Explanation:
    return Explanation(
        title,
        f"Alpha with a word or sign of punctuation as the unit, so that long words count no more than short ones. {value}",
        ARTICLES,
        f"{SCALE} Usually close to alpha over characters; to compare with studies that count words.",
        published,
    )


def _units(title: str, value: str) -> Explanation:
    return Explanation(
        title,
        f"Krippendorff’s alpha for marks and gaps as units of unequal length (2016). {value}",
        ARTICLES,
        f"{SCALE} In a corpus of many articles it is close to alpha over characters. It has no definition where somebody’s marks overlap each other.",
    )


def _answer(title: str, distance: str, *, values: bool = False) -> Explanation:
    unit = "the numbers that were read from the text" if values else "answers about the article as a whole"
    return Explanation(
        title,
        f"Krippendorff’s alpha with the article as the unit, for {unit}. {distance}",
        VALUES if values else ANSWERS,
        f"{SCALE} Choose the level that fits the scale: another level gives another figure for the same answers.",
    )


_SAME_LABEL = "A partner has the same label and {}."
_UNLABELLED = "Labels are left aside; a partner has {}."
_CRITERIA = {
    "exact": ("exact", "the same characters"),
    "overlap": ("overlap", "at least one character in common"),
    "iou50": ("half shared", "at least half of the characters that either covers in common"),
}
_DISTANCES = {
    "nominal": "Answers are equal or not.",
    "ordinal": "Answers have an order; neighbours count as nearer.",
    "interval": "The squared difference counts.",
    "ratio": "The difference counts in relation to the size; for numbers that are not negative.",
    "interval_signedlog1p": "The difference of logarithms counts, so that one large number does not decide everything.",
}

_LEVELS = ("nominal", "ordinal", "interval", "ratio", "interval_signedlog1p")
_NAMES = {"set_jaccard": "sets (Jaccard)", "set_masi": "sets (MASI)", "option": "one option"}
_DISTANCES |= {
    "set_jaccard": "Two sets are as far apart as the share of their options that only one has.",
    "set_masi": "Two sets are nearer where one holds the other than where they merely share an option (Passonneau 2006).",
    "option": "Of an answer with several options: whether this one is among them.",
}
_OF_ATTRIBUTES = _DISTANCES
MATCHED = (
    "Marks under the same label that two people both made, paired as they overlap most; articles with such a pair."
)


def _attribute(level: str, distance: str) -> Explanation:
    return Explanation(
        f"Alpha of an attribute, {_NAMES.get(level, level)}",
        f"Krippendorff’s alpha over what two people say of marks that both made. {distance}",
        MATCHED,
        f"{SCALE} It is silent on marks that only one person made: read it beside F1 of the label.",
    )


def _relation(title: str, kind: str) -> Explanation:
    return Explanation(
        title,
        f"Of two people’s links, how many find a partner {kind} between marks that are paired at both ends: twice the pairs, divided by the links of both.",
        "Links of every two people who read the same article.",
        f"{NO_CHANCE} It cannot be higher than agreement on the marks that are linked.",
    )


_METRICS: dict[str, Explanation] = {
    "char_alpha_label": _alpha(
        "Alpha of a label",
        "Of each character the question is whether the label lies over it.",
        (*SPINDE, BABE[0], SOURCE, CUE, CONTENT, QUANTITY, ENTITY),
    ),
    "char_alpha_layer": _alpha(
        "Alpha of a layer",
        "As if only this layer’s labels had been offered: of each character, the set of its labels.",
    ),
    "char_alpha_set_nominal": _alpha(
        "Alpha, all labels together",
        "Two people agree on a character where the sets of labels they put there are equal.",
    ),
    "char_alpha_set_jaccard": _alpha(
        "Alpha, all labels, part credit (Jaccard)",
        "Two sets of labels are as far apart as the share of their labels that only one has.",
    ),
    "char_alpha_set_masi": _alpha(
        "Alpha, all labels, part credit (MASI)",
        "Two sets of labels are nearer where one holds the other than where they merely share a label (Passonneau 2006).",
    ),
    "char_alpha_any": _alpha(
        "Alpha, anything marked", "Of each character the question is whether anything at all was marked.", POLNEAR
    ),
    "token_alpha_nominal": _words("Alpha over words, all labels together", "Sets of labels are equal or not.", POLNEAR),
    "token_alpha_label": _words("Alpha over words, of a label", "A word has the label where a mark covers part of it."),
    "u_alpha": _units("Unitizing alpha", "Where marks lie and what they are called, at once."),
    "u_alpha_binary": _units("Unitizing alpha, marked or not", "Where marks lie, whatever they are called."),
    "u_alpha_label": _units("Unitizing alpha of a label", "Marks of this label against everything else."),
    "cu_alpha": Explanation(
        "Labels where both marked",
        "Agreement on the label within the characters that both people marked, whatever they left out.",
        UNIT,
        f"{SCALE} Read it with its coverage: it is silent about everything that only one person marked. With more than two readers programs define it differently; ours is in the reference.",
    ),
    "cu_coverage": Explanation(
        "Coverage",
        "The share of compared characters that two people both marked: what “labels where both marked” speaks for.",
        UNIT,
        "A small share means that the figure beside it rests on little.",
    ),
    "ku_alpha": Explanation(
        "One label where both marked",
        "Within the characters that both people marked: this label against all others.",
        UNIT,
        f"{SCALE} Low where a label is often taken for another; the split below says how often.",
    ),
    **{
        f"span_f1_{criterion}": _f1(f"F1, {name}", _SAME_LABEL.format(rule), MEASEVAL_F1)
        for criterion, (name, rule) in _CRITERIA.items()
    },
    **{
        f"span_f1_{criterion}_unlabelled": _f1(f"F1, {name}, labels aside", _UNLABELLED.format(rule))
        for criterion, (name, rule) in _CRITERIA.items()
    },
    **{
        f"span_f1_{criterion}_label": _f1(f"F1 of a label, {name}", _SAME_LABEL.format(rule), MEASEVAL_F1)
        for criterion, (name, rule) in _CRITERIA.items()
    },
    **{f"doc_alpha_{level}": _answer(f"Answers, {level}", _DISTANCES[level]) for level in _LEVELS},
    **{f"value_alpha_{level}": _answer(f"Values, {level}", _DISTANCES[level], values=True) for level in _LEVELS},
    **{f"attribute_alpha_{level}": _attribute(level, text) for level, text in _OF_ATTRIBUTES.items()},
    **{f"doc_alpha_{level}": _answer(f"Answers, {_NAMES[level]}", _DISTANCES[level]) for level in _NAMES},
    "attribute_share_equal": Explanation(
        "Attribute values that are equal",
        "Of the marks that two people both made: the share where both say the same. One who says nothing where the other does counts as unequal.",
        MATCHED,
        f"{NO_CHANCE} Where nearly everybody gives one value it is high by itself; alpha tells.",
    ),
    "doc_share_equal": Explanation(
        "Answers that are equal",
        "The share of pairs of answers about one article that are equal.",
        ANSWERS,
        f"{NO_CHANCE} Where nearly everybody gives one answer it is high by itself; alpha tells.",
    ),
    "relation_f1": _relation("F1 of links", "of the same type"),
    "relation_f1_unlabelled": _relation("F1 of links, types aside", "of any type"),
    "relation_f1_type": _relation("F1 of one type of links", "of this type"),
    "value_share_equal": Explanation(
        "Values that are equal",
        "The share of pairs of numbers for one article that are equal.",
        VALUES,
        "From 0 to 1, without correction for chance: a value that nearly all articles share makes it high.",
    ),
    "gamma": Explanation(
        "Gamma",
        "The marks of all readers of an article are aligned as cheaply as possible, counting differences of place and label; gamma is 1 minus that cost by its mean in random texts (Mathet et al. 2015).",
        "Articles of the sample whose alignment was found; those given up for their size or for time are left out.",
        "1 is perfect agreement, 0 is what random texts give. It says little in short texts with few marks, and depends on the seed that is kept beside it.",
    ),
    "gamma_pairwise": Explanation(
        "Gamma, pairwise",
        "Gamma of every two readers of an article, summed with the number of their marks as weights.",
        "A sample of articles that two or more people completed; articles without a mark add nothing.",
        "1 is perfect agreement, 0 is what random texts give. Not the gamma that aligns all readers at once, which is usually a little higher; do not compare the two.",
    ),
    "gamma_cat": Explanation(
        "Gamma-cat",
        "Of the marks that gamma aligned: how far their labels agree beyond chance, marks near each other weighing more (Mathet 2017).",
        "Articles of the sample whose alignment was found.",
        "1 is perfect agreement on labels, 0 is chance. It says nothing on marks that found no partner.",
    ),
}

_PAGE: dict[str, Explanation] = {
    "marks": Explanation(
        "Marks",
        "Marks of this label in completed readings.",
        "All completed readings, also of articles that one person read.",
        "A label with few marks has wide intervals: little is known of it yet.",
    ),
    "prevalence": Explanation(
        "Prevalence",
        "The share of characters that carry the label, over all readers.",
        UNIT,
        PARADOX,
    ),
    "percent": Explanation(
        "Percent agreement",
        "The share of characters on which two readers say the same: both marked it so, or both did not.",
        UNIT,
        PARADOX,
    ),
    "pairs": Explanation(
        "Who agrees with whom",
        "Alpha over characters, anything marked, of every two annotators, over the articles that both completed. A darker cell is higher agreement.",
        "Articles that both completed; the number stands under each figure.",
        f"{SCALE} Look for a row that is pale throughout: one person who reads the guidelines differently; or for two blocks: two ways of reading them. Few shared articles make a cell uncertain.",
    ),
    "without": Explanation(
        "Without one annotator",
        "Alpha over characters, anything marked, as if this person had read nothing, and how much higher or lower that is than with everybody.",
        "Articles that two or more of the others completed.",
        "If agreement rises clearly without somebody, their readings differ from the rest: talk about the guidelines before blaming anyone. The one who differs may be the one who is right.",
    ),
    "against": Explanation(
        "Against the others",
        "Overlap F1 of this person’s marks with those of everybody else.",
        PAIRS,
        NO_CHANCE,
    ),
    "groups": Explanation(
        "Groups of annotators",
        "Alpha over characters, anything marked, among the members of a group; between two groups it is kappa, over pairs with one of each. Groups are set with the project’s members.",
        "Articles that two or more members completed, or a member of each group.",
        f"{SCALE} Lower between than within says that groups read differently, as lay people and experts may. Of groups of too few people nothing is shown, as the figure would be one of persons.",
        (SPINDE[0], SPINDE[1]),
    ),
    "split": Explanation(
        "How they differ",
        "Of every mark to which another reader has no equal: did the other mark nothing there (found by one alone), the same label with other borders, another label, or the same mark with another attribute?",
        "Marks in articles that two or more people completed, over all pairs of readers.",
        "Found by one alone: the guidelines do not say what counts. Other borders: they do not say how far a mark goes. Another label: two definitions compete. Another attribute: its values do.",
    ),
    "trend": Explanation(
        "Over time",
        "Alpha over characters, all labels together, of the articles whose last reading was submitted in each week.",
        "Articles of that week that two or more people completed.",
        f"A rise after a talk about the guidelines is what one hopes for; a slow fall says that rules fade. Weeks hold different articles, so small steps mean nothing. {INTERVAL}",
    ),
    "worst_articles": Explanation(
        "Articles with most disagreement",
        "For two readers of the article, on average: the share of characters on which their sets of labels differ.",
        "Articles that two or more people completed.",
        "Read these first when you revise the guidelines. Dense articles come up more easily than those with few marks.",
    ),
    "worst_passages": Explanation(
        "Passages with most disagreement",
        "Sentences by the share of characters on which two readers, on average, put different sets of labels.",
        "The articles with most disagreement.",
        "Good examples for a talk among annotators.",
    ),
    "strip": Explanation(
        "Where readers differ",
        "For every character, of all pairs of readers, the share that put different sets of labels there: a third at most, two thirds at most, or more.",
        "Completed readings of this article.",
        "A single bar says that somebody marked what others left; many thin ones that borders differ. Unshaded text is read alike by all, marked or not.",
    ),
    "competence": Explanation(
        "Competence by Dawid and Skene",
        "A model estimates, at once, what each character “is” and how often each annotator finds it (sensitivity) and leaves what is not it (specificity).",
        "Characters of articles that two or more people completed.",
        "It takes the majority’s view for the truth and neighbouring characters for independent, so it is over-confident: a score, not a mark for a person. A lone annotator who is right looks incompetent.",
    ),
}

EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType(_METRICS | _PAGE)


def explanation_of(metric: str) -> Explanation:
    """What a metric (``char_alpha_label:FRAME``) or a figure of the page (``prevalence``) is. KeyError: nobody wrote it."""
    return EXPLANATIONS[metric.partition(":")[0]]
