"""PostgreSQL with Redis and with RabbitMQ: workers, queue and database are killed in turn."""

import pytest

from tests.conftest import in_ci, own_server_or_skip
from tests.faults.system import System, report
from tests.servers import Postgres, RabbitMQ, Redis

pytestmark = [pytest.mark.faults, pytest.mark.servers, in_ci]


@pytest.mark.parametrize("kind", [Redis, RabbitMQ], ids=["redis", "rabbitmq"])
def test_killing_workers_queue_and_database_changes_no_bit(
    kind, distributed: System, postgres: Postgres, undisturbed: str
):
    queue = own_server_or_skip(kind)
    distributed.settings["BROKER_URL"] = queue.url
    try:
        distributed.step("start")
        workers = [distributed.start("work") for _ in range(2)]
        keep_scheduler(distributed)
        for round_number in range(3):
            distributed.wait_work()
            distributed.kill(workers.pop(0), "worker")
            workers.append(distributed.start("work"))
            distributed.wait_work()
            if round_number == 1:
                queue.kill()
                queue.start()
                distributed.killed.append("queue")
            if round_number == 2:
                postgres.kill()
                postgres.start()
                distributed.killed.append("database")
            keep_scheduler(distributed)
        assert distributed.wait_computed() == undisturbed
        report(f"PostgreSQL with {kind.__name__}", distributed, "values with those on SQLite")
    finally:
        distributed.stop()
        queue.close()


def keep_scheduler(system: System) -> None:
    """Start the scheduler again if it fell with what it asked, as its supervisor does."""
    schedulers = [each for each in system.programs if "schedule" in each.args]
    if not any(each.poll() is None for each in schedulers):
        system.start("schedule")
