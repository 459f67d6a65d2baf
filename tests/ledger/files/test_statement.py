"""The files of a statement: one record, four forms, the same bytes each time."""

import csv
import io
import json

import openpyxl
import pypdf
import pytest

from ledger.core.policy import Policy
from ledger.files.statement import render, statement_document
from ledger.models import Statement

pytestmark = pytest.mark.django_db
HELD = Policy(fee_bp=1000, holdback_bp=2000, holdback_periods=2, threshold_minor=1_000)
VALUES = {name: (f"0.0{index}1", "0.002") for index, name in enumerate("abcdefg")}


@pytest.fixture
def record(make_run):
    make_run({**VALUES, "ann": ("0.05", "0.01"), "bob": "-0.02"}, 100_000, HELD)
    return json.loads(Statement.objects.get(contributor__code="ann").record)


@pytest.mark.parametrize("format", ["pdf", "csv", "xlsx", "json"])
def test_the_same_record_always_gives_the_same_bytes(record, format):
    assert render(record, format) == render(record, format)


def test_the_pdf_has_tags_a_title_a_language_and_table_headers(record):
    pdf = pypdf.PdfReader(io.BytesIO(render(record, "pdf")))
    catalogue = pdf.trailer["/Root"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert pdf.metadata.title == f"Royalty statement {record['number']}"
    assert b"pdfuaid:part" in pdf.xmp_metadata.stream.get_data()
    assert {"/TH", "/TD", "/Figure", "/H1"} <= set(_roles(catalogue["/StructTreeRoot"]))


def _roles(node):
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            yield from _roles(kid)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node["/S"]
        if "/K" in node:
            yield from _roles(node["/K"])


def test_the_pdf_shows_the_amounts_and_reasons_as_text(record):
    reader = pypdf.PdfReader(io.BytesIO(render(record, "pdf")))
    text = " ".join(page.extract_text() for page in reader.pages)
    document = statement_document(record)
    assert dict(document.summary)["Net payable"] in text
    assert "kept in reserve" in text
    assert record["journal"]["head"][:16] in text


def test_the_csv_says_what_the_record_says(record):
    rows = list(csv.DictReader(io.StringIO(render(record, "csv").decode())))
    net = [row["value"] for row in rows if row["name"] == "Net payable"]
    summary = record["summary"]["net_minor"]
    assert net == [f"{summary // 100}.{summary % 100:02d}"] * 2
    assert {row["reason"] for row in rows} >= {"holdback"}


def test_the_workbook_has_typed_amounts_and_no_formula(record):
    book = openpyxl.load_workbook(io.BytesIO(render(record, "xlsx")))
    assert book.sheetnames == ["Statement", "Lines", "Values", "Basis"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    net = [row[1].value for row in book["Statement"].iter_rows() if row[0].value == "Net payable"]
    assert net == [record["summary"]["net_minor"] / 100]


def test_the_json_is_the_record(record):
    assert json.loads(render(record, "json")) == record


def test_no_name_in_a_record_becomes_markup_or_a_formula(record):
    evil = '=HYPERLINK("http://example.org") #panic() <b>&amp;'
    hurt = {**record, "programme": evil, "payer": "+1"}
    reader = pypdf.PdfReader(io.BytesIO(render(hurt, "pdf")))
    assert "#panic()" in reader.pages[0].extract_text()
    rows = list(csv.reader(io.StringIO(render(hurt, "csv").decode())))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
