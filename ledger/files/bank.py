"""Files to and from the bank: pain.001 out; pain.002, camt.053, camt.054 and pacs.004 in.

ISO 20022. The ids of a file are made from what it pays, so a second sending is a duplicate to
the bank; amounts have as many decimals as their currency.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree
from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError, try_valid_xml
from text_unidecode import unidecode

from ledger.core.money import amount_minor, amount_text
from ledger.errors import AmountHasFraction, BankFileInvalid, BankMessageUnreadable

SCHEMA = "pain.001.001.09"
UNKNOWN = "NOTPROVIDED"  # what ISO 20022 guides write for a bank without a BIC
# A bank's file of a day; larger ones are refused before they are parsed.
MESSAGE_BYTES_MAX = 50 * 2**20
# A file that the bank knows already: nothing in it happened anew.
DUPLICATE_CODES = ("DUPL", "AM05")
ACCEPTED = ("ACCP", "ACSP", "ACSC", "ACTC", "ACWC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Name, IBAN and, where known, BIC."""

    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One credit transfer; `end_to_end_id` names it in every answer."""

    end_to_end_id: str
    payee: Party
    amount_minor: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the bank says of one payment: accepted, rejected, settled or returned."""

    end_to_end_id: str
    outcome: str
    amount_minor: int | None = None
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAnswers:
    """One bank message. `group` is what it says of the whole file: rejected, duplicate or empty."""

    kind: str
    message_id: str
    group: str
    group_code: str
    answers: tuple[Answer, ...]


def is_writable(name: str) -> bool:
    """Whether a bank file can name somebody so: nothing hidden, and a letter once it is plain.

    >>> is_writable("Čapek & Søn"), is_writable("."), is_writable("Ann" + chr(1))
    (True, False, False)
    """
    hidden = any(unicodedata.category(each).startswith("C") for each in name)
    return not hidden and any(each.isalpha() for each in unidecode(name))


def credit_transfers(
    *,
    message_id: str,
    created_at: datetime,
    payer: Party,
    currency: str,
    pay_on: date,
    payments: Sequence[Payment],
    sepa: bool,
) -> bytes:
    """Return the bank file, valid by its schema; the same payments always give the same bytes.

    `sepa` names the SEPA service level; other transfers share their charges (SHAR).

    Raises
    ------
    BankFileInvalid
    """
    config = {"name": payer.name, "IBAN": payer.iban, "batch": True, "currency": currency}
    config |= {"BIC": payer.bic} if payer.bic else {}
    config |= {} if sepa else {"domestic": True}  # no SEPA service level
    file = SepaTransfer(config, schema=SCHEMA, clean=True)
    for payment in payments:
        if not is_writable(payment.payee.name):
            raise BankFileInvalid(f"The name of the payee of {payment.end_to_end_id} is unfit.")
        file.add_payment(_transfer(payment, pay_on))
    try:
        document = etree.fromstring(file.export(validate=False), _parser())
    except etree.XMLSyntaxError as error:
        raise BankFileInvalid(f"The file would not be XML: {error}.") from error
    _set_ids(document, message_id, created_at)
    _set_amounts(document, payments, currency)
    _set_agents(document, sepa=sepa)
    content: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8")
    try:
        try_valid_xml(content, SCHEMA)
    except ValidationError as error:
        raise BankFileInvalid(str(error.__cause__).partition("\n")[0]) from error
    return content


def read_answers(content: bytes, *, currency: str | None = None) -> BankAnswers:
    """Return what a bank message says of each payment.

    Raises
    ------
    BankMessageUnreadable
        If it is no such message, or larger than 50 MiB.
    """
    if len(content) > MESSAGE_BYTES_MAX:
        raise BankMessageUnreadable("The file is larger than 50 MiB.")
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        raise BankMessageUnreadable(f"The file is not XML: {error}.") from error
    kind = etree.QName(root).namespace or ""
    kind = kind.rpartition(":")[2]
    for prefix, reader in _READERS.items():
        if kind.startswith(prefix):
            return reader(root, kind)
    raise BankMessageUnreadable(kind=kind)


def _transfer(payment: Payment, pay_on: date) -> dict[str, Any]:
    transfer = {
        "name": payment.payee.name,
        "IBAN": payment.payee.iban,
        "amount": payment.amount_minor,
        "description": payment.text,
        "execution_date": pay_on,
        "endtoend_id": payment.end_to_end_id,
    }
    return transfer | ({"BIC": payment.payee.bic} if payment.payee.bic else {})


def _set_ids(document: Any, message_id: str, created_at: datetime) -> None:
    """sepaxml makes random ids and takes its own clock; a second file would be paid twice."""
    _one(document, "GrpHdr/MsgId").text = message_id
    _one(document, "GrpHdr/CreDtTm").text = created_at.strftime("%Y-%m-%dT%H:%M:%S")
    for number, node in enumerate(_all(document, "PmtInfId"), start=1):
        node.text = f"{message_id[:31]}-{number}"


