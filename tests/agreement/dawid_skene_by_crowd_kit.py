"""What crowd-kit's DawidSkene finds on 200 random corpora, written to dawid_skene_by_crowd_kit.json.

Run by hand, in an environment of its own (``pip install crowd-kit==1.4.2``): it brings transformers, scikit-learn and
scipy, which take the test run minutes to import. Nothing here imports anything of ours, so that it can run there.
"""

import json
import random
import sys
from pathlib import Path

RESULT = Path(__file__).with_suffix(".json")
CORPORA = 200
ITERATIONS = 10


def votes_of(seed):
    """(item, annotator, vote) of one corpus: three to five annotators of unequal skill, some items left out."""
    rng = random.Random(seed)
    names = "abcde"[: rng.randint(3, 5)]
    skill = {name: (rng.uniform(0.5, 0.95), rng.uniform(0.6, 0.98)) for name in names}
    votes = []
    for item in range(rng.randint(10, 25)):
        truth = rng.random() < 0.4
        readers = [name for name in names if rng.random() < 0.85]
        if len(readers) < 2:
            readers = list(names[:2])
        for name in readers:
            sensitivity, specificity = skill[name]
            votes.append((item, name, int(rng.random() < (sensitivity if truth else 1 - specificity))))
    return votes


def main():
    import pandas as pd  # noqa: PLC0415 - only here, see above
    from crowdkit.aggregation import DawidSkene  # noqa: PLC0415

    found = []
    for seed in range(CORPORA):
        votes = votes_of(seed)
        data = pd.DataFrame(votes, columns=["task", "worker", "label"])
        model = DawidSkene(n_iter=ITERATIONS, tol=-1).fit(data)
        found.append(
            {
                "prevalence": float(model.priors_[1]),
                "annotators": {
                    name: [float(model.errors_.loc[(name, 1), 1]), float(model.errors_.loc[(name, 0), 0])]
                    for name in sorted({name for _, name, _ in votes})
                },
                "scores": [float(model.probas_.loc[item, 1]) for item in sorted({item for item, _, _ in votes})],
            }
        )
    RESULT.write_text("[\n" + ",\n".join(json.dumps(one, sort_keys=True) for one in found) + "\n]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
