"""A small programme: will it rain? Humidity and pressure decide, with noise."""

import csv
import io

import numpy as np

HEADER = ("id", "humidity", "pressure", "rain")


def rain_csv(*, seed: int, row_count: int) -> bytes:
    """Rows of one station, as a CSV file; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    humidity, pressure, noise = rng.normal(size=(3, row_count))
    rain = np.where(humidity - pressure + noise > 0, "yes", "no")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    rows = zip(humidity, pressure, rain, strict=True)
    for number, (wet, heavy, outcome) in enumerate(rows):
        writer.writerow([f"{seed}-{number}", f"{wet:.4f}", f"{heavy:.4f}", outcome])
    return out.getvalue().encode()


def spoilt(file: bytes) -> bytes:
    """The file with two rows that are not as they should be, lines 2 and 3."""
    lines = file.decode().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + ",perhaps"
    cells = lines[2].split(",")
    lines[2] = ",".join([cells[0], "wet", *cells[2:]])
    return "\n".join(lines).encode()


def upload(name: str, content: bytes) -> dict[str, object]:
    """A file as a browser is given it."""
    return {"name": name, "mimeType": "text/csv", "buffer": content}