def _set_amounts(document: Any, payments: Sequence[Payment], currency: str) -> None:
    """sepaxml writes two decimals whatever the currency."""
    total = amount_text(sum(payment.amount_minor for payment in payments), currency)
    for node in _all(document, "CtrlSum"):
        node.text = total
    for node, payment in zip(_all(document, "InstdAmt"), payments, strict=True):
        node.text = amount_text(payment.amount_minor, currency)


def _set_agents(document: Any, *, sepa: bool) -> None:
    """Who bears the charges; and a bank whose BIC is not known is said to be so, not left empty."""
    for node in [] if sepa else _all(document, "ChrgBr"):
        node.text = "SHAR"
    for node in _all(document, "FinInstnId"):
        if len(node) == 0:
            space = etree.QName(node).namespace
            other = etree.SubElement(node, etree.QName(space, "Othr"))
            etree.SubElement(other, etree.QName(space, "Id")).text = UNKNOWN


def _read_status(root: Any, kind: str) -> BankAnswers:
    """pain.002: the file's status, and each payment's."""
    group = _text(root, "OrgnlGrpInfAndSts/GrpSts")
    code = _text(root, "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd")
    answers = tuple(
        Answer(
            end_to_end_id=_text(node, "OrgnlEndToEndId"),
            outcome="rejected" if _text(node, "TxSts") == "RJCT" else "accepted",
            code=_text(node, "StsRsnInf/Rsn/Cd"),
            text=_text(node, "StsRsnInf/AddtlInf"),
        )
        for node in _all(root, "TxInfAndSts")
        if _text(node, "TxSts") in (*ACCEPTED, "RJCT")
    )
    word = {"RJCT": "rejected"}.get(group, "accepted" if group in ACCEPTED else "")
    return BankAnswers(
        kind=kind,
        message_id=_text(root, "OrgnlGrpInfAndSts/OrgnlMsgId"),
        group="duplicate" if group == "RJCT" and code in DUPLICATE_CODES else word,
        group_code=code,
        answers=answers,
    )


def _read_account(root: Any, kind: str) -> BankAnswers:
    """camt.053 and camt.054: debits are payments that settled, credits with a reason came back."""
    return BankAnswers(
        kind=kind, message_id="", group="", group_code="", answers=tuple(_bookings(root))
    )


def _bookings(root: Any) -> Iterator[Answer]:
    for entry in _all(root, "Ntry"):
        debit = _text(entry, "CdtDbtInd") == "DBIT"
        for node in _all(entry, "TxDtls"):
            code = _text(node, "RtrInf/Rsn/Cd")
            if debit or code:
                yield Answer(
                    end_to_end_id=_text(node, "Refs/EndToEndId"),
                    outcome="settled" if debit and not code else "returned",
                    amount_minor=_amount(node, "Amt"),
                    code=code,
                    text=_text(node, "RtrInf/AddtlInf"),
                )


def _read_return(root: Any, kind: str) -> BankAnswers:
    """pacs.004: payments that had settled and come back."""
    answers = tuple(
        Answer(
            end_to_end_id=_text(node, "OrgnlEndToEndId"),
            outcome="returned",
            amount_minor=_amount(node, "RtrdIntrBkSttlmAmt"),
            code=_text(node, "RtrRsnInf/Rsn/Cd"),
            text=_text(node, "RtrRsnInf/AddtlInf"),
        )
        for node in _all(root, "TxInf")
    )
    return BankAnswers(kind=kind, message_id="", group="", group_code="", answers=answers)


_READERS = {
    "pain.002": _read_status,
    "camt.053": _read_account,
    "camt.054": _read_account,
    "pacs.004": _read_return,
}


def _parser() -> etree.XMLParser:
    """No entities, no network, no documents of boundless depth."""
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def _path(names: str) -> str:
    return "/".join(f"{{*}}{name}" for name in names.split("/"))


def _all(node: Any, names: str) -> list[Any]:
    return list(node.findall(f".//{_path(names)}"))


def _one(node: Any, names: str) -> Any:
    return node.find(f".//{_path(names)}")


def _text(node: Any, names: str) -> str:
    found = _one(node, names)
    return (found.text or "").strip()[:140] if found is not None else ""


def _amount(node: Any, names: str) -> int | None:
    found = _one(node, names)
    if found is None or not found.text:
        return None
    try:
        return amount_minor(found.text.strip(), found.get("Ccy", ""))
    except AmountHasFraction as error:
        raise BankMessageUnreadable(f"{found.text} is no amount in its currency.") from error
