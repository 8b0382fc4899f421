"""``python -m agreement FILE.jsonl``: figures of agreement for a file, without Django or a database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from agreement.dawid_skene import CAVEAT, Weighting, label_models, score_segments
from agreement.documents import Document
from agreement.gamma import SAMPLES, GammaPlan, GammaRun, run_gamma
from agreement.metrics import (
    JOINT,
    ON_REQUEST,
    UnknownMetricError,
    document_metrics,
    gamma_metrics,
    metric_names,
    printed,
)
from agreement.reader import BadInputError, Corpus, read_documents
from agreement.votes import vote_segments

EXAMPLE = """\
example:
  python -m agreement annotations.jsonl --bootstrap 1000 --metrics 'char_alpha_*' span_f1_exact

One document a line: {"id", "length", "annotators": [who completed it], "spans": [{"annotator", "start", "end",
"label"}]}; docs/reference/agreement.md describes every field and figure. "-" reads standard input.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as one JSON object; 0 done, 1 the input or a metric's name is wrong, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        corpus = _read(options.file)
        names = _wanted(options.metrics, corpus)
        run = None
        if not set(names).isdisjoint(JOINT):
            plan = GammaPlan(
                options.seed, options.gamma_samples, documents=options.gamma_documents, seconds=options.gamma_seconds
            )
            run = run_gamma(corpus.documents, plan, _tell if sys.stderr.isatty() else None)
        result: dict[str, object] = {
            "metrics": _figures(
                corpus.documents,
                corpus,
                names,
                run,
                options.bootstrap or None,
                options.seed,
                jackknife=options.jackknife,
            )
        }
        if run is not None:
            result["gamma"] = run.described()
        if options.soft:
            result["soft"] = _soft(corpus, options.soft_weights)
        if options.per_document:
            result["documents"] = [
                {"id": document.id, "metrics": _figures([document], corpus, names, run)}
                for document in corpus.documents
            ]
    except (BadInputError, UnknownMetricError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{options.file}: {error.strerror or error}\n")
        return 1
    # Escaped, so that it can be printed whatever the terminal's encoding and whatever a label is made of.
    sys.stdout.write(json.dumps(result, indent=1, allow_nan=False) + "\n")
    return 0


def _tell(done: int, drawn: int) -> None:
    """How far gamma is, on one line that is wiped at the end."""
    sys.stderr.write(f"\rgamma: {done} of {drawn} documents" if done < drawn else "\r\x1b[K")
    sys.stderr.flush()


def _figures(
    documents: Sequence[Document],
    corpus: Corpus,
    names: Sequence[str],
    run: GammaRun | None,
    bootstrap: int | None = None,
    seed: int = 0,
    *,
    jackknife: bool = False,
) -> dict[str, dict[str, Any]]:
    others = [name for name in names if name not in JOINT]
    found = document_metrics(
        documents, corpus.labels, bootstrap, seed, others, jackknife=jackknife, schema=corpus.schema
    )
    if run is not None:
        found |= gamma_metrics(documents, run, bootstrap, seed, jackknife=jackknife)
    return printed({name: found[name] for name in names})


def _soft(corpus: Corpus, weighting: Weighting) -> dict[str, object]:
    models = label_models(corpus.documents, corpus.labels, weighting)
    return {
        "weights": weighting,
        "caveat": CAVEAT,
        "labels": {label: model.printed() for label, model in models.items()},
        "documents": [
            {
                "id": document.id,
                "m": len(document.annotators),
                "segments": [
                    {"label": run.label, "start": run.start, "end": run.end, "n_votes": run.n_votes}
                    for run in vote_segments(document)
                ],
                "scores": [asdict(run) for run in score_segments(document, models)],
            }
            for document in corpus.documents
        ],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agreement",
        description="Agreement between annotators on spans, answers and values, with reasons where it is undefined.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="documents, one JSON object a line (UTF-8)")
    parser.add_argument(
        "--metrics", nargs="+", metavar="NAME", help="only these: names or patterns such as 'char_alpha_*'"
    )
    parser.add_argument(
        "--bootstrap", type=_at_least(0), metavar="N", help="95 %% intervals from N resamples of the documents"
    )
    parser.add_argument(
        "--jackknife", action="store_true", help="95 %% intervals from leaving out each document in turn"
    )
    parser.add_argument(
        "--seed",
        type=_at_least(0),
        default=0,
        help="of resampling and of gamma's random texts and documents (default 0)",
    )
    parser.add_argument(
        "--gamma-samples",
        type=_at_least(1),
        default=SAMPLES,
        metavar="N",
        help=f"random texts per document for gamma and gamma_cat (default {SAMPLES})",
    )
    parser.add_argument(
        "--gamma-documents", type=_at_least(1), metavar="N", help="gamma and gamma_cat on N documents drawn at random"
    )
    parser.add_argument(
        "--gamma-seconds",
        type=_at_least(0),
        metavar="S",
        help="stop gamma and gamma_cat after S seconds and say what was not finished",
    )
    parser.add_argument(
        "--soft", action="store_true", help="also votes, Dawid-Skene scores and competence of annotators"
    )
    parser.add_argument(
        "--soft-weights",
        choices=("characters", "segments"),
        default="characters",
        help="whether places weigh by their length (default) or one each",
    )
    parser.add_argument("--per-document", action="store_true", help="also the figures of each document alone")
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return number

    return whole_number


def _read(name: str) -> Corpus:
    if name == "-":
        return read_documents(sys.stdin.buffer)
    with Path(name).open("rb") as lines:
        return read_documents(lines)


def _wanted(patterns: Sequence[str] | None, corpus: Corpus) -> list[str]:
    if patterns is None:
        return metric_names(
            corpus.labels,
            tokens=any(d.tokens is not None or d.text is not None for d in corpus.documents),
            ratings=any(d.ratings for d in corpus.documents),
            values=any(d.values for d in corpus.documents),
            schema=corpus.schema,
        )
    known = [*metric_names(corpus.labels, tokens=True, ratings=True, values=True, schema=corpus.schema), *ON_REQUEST]
    chosen: set[str] = set()
    for pattern in patterns:
        # A label may hold a comma or an asterisk, so the name as given comes first.
        for one in [pattern] if pattern in known else pattern.split(","):
            found = [name for name in known if one in (name, name.partition(":")[0]) or fnmatchcase(name, one)]
            if not found:
                raise UnknownMetricError(f"--metrics: there is no metric {one!r}; there are {', '.join(known)}")
            chosen.update(found)
    return [name for name in known if name in chosen]


if __name__ == "__main__":
    sys.exit(main())
