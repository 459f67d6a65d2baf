"""What one address in the environment means, and that a wrong one stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ledger.project.addresses import (
    broker_settings,
    cache_settings,
    email_settings,
    storage_settings,
)


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("sqlite:////srv/queue.sqlite3", "ledger.project.broker.LeaseBroker"),
        ("redis://localhost/0", "dramatiq.brokers.redis.RedisBroker"),
        ("rediss://localhost/0", "dramatiq.brokers.redis.RedisBroker"),
        ("amqp://localhost", "dramatiq.brokers.rabbitmq.RabbitmqBroker"),
        ("amqps://localhost", "dramatiq.brokers.rabbitmq.RabbitmqBroker"),
        ("stub:", "dramatiq.brokers.stub.StubBroker"),
    ],
)
def test_the_scheme_chooses_the_broker(url, broker):
    assert broker_settings(url, lease_s=30)["BROKER"] == broker


def test_the_embedded_queue_lies_where_the_address_says():
    options = broker_settings("sqlite:////srv/queue.sqlite3", lease_s=30)["OPTIONS"]
    assert options == {"path": "/srv/queue.sqlite3", "lease_s": 30}


def test_redis_gives_up_a_silent_worker_after_the_lease():
    options = broker_settings("redis://localhost", lease_s=1.5)["OPTIONS"]
    assert options["heartbeat_timeout"] == 1500


@pytest.mark.parametrize(
    "parse", [lambda url: broker_settings(url, lease_s=1), storage_settings, cache_settings]
)
def test_an_unknown_scheme_stops_the_start_without_repeating_a_password(parse):
    with pytest.raises(ImproperlyConfigured) as refusal:
        parse("gopher://ann:secret@host/")
    assert "gopher" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_an_unknown_mail_scheme_stops_the_start():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        email_settings("pop3://host")


def test_files_lie_in_a_folder_or_a_private_bucket():
    assert storage_settings("file:///srv/media")["OPTIONS"] == {"location": "/srv/media"}
    bucket = storage_settings("s3://data/ledger?region_name=eu-central-1")["OPTIONS"]
    assert bucket["bucket_name"] == "data"
    assert bucket["location"] == "ledger"
    assert bucket["region_name"] == "eu-central-1"
    assert bucket["default_acl"] == "private"


def test_a_mail_password_may_hold_any_character():
    settings = email_settings("smtp://ann%40example.org:p%40ss%2F@mail.example.org")
    assert settings["EMAIL_HOST_USER"] == "ann@example.org"
    assert settings["EMAIL_HOST_PASSWORD"] == "p@ss/"
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == (587, True)


def test_smtps_speaks_tls_from_the_start():
    settings = email_settings("smtps://mail.example.org")
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_SSL"]) == (465, True)
    assert settings["EMAIL_USE_TLS"] is False
