"""Which tax rate is in force for whom, and who may not be paid yet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from ledger.core.statements import Opening
from ledger.models import Payout, TaxProfile, TaxRule

# To whom withheld tax is owed where no rule names an authority.
AUTHORITY = "tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPosition:
    """The rate in force, and the code of the reason that stops a payment, or empty.

    credited_minor  of a payout: tax of payments that came back, which this one counts
    """

    withholding_bp: int = 0
    hold: str = ""
    authority: str = AUTHORITY
    form: str = ""
    country: str = ""
    treaty_article: str = ""
    income_code: str = ""
    exemption_code: str = ""
    credited_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPositions:
    """The tax positions of many payees on one day; whoever is missing has the default."""

    positions: dict[str, TaxPosition]
    default: TaxPosition

    def of(self, party: str) -> TaxPosition:
        return self.positions.get(party, self.default)

    def apply(self, party: str, opening: Opening) -> Opening:
        """The opening with the payee's rate and hold."""
        position = self.of(party)
        return replace(opening, withholding_bp=position.withholding_bp, hold=position.hold)


# What a payout copied of the tax profile, as an annual form asks for it (1042-S boxes 1 and 3a).
TAX_FACTS = ("form", "country", "treaty_article", "income_code", "exemption_code", "authority")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxYearRow:
    """What one payee was paid in a year under one rate, form and code."""

    code: str
    currency: str
    form: str
    country: str
    treaty_article: str
    income_code: str
    exemption_code: str
    authority: str
    rate_bp: int
    payment_count: int
    gross_minor: int
    withheld_minor: int
    net_minor: int


def tax_positions(
    *, contributor_ids: Iterable[str], on: date, known_at: datetime | None = None
) -> TaxPositions:
    """The position of everybody with a profile in force on the day. Two queries.

    A rule without a country asks everybody for a form; one with a country only its payees.
    `known_at` leaves out what was entered later: for a statement that is computed again.
    """
    wanted = set(contributor_ids)
    known = Q(created_at__lte=known_at) if known_at else Q()
    rules = list(
        TaxRule.objects.filter(
            known, Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on
        ).order_by("-valid_from", "-id")
    )
    profiles = TaxProfile.objects.filter(known, valid_from__lte=on, valid_to__gte=on).order_by("id")
    positions = {
        str(profile.contributor_id): _position(profile, rules)
        for profile in profiles
        if str(profile.contributor_id) in wanted
    }
    everybody = any(not rule.payee_country for rule in rules)
    default = TaxPosition(hold="needs_certificate" if everybody else "")
    return TaxPositions(positions=positions, default=default)


def tax_year(*, year: int) -> tuple[TaxYearRow, ...]:
    """What was paid in a year by payee, currency and what a form asks for. One query.

    A payment counts in the year in which it left what was owed, once the bank has settled it;
    one that came back is not counted.
    """
    paid = Payout.objects.filter(
        state__in=["settled", "overpaid"], reserve_entry__effective_on__year=year
    )
    sums: dict[tuple[Any, ...], list[int]] = {}
    for payout in paid.select_related("contributor").order_by("contributor__code", "id"):
        facts = tuple(payout.tax[name] for name in TAX_FACTS)
        key = (payout.contributor.code, payout.currency, payout.withholding_bp, *facts)
        sums.setdefault(key, [0, 0, 0, 0])
        amounts = (1, payout.gross_minor, payout.withholding_minor, payout.net_minor)
        sums[key] = [a + b for a, b in zip(sums[key], amounts, strict=True)]
    return tuple(
        TaxYearRow(
            code=code, currency=currency, rate_bp=rate_bp,
            **dict(zip(TAX_FACTS, facts, strict=True)),
            payment_count=count, gross_minor=gross, withheld_minor=withheld, net_minor=net,
        )
        for (code, currency, rate_bp, *facts), (count, gross, withheld, net) in sums.items()
    )  # fmt: skip


def _position(profile: TaxProfile, rules: list[TaxRule]) -> TaxPosition:
    mine = [rule for rule in rules if rule.payee_country in ("", profile.country)]
    missing = any(profile.form not in rule.forms for rule in mine)
    return TaxPosition(
        withholding_bp=profile.rate_bp,
        hold="needs_certificate" if missing else "",
        authority=mine[0].authority if mine else AUTHORITY,
        form=profile.form,
        country=profile.country,
        treaty_article=profile.treaty_article,
        income_code=profile.income_code,
        exemption_code=profile.exemption_code,
    )
