"""Probes and figures: what a machine sees of the server's state."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from ledger.project.problems import log_refusal

pytestmark = pytest.mark.django_db


def test_the_process_says_it_lives_without_asking_the_database(client: Client, monkeypatch):
    monkeypatch.setattr(connection, "cursor", lambda: pytest.fail("the database was asked"))
    assert client.get("/healthz").status_code == 200


def test_a_server_with_its_tables_is_ready(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "database": "ok"})


def test_a_server_without_its_database_is_not_ready(client: Client, monkeypatch):
    def fail(_connection):
        raise OperationalError

    monkeypatch.setattr("ledger.project.probes.MigrationExecutor", fail)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


def test_a_server_with_old_tables_is_not_ready(client: Client, monkeypatch):
    monkeypatch.setattr(
        "ledger.project.probes.MigrationExecutor.migration_plan", lambda *_: ["one"]
    )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "migrations_pending")


def test_figures_tell_runs_requests_and_refusals(client: Client):
    log_refusal({"code": "budget_too_small"})
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'ledger_valuation_runs{state="queued"} 0.0' in text
    assert 'ledger_refusals_total{code="budget_too_small"}' in text
    assert 'ledger_request_seconds_count{method="GET",status="200",view="healthz"}' in text
    assert "ledger_postings_total 0.0" in text


def test_figures_are_for_this_machine(client: Client):
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404


def test_figures_are_for_whoever_holds_the_token(client: Client, settings):
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics").status_code == 404
    remote = {"REMOTE_ADDR": "192.0.2.1"}
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer x"}, **remote).status_code == 404
    )
    good = client.get("/metrics", headers={"Authorization": "Bearer secret"}, **remote)
    assert good.status_code == 200


def test_every_answer_carries_the_id_of_its_request(client: Client):
    assert len(client.get("/healthz")["X-Request-Id"]) == 32
    given = client.get("/healthz", headers={"X-Request-Id": "proxy-12345"})
    assert given["X-Request-Id"] == "proxy-12345"


def test_an_id_that_could_forge_a_log_line_is_replaced(client: Client):
    answer = client.get("/healthz", headers={"X-Request-Id": "a b=c level=error"})
    assert answer["X-Request-Id"] != "a b=c level=error"
