"""Coverage-guided fuzz of the parsers: `python tests/contributors/fuzz.py -max_total_time=60`.

Whatever the bytes, the intake reads them right or refuses them with one of its own
refusals; any other exception, a hang or a gigabyte of memory is a finding. Findings are
kept in the folder named by -artifact_prefix and belong into hostile/make.py.
"""

import multiprocessing
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

# Ours is instrumented for coverage; pandas and pyarrow would only slow it down.
with atheris.instrument_imports(include=["contributors.core"]):
    import io

    from contributors.core import croissant, sniff, texts
    from contributors.core.digests import StoredDigests
    from contributors.core.intake import read_rows
    from contributors.core.schema import Column, Schema

from contributors.errors import Refusal  # noqa: E402
from tests.contributors.hostile.make import CORPUS  # noqa: E402

SCHEMA = Schema(
    columns=(
        Column(name="record", kind="text"),
        Column(name="size", kind="number"),
        Column(name="weight", kind="number", minimum=-1e6, impute=0.0),
        Column(name="late", kind="label", labels=("no", "yes")),
    ),
    identity=("record",),
)
SEED_BYTES_MAX = 4096  # larger seeds are bombs; they have tests of their own
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


def take_in(data: bytes) -> None:
    """Read the bytes as a batch; the counts must agree with what was written."""
    found = sniff.sniff(data[: sniff.HEAD_BYTES], names=SCHEMA.names)
    rows_path, digests_path = FOLDER / "rows", FOLDER / "digests"
    intake = read_rows(
        io.BytesIO(data),
        file_format=found.file_format,
        gzipped=found.gzipped,
        dialect=found.dialect,
        schema=SCHEMA,
        key=b"fuzz" * 8,
        rows_path=rows_path,
        digests_path=digests_path,
    )
    assert len(StoredDigests(digests_path)) == intake.row_count
    assert bool(intake.errors) == bool(intake.error_count)
    assert intake.invalid_count <= max(intake.error_count, 0)


def read_text(data: bytes) -> None:
    found = sniff.sniff(data[: sniff.HEAD_BYTES], text=True)
    text = texts.read_text(io.BytesIO(data), gzipped=found.gzipped, dialect=found.dialect)
    texts.read_works(text)


def one(data: bytes) -> None:
    for parser in (take_in, read_text, croissant.provenance_of):
        try:
            parser(data)
        except Refusal as refusal:
            assert refusal.sentence and refusal.code


def seeds_make(seeds: Path) -> None:
    """The hostile files are there, cut to what a fuzzer can use."""
    seeds.mkdir()
    for hostile in CORPUS:
        if "bomb" not in hostile.name and "million" not in hostile.name:
            (seeds / hostile.name).write_bytes(hostile.make()[:SEED_BYTES_MAX])


def main() -> None:
    seeds = FOLDER / "seeds"
    # In a process of its own: making some takes a gigabyte, which the fuzzer would count as ours.
    maker = multiprocessing.get_context("fork").Process(target=seeds_make, args=(seeds,))
    maker.start()
    maker.join()
    assert maker.exitcode == 0
    limits = ["-rss_limit_mb=1500", "-timeout=20", "-max_len=8192"]
    atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(seeds)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
