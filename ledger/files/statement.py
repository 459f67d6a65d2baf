"""The files of a statement, each made from its record alone.

A **document** is the record in words and plain decimals: facts, lines, values. CSV, XLSX
and PDF show the same document; JSON is the record itself.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import typst

from ledger.charts import values_svg, waterfall_steps, waterfall_svg
from ledger.core.money import amount_text
from ledger.core.reasons import rate_text
from ledger.core.records import canonical, exact_text
from ledger.files.cells import csv_lines, xlsx_bytes

TEMPLATE = Path(__file__).with_name("statement.typ")
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
LINE_LABELS = {
    "gross": "Share of the pool",
    "paid": "Paid out",
    "payment_returned": "Payment returned",
    "adjustment": "Adjustment",
    "disputed": "Held for a dispute",
    "dispute_closed": "Dispute decided",
    "holdback_released": "Reserve released",
    "unclaimed": "Unclaimed",
    "held": "Held for uncertainty",
    "holdback": "Kept in reserve",
    "recoupment": "Advance repaid",
    "clawback": "Overpayment repaid",
    "carried": "Carried forward",
    "withholding": "Tax withheld at payment",
    "net": "Net payable",
}
SUMMARY_LABELS = {
    "opening_minor": "Opening balance",
    "paid_minor": "Paid since the last statement",
    "gross_minor": "Gross share",
    "adjustment_minor": "Adjustments",
    "disputed_minor": "Held for disputes",
    "held_minor": "Held for uncertainty",
    "holdback_minor": "Kept in reserve",
    "released_minor": "Released from reserve",
    "recouped_minor": "Advance repaid",
    "clawback_minor": "Overpayment repaid",
    "closing_minor": "Closing balance",
    "carried_minor": "Carried forward",
    "due_minor": "Due",
    "withholding_minor": "Tax withheld at payment",
    "net_minor": "Net payable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A statement in words: pairs of facts, and rows under headers."""

    number: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    values: tuple[tuple[str, ...], ...]
    basis: tuple[tuple[str, str], ...]


LINE_HEADER = ("Line", "Amount", "Reason", "What happened", "What to do", "Until", "Reference")
VALUE_HEADER = (
    "Player", "Rows", "Value", "Standard error", "95 % from", "95 % to", "Exact quota", "Gross",
)  # fmt: skip


def statement_document(record: dict[str, Any]) -> Document:
    """Return the record as the files show it."""
    currency = record["currency"]
    return Document(
        number=record["number"],
        facts=_facts(record),
        summary=tuple(
            (label, amount_text(record["summary"][name], currency))
            for name, label in SUMMARY_LABELS.items()
        ),
        lines=tuple(_line(line, currency) for line in record["lines"]),
        values=tuple(_value(value, currency) for value in record["values"]),
        basis=_basis(record),
    )


def render(record: dict[str, Any], format: str) -> bytes:
    """Return the bytes of one file; the same record always gives the same bytes."""
    return RENDERERS[format](record)


def _json(record: dict[str, Any]) -> bytes:
    return (canonical(record) + "\n").encode()


def _csv(record: dict[str, Any]) -> bytes:
    """One table: section, name, amount, and the reason where there is one."""
    document = statement_document(record)
    columns = ("section", "name", "value", *(name.lower() for name in LINE_HEADER[2:]))
    rows: list[Sequence[str]] = [("fact", *pair) for pair in document.facts]
    rows += [("summary", *pair) for pair in document.summary]
    rows += [("line", *line) for line in document.lines]
    for value in document.values:
        rows += [
            (f"value of {value[0]}", name, cell)
            for name, cell in zip(VALUE_HEADER[1:], value[1:], strict=True)
        ]
    rows += [("basis", *pair) for pair in document.basis]
    width = len(columns)
    filled = ((*row, *[""] * (width - len(row))) for row in rows)
    return "".join(csv_lines(columns, filled)).encode()


def _xlsx(record: dict[str, Any]) -> bytes:
    document = statement_document(record)
    return xlsx_bytes(
        {
            "Statement": [("Name", "Value"), *document.facts, *document.summary],
            "Lines": [LINE_HEADER, *document.lines],
            "Values": [VALUE_HEADER, *document.values],
            "Basis": [("Name", "Value"), *document.basis],
        }
    )


