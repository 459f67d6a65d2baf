"""Files byte for byte: a fixed record, and what is made of it.

After a wanted change, write the file again from what the failing test shows, and read the diff.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.core.records import canonical
from ledger.files.bank import Answer, Party, Payment, credit_transfers, read_answers
from ledger.files.statement import render

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def record():
    return json.loads((GOLDEN / "statement.json").read_text())


def test_the_golden_record_is_canonical(record):
    assert (GOLDEN / "statement.json").read_text() == canonical(record) + "\n"
    assert render(record, "json") == (GOLDEN / "statement.json").read_bytes()


def test_the_csv_of_a_statement_is_the_golden_one(record):
    assert render(record, "csv") == (GOLDEN / "statement.csv").read_bytes()


def bank_file():
    return credit_transfers(
        message_id="B0190b7a2c3d47e8f9a0b1c2d3e4f5061",
        created_at=datetime(2014, 1, 20, 9, tzinfo=UTC),
        payer=Party(name="Compensation Ledger", iban="NL41MOCK0000000001"),
        currency="EUR",
        sepa=True,
        pay_on=date(2014, 1, 21),
        payments=[
            Payment(
                end_to_end_id="P0190b7a2c3d47e8f9a0b1c2d3e4f5062",
                payee=Party(name="Ann", iban="NL30MOCK0000000005"),
                amount_minor=12_345,
                text="Royalties 2014-01",
            ),
            Payment(
                end_to_end_id="P0190b7a2c3d47e8f9a0b1c2d3e4f5063",
                payee=Party(name="Böb & Sons <Ltd>", iban="NL84MOCK0000000003", bic="MOCKNL2A"),
                amount_minor=5,
                text="Royalties 2014-01",
            ),
        ],
    )


def test_the_bank_file_is_the_golden_one():
    assert bank_file() == (GOLDEN / "payouts.pain.001.xml").read_bytes()


RETURN = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>
<Ntry><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls><Refs><EndToEndId>P1</EndToEndId></Refs>
<Amt Ccy="EUR">123.45</Amt><RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed</AddtlInf></RtrInf>
</TxDtls></NtryDtls></Ntry>
<Ntry><CdtDbtInd>DBIT</CdtDbtInd><NtryDtls><TxDtls><Refs><EndToEndId>P2</EndToEndId></Refs>
<Amt Ccy="EUR">0.05</Amt></TxDtls></NtryDtls></Ntry>
<Ntry><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls><Refs><EndToEndId>X</EndToEndId></Refs>
<Amt Ccy="EUR">9.99</Amt></TxDtls></NtryDtls></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def test_a_debit_settles_a_credit_with_a_reason_returns_and_other_money_is_left_alone():
    found = read_answers(RETURN.encode())
    assert found.answers == (
        Answer(
            end_to_end_id="P1", outcome="returned", amount_minor=12_345, code="AC04", text="Closed"
        ),
        Answer(end_to_end_id="P2", outcome="settled", amount_minor=5),
    )
