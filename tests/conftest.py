"""What tests of every app share: no network, people, a client, the queue, servers, a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker
from pytest_socket import socket_allow_hosts

from tests.append_only import _flush_past_the_triggers  # noqa: F401
from tests.servers import Absent, Postgres, RabbitMQ, Redis, Server

# Playwright's synchronous API runs an event loop in the test's thread; Django would refuse there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
AnyServer = TypeVar("AnyServer", bound=Server)
CI = os.environ.get("CI") == "true"
# What takes minutes and tells a newcomer nothing.
in_ci = pytest.mark.skipif(not CI, reason="Takes minutes; CI=true runs it.")


@pytest.fixture(autouse=True)
def _no_other_host() -> None:
    """A test that calls another machine fails."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    """What one test used up of a rate limit is not missing in the next."""
    from django.core.cache import cache

    cache.clear()


# People ---------------------------------------------------------------------------------------


@pytest.fixture
def make_user(db: None) -> Callable[..., Any]:
    """Return a maker of users: make_user("ann"), make_user("bob", role="reviewer")."""
    from allauth.account.models import EmailAddress

    from contributors.models import User

    def make(name: str, *, role: str = "contributor", **fields: Any) -> User:
        email = f"{name}@example.org"
        user = User.objects.create_user(email, "correct horse battery", role=role, **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def reviewer(make_user: Callable[..., Any]) -> Any:
    return make_user("bob", role="reviewer")


@pytest.fixture
def approver(make_user: Callable[..., Any]) -> Any:
    return make_user("cleo", role="approver")


@pytest.fixture
def api() -> Callable[..., Any]:
    """Return a maker of API clients: api() is anonymous, api(user) is logged in."""
    from rest_framework.test import APIClient

    def client(user: Any = None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


# The queue ------------------------------------------------------------------------------------


@pytest.fixture
def queue() -> Iterator[StubBroker]:
    """The queue in memory, empty before and after."""
    broker = dramatiq.get_broker()
    assert isinstance(broker, StubBroker)
    broker.flush_all()
    yield broker
    broker.flush_all()


@pytest.fixture
def run_queue(queue: StubBroker) -> Callable[[], int]:
    """Return a function that does everything queued, in this thread, and counts messages."""
    return lambda: run_messages(queue)


def run_messages(broker: StubBroker) -> int:
    """Do every message, those that it brings forth included; an error is raised, not retried."""
    count = 0
    while waiting := [each for each in broker.queues.values() if not each.empty()]:
        for each in waiting:
            message = dramatiq.Message.decode(each.get_nowait())
            broker.get_actor(message.actor_name).fn(*message.args, **message.kwargs)
            each.task_done()
            count += 1
    return count


# Servers --------------------------------------------------------------------------------------


def own_server_or_skip(kind: type[AnyServer]) -> AnyServer:
    """Return a started server of the test's own.

    Where it is not installed the test is skipped; in CI, where it must be, it fails.
    """
    try:
        server = kind()
    except Absent as absent:
        sentence = f"{absent} is not installed; this test needs it."
        pytest.fail(sentence) if CI else pytest.skip(sentence)
    server.start()
    return server


def address(kind: type[Server], url_name: str) -> Iterator[str]:
    """Yield the address that the environment names, or that of a server of our own."""
    if url := os.environ.get(url_name):
        yield url
        return
    server: Any = own_server_or_skip(kind)
    yield server.url
    server.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on which the tests may make databases."""
    yield from address(Postgres, "POSTGRES_URL")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    yield from address(Redis, "REDIS_URL")


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    yield from address(RabbitMQ, "RABBITMQ_URL")


# The browser ----------------------------------------------------------------------------------

# Without a sandbox (containers have none) and without calls home.
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium; CHROMIUM names another."""
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not path:
        sentence = "Chromium is not installed (Debian: apt install chromium); pages were not tried."
        pytest.fail(sentence) if CI else pytest.skip(sentence)
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_FLAGS}