def _pdf(record: dict[str, Any]) -> bytes:
    """A tagged PDF (PDF/UA-1); the data reaches the template as data, never as markup."""
    document = statement_document(record)
    data = {
        "number": document.number,
        "facts": document.facts,
        "summary": document.summary,
        "lines": document.lines,
        "values": document.values,
        "value_header": VALUE_HEADER,
        "basis": document.basis,
        "explanation": record["explanation"],
        "currency": record["currency"],
        "dispute_until": record["dispute_until"][:10],
        "waterfall": waterfall_svg(record),
        "waterfall_text": "; ".join(
            f"{step.label} {amount_text(step.amount_minor, record['currency'])}"
            for step in waterfall_steps(record)
        ),
        "chart": values_svg(record),
        "chart_text": "; ".join(
            f"{value['player']}: {value['value']}, 95 % interval {value['low']} to {value['high']}"
            for value in record["values"]
        )
        or "No data took part.",
        "head": record["journal"]["head"],
        "seq": str(record["journal"]["seq"]),
    }
    compiled = _compiler().compile(
        sys_inputs={"data": json.dumps(data)},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime.fromisoformat(record["issued_at"]).replace(microsecond=0),  # typst
    )
    assert isinstance(compiled, bytes)
    return compiled


@cache
def _compiler() -> typst.Compiler:
    """One for each process. Its own fonts alone, so that every machine makes the same bytes."""
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, ignore_system_fonts=True)


def _facts(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    period = record["period"]
    return (
        ("Statement", record["number"]),
        ("Version", str(record["version"])),
        ("Contributor", record["contributor"]["code"]),
        ("Programme", record["programme"]),
        ("Period", f"{period['code']} ({period['starts_on']} to {period['ends_on']})"),
        ("Payer", record["payer"]),
        ("Currency", record["currency"]),
        ("Issued on", record["issued_at"][:10]),
        ("Can be disputed until", record["dispute_until"][:10]),
        ("Pool", amount_text(record["pool"]["amount_minor"], record["currency"])),
        ("Platform fee", amount_text(record["pool"]["fee_minor"], record["currency"])),
    )


TIES = {
    "code": "one minor unit to the smaller code",
    "earliest": "one minor unit to whose data came first",
}


def _basis(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    run, policy = record["valuation_run"], record["policy"]
    return (
        ("Utility", run["utility"]),
        ("Model", run["model"]),
        ("Score of the constant predictor, v(empty)", run["empty"]),
        ("Score with everybody, v(N)", run["grand"]),
        ("Method", run["method"]),
        ("Coalitions evaluated", str(run["evaluations"])),
        ("Players", str(run["n_players"])),
        ("Seed", str(run["seed"])),
        ("Policy", policy["version"]),
        ("Fee", rate_text(policy["fee_bp"])),
        ("Negative values", policy["negative_rule"]),
        ("Uncertainty", policy["confidence_rule"]),
        ("Copies", policy["duplicate_rule"]),
        ("Ties", TIES[policy.get("tie_rule", "code")]),
        ("Minimum payment", amount_text(policy["threshold_minor"], record["currency"])),
        ("Advance left", amount_text(record["advance_left_minor"], record["currency"])),
        ("Overpayment left", amount_text(record["clawback_left_minor"], record["currency"])),
        ("Statements of the run", str(record["control"]["statement_count"])),
        (
            "Gross of the run",
            amount_text(record["control"]["gross_total_minor"], record["currency"]),
        ),
        ("Sum of all weights", record["control"]["weight_total"]),
        ("Journal entry", str(record["journal"]["seq"])),
        ("Journal head", record["journal"]["head"]),
        ("Values digest", run["values_digest"]),
        ("Game digest", run["game_digest"]),
        ("Lines hash", record["royalty_run"]["lines_hash"]),
        ("Verify", f"manage.py verify_statement {record['number']}"),
    )


def _line(line: dict[str, Any], currency: str) -> tuple[str, ...]:
    reason = line["reason"] or {"code": "", "sentence": "", "action": "", "until": ""}
    return (
        LINE_LABELS[line["kind"]],
        amount_text(line["amount_minor"], currency),
        reason["code"],
        reason["sentence"],
        reason["action"],
        reason["until"],
        line["reference"],
    )


def _value(value: dict[str, Any], currency: str) -> tuple[str, ...]:
    return (
        value["player"],
        str(value["row_count"]),
        value["value"],
        value["standard_error"],
        value["low"],
        value["high"],
        exact_text(Fraction(value["quota"]), currency),
        amount_text(value["gross_minor"], currency),
    )


RENDERERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "pdf": _pdf,
    "csv": _csv,
    "xlsx": _xlsx,
    "json": _json,
}
