"""A small world with locked values: programme, frozen period, policy, pool, people."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.core.policy import Policy

NOW = datetime(2014, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def programme(db: None) -> Any:
    from contributors.models import Licence, Programme

    licence = Licence.objects.create(
        identifier="CC0-1.0", title="CC0", text="Free.", text_sha256="0" * 64, created_at=NOW
    )
    return Programme.objects.create(
        slug="delays",
        title="Delays",
        licence=licence,
        currency="USD",
        status="open",
        spec={},
        spec_digest="0" * 64,
        created_at=NOW,
        opened_at=NOW,
    )


@pytest.fixture
def make_contributor(db: None) -> Callable[..., Any]:
    """Return a maker of contributors: make_contributor("ann")."""
    from contributors.models import Contributor

    def make(code: str, **fields: Any) -> Any:
        found = Contributor.objects.filter(code=code).first()
        fields = {"display_name": code.title(), "created_at": NOW, **fields}
        return found or Contributor.objects.create(code=code, **fields)

    return make


@pytest.fixture
def make_values(programme: Any, reviewer: Any, make_contributor: Any) -> Callable[..., Any]:
    """Return a maker of locked valuation runs: make_values({"ann": "0.2", "bob": ("0.1", "0.01")}).

    The player's key is the code, or several joined by +; each member has 10 rows.
    """
    from valuation.models import Game, Player, PlayerMember, PlayerValue, ValuationRun

    def make(
        values: Mapping[str, Any],
        *,
        empty: str = "-0.5",
        grand: str = "-0.2",
        state: str = "locked",
    ) -> Any:
        count = ValuationRun.objects.count()
        spec = {"programme": {"utility": "log-loss", "model": "logistic-regression"}, "work": ""}
        game = Game.objects.create(
            programme=programme, spec=spec, digest=f"{count:064x}", created_at=NOW
        )
        run = ValuationRun.objects.create(
            programme=programme,
            game=game,
            cutoff_at=NOW,
            budget=8,
            method="exact",
            n_players=len(values),
            evaluations=8,
            empty=empty,
            grand=grand,
            created_by=reviewer,
            created_at=NOW,
        )
        for index, (code, given) in enumerate(values.items()):
            value, error = given if isinstance(given, tuple) else (given, "0")
            player = Player.objects.create(
                run=run, index=index, key=code, label=code, data_digest="0" * 64, row_count=10,
                batch_ids=[],
            )  # fmt: skip
            for member in code.split("+"):
                PlayerMember.objects.create(
                    player=player, contributor=make_contributor(member), code=member,
                    row_count=10, first_accepted_at=NOW, weight=10,
                )  # fmt: skip
            PlayerValue.objects.create(run=run, player=player, value=value, standard_error=error)
        run.state, run.values_digest, run.computed_at = state, "0" * 64, NOW
        run.save()
        return run

    return make


@pytest.fixture
def make_period(db: None) -> Callable[..., Any]:
    """Return a maker of frozen quarters: make_period(2013, 4)."""
    from ledger.services.periods import period_freeze, period_open

    def make(year: int, quarter: int) -> Any:
        starts_on = date(year, 3 * quarter - 2, 1)
        last_day = {1: 31, 2: 30, 3: 30, 4: 31}[quarter]
        period = period_open(
            code=f"{year}-Q{quarter}",
            starts_on=starts_on,
            ends_on=date(year, 3 * quarter, last_day),
        )
        return period_freeze(period_id=period.id, now=NOW)

    return make


@pytest.fixture
def make_pool(programme: Any, make_period: Any, reviewer: Any) -> Callable[..., Any]:
    """Return a maker of pools: make_pool(100_000, Policy(fee_bp=1000), year=2013, quarter=4)."""
    from ledger.services.pools import policy_version_create, pool_create

    def make(
        amount_minor: int,
        policy: Policy | None = None,
        *,
        year: int = 2013,
        quarter: int = 4,
        currency: str = "USD",
        code: str = "",
    ) -> Any:
        period = make_period(year, quarter)
        version = policy_version_create(
            name="standard",
            policy=policy or Policy(fee_bp=1000),
            valid_from=date(2013, 1, 1),
            actor=reviewer,
            now=NOW,
        )
        return pool_create(
            code=code or f"{period.code}-delays-{currency}",
            period_id=period.id,
            programme_id=programme.id,
            currency=currency,
            amount_minor=amount_minor,
            funder="platform",
            policy_id=version.id,
            actor=reviewer,
            now=NOW,
        )

    return make


@pytest.fixture
def make_run(make_values: Any, make_pool: Any, reviewer: Any, approver: Any) -> Callable[..., Any]:
    """Return a maker of royalty runs, taken up to a step: calculate, submit or approve."""
    from ledger.services import royalties

    def make(
        values: Mapping[str, Any],
        amount_minor: int = 100_000,
        policy: Policy | None = None,
        *,
        up_to: str = "approve",
        at: datetime = NOW,
        **pool: Any,
    ) -> Any:
        run = royalties.royalty_run_calculate(
            pool_id=make_pool(amount_minor, policy, **pool).id,
            valuation_run_id=make_values(values).id,
            actor=reviewer,
            now=at,
        )
        if up_to in ("submit", "approve"):
            run = royalties.royalty_run_submit(run_id=run.id, actor=reviewer, now=at)
        if up_to == "approve":
            run = royalties.royalty_run_approve(run_id=run.id, actor=approver, now=at)
        return run

    return make
