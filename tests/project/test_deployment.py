"""A production start: the deployment check finds nothing, and half a configuration stops it."""

import secrets

import pytest

from tests.programs import manage

PRODUCTION = {"DEBUG": "0", "ALLOWED_HOSTS": "ledger.example.org", "PROXY_COUNT": "1"}


def test_the_deployment_check_finds_nothing(tmp_path):
    done = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        folder=tmp_path,
        **PRODUCTION,
        SECRET_KEY=secrets.token_urlsafe(50),
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "set SECRET_KEY"),
        ({"SECRET_KEY": "x" * 60, "DEBUG": "yes"}, "DEBUG must be 0 or 1"),
        ({"SECRET_KEY": "x" * 60, "BROKER_URL": "kafka://host"}, "BROKER_URL must start with"),
        ({"SECRET_KEY": "x" * 60, "LOG_FORMAT": "xml"}, "LOG_FORMAT must be"),
    ],
)
def test_half_a_configuration_stops_the_start_with_a_sentence(tmp_path, env, sentence):
    done = manage("check", folder=tmp_path, **{**PRODUCTION, **env})
    assert done.returncode != 0
    assert sentence in done.stderr
