"""A stand-in for the bank: it answers a bank file with the messages that a bank would send.

It settles every payment it finds in the file, and later returns one to a closed account.
"""

from xml.sax.saxutils import escape

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
CLOSED_ACCOUNT = "AC04"


def payments_in(bank_file: bytes) -> dict[str, tuple[str, str]]:
    """Amount and currency of each payment of a pain.001, by its end-to-end id."""
    root = etree.fromstring(bank_file)
    found = {}
    for payment in root.iter("{*}CdtTrfTxInf"):
        name = payment.findtext(".//{*}EndToEndId") or ""
        amount = payment.find(".//{*}InstdAmt")
        assert amount is not None and amount.text, "a payment has an amount"
        found[name] = (amount.text, amount.get("Ccy") or "")
    return found


def debits(payments: dict[str, tuple[str, str]]) -> bytes:
    """The notification (camt.054) that all these payments were booked."""
    return _notification(_entry(name, *paid, "DBIT") for name, paid in payments.items())


def returned(name: str, paid: tuple[str, str]) -> bytes:
    """The notification that a payment came back: the payee's account is closed."""
    return _notification([_entry(name, *paid, "CRDT", CLOSED_ACCOUNT)])


def _notification(entries: object) -> bytes:
    body = "".join(entries)  # type: ignore[arg-type]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NAMESPACE}">'
        f"<BkToCstmrDbtCdtNtfctn><Ntfctn>{body}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def _entry(name: str, amount: str, currency: str, side: str, code: str = "") -> str:
    money = f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    reason = f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else ""
    return (
        f"<Ntry>{money}<NtryDtls><TxDtls><Refs><EndToEndId>{escape(name)}</EndToEndId></Refs>"
        f"{money}{reason}</TxDtls></NtryDtls></Ntry>"
    )
