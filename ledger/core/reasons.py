"""Why an amount is zero, held, carried or reduced: code, sentence, what to do, until when.

Nothing is silently zero. Every such amount names one **reason code** of this
table; the sentences are filled with the numbers of the case.
"""

from dataclasses import dataclass

# code -> (sentence, what to do, until when); the texts are completed by `reason`.
REASONS: dict[str, tuple[str, str, str]] = {
    "zero_value": (
        "The data changed the score of no coalition, so the value is 0 and earns 0.",
        "Upload data that the model does not have yet, or dispute the value.",
        "This period only; the next valuation starts afresh.",
    ),
    "negative_value": (
        "The data lowered the score by {magnitude} on average, which earns 0 and is never debited.",
        "Look at the rows of the batch that lower the score, correct them, or dispute the value.",
        "This period only; the next valuation starts afresh.",
    ),
    "negative_value_carried": (
        "The data lowered the score, which earns 0; {carried} is set against later values.",
        "Look at the rows of the batch that lower the score, correct them, or dispute the value.",
        "Until later positive values have made up for it; it is never taken from money.",
    ),
    "negative_value_debited": (
        "The data lowered the score by {magnitude}, which by contract is owed back.",
        "Look at the rows of the batch that lower the score, or dispute the value.",
        "Until later earnings have paid it off; no money has to be sent.",
    ),
    "carried_value_applied": (
        "The value was reduced by {carried}, which earlier negative values had left.",
        "Nothing; or dispute the earlier value while its window is open.",
        "This period only.",
    ),
    "share_below_one_unit": (
        "The value is positive, but its share of the pool is less than one minor unit.",
        "Nothing; a larger pool or a larger value earns more.",
        "This period only.",
    ),
    "later_copy": (
        "The cluster's earnings go to the account whose data was there first, by policy.",
        "If the data is yours and was first, dispute the duplicate decision.",
        "As long as the cluster stands.",
    ),
    "not_in_run": (
        "No accepted data of yours took part in this period's valuation.",
        "Upload a batch before the next period's intake closes.",
        "This period only.",
    ),
    "not_supported_by_interval": (
        "The 95 % interval reaches down to {lower}; what it does not support is held.",
        "Nothing; it is decided when the next valuation has narrowed the interval.",
        "Until a reviewer releases it after the next valuation.",
    ),
    "disputed": (
        "This amount is under dispute and is held; the rest of the statement is not.",
        "Follow the dispute and answer in its thread.",
        "Until the dispute is decided.",
    ),
    "dispute_closed": (
        "A dispute was decided and the amount held for it came back.",
        "Nothing.",
        "Done.",
    ),
    "holdback": (
        "{rate} of the period's gross is kept in reserve.",
        "Nothing; it is released by itself.",
        "Released in {periods} equal parts, one with each of the next periods.",
    ),
    "recoupment": (
        "{rate} of the period's earnings repays the advance; {outstanding} of it remains.",
        "Nothing; the advance is listed on the statement.",
        "Until the advance is repaid.",
    ),
    "clawback": (
        "An earlier overpayment was set against the balance; {outstanding} of it remains.",
        "Read the linked adjustment, or dispute it.",
        "Until the overpayment is made up for.",
    ),
    "adjustment": (
        "An earlier statement was corrected by a linked entry.",
        "Read the linked entry, or dispute this statement.",
        "Done.",
    ),
    "below_threshold": (
        "Carried forward: {balance} of the {threshold} that a payment needs.",
        "Nothing; or withdraw all your data, and it is paid whatever the amount.",
        "Until the balance reaches the threshold.",
    ),
    "nothing_due": (
        "Nothing is left to be paid after the deductions above.",
        "Read the deductions; each says until when.",
        "Until the next statement.",
    ),
    "withholding": (
        "{rate} tax is withheld when this is paid, by the tax profile on file.",
        "Hand in a certificate if a lower rate applies to you.",
        "Until the tax profile changes.",
    ),
    "paid": (
        "Paid out since the last statement.",
        "Nothing; the payment is listed with its reference.",
        "Done.",
    ),
    "payment_returned": (
        "A payment came back from the bank and is owed again.",
        "Check your bank details.",
        "Until the next payment.",
    ),
    "holdback_released": (
        "A part of an earlier reserve was released.",
        "Nothing.",
        "Done.",
    ),
    "holdback_forfeited": (
        "A reserve was forfeited by a decision.",
        "Read the decision, or dispute this statement.",
        "Done.",
    ),
    "needs_certificate": (
        "A valid tax certificate is needed before this can be paid.",
        "Hand in the form that your tax profile names.",
        "Until a reviewer has accepted the certificate.",
    ),
    "needs_details": (
        "There are no usable bank details to pay to.",
        "Enter your bank details.",
        "Until the details are entered.",
    ),
    "bank_refused": (
        "The bank refused or returned the payment: {bank}.",
        "Correct your bank details, then it is paid with the next batch.",
        "Until the details are corrected.",
    ),
    "unclaimed": (
        "The balance could not be paid within the term of the policy and is kept as unclaimed.",
        "Write to us; it is paid on proof of who you are.",
        "Until it is claimed or the law ends the claim.",
    ),
}


# What a bank's code means, where its message says no more: ISO 20022, ExternalStatusReason.
BANK_CODES = {
    "AC01": "account number wrong",
    "AC03": "account number not valid",
    "AC04": "account closed",
    "AC06": "account blocked",
    "AG01": "payment not allowed on this account",
    "AM05": "duplicate",
    "BE01": "name does not fit the account",
    "BE04": "address of the payee missing",
    "FOCR": "sent back as asked",
    "MD07": "account holder deceased",
    "MS02": "refused by the payee, no reason given",
    "MS03": "no reason given",
    "RC01": "bank identifier wrong",
    "RC04": "bank of the payee unknown",
    "RR01": "account of the payer missing",
    "TM01": "came after the cut-off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, complete: `code`, what happened, what to do, until when."""

    code: str
    sentence: str
    action: str
    until: str


def reason(code: str, **numbers: str) -> Reason:
    """Return the reason with the case's numbers in its sentences.

    >>> reason("below_threshold", balance="3.20", threshold="10.00").sentence
    'Carried forward: 3.20 of the 10.00 that a payment needs.'
    """
    sentence, action, until = REASONS[code]
    return Reason(
        code=code,
        sentence=sentence.format(**numbers),
        action=action.format(**numbers),
        until=until.format(**numbers),
    )


def rate_text(rate_bp: int) -> str:
    """Return a rate in basis points as a percentage.

    >>> rate_text(1000), rate_text(1250), rate_text(5)
    ('10 %', '12.5 %', '0.05 %')
    """
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}{f'.{rest:02d}'.rstrip('0') if rest else ''} %"
