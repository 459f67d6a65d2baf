"""What every worker process does around a message: one BLAS thread, and ids on its log lines."""

import time
from typing import Any

import dramatiq
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware
from threadpoolctl import threadpool_limits

from ledger.project.counters import messages_seconds
from ledger.project.logs import log_context_set

# What a message names that its log lines should carry.
LOGGED_IDS = ("valuation_run_id", "shard_id", "batch_id")


class WorkerMiddleware(Middleware):
    """A worker computes on one thread; two processes with two threads each took 10x as long."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Hold whatever loaded its thread pool before the settings forbade it."""
        threadpool_limits(1)

    def before_process_message(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        """Every line logged from here on names the actor and what it works on."""
        ids = {name: str(message.kwargs[name]) for name in LOGGED_IDS if name in message.kwargs}
        log_context_set(actor=message.actor_name, message_id=message.message_id, **ids)
        message.options["started_at"] = time.monotonic()

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """The message is measured; between messages a line names nothing."""
        duration_s = time.monotonic() - message.options.pop("started_at")
        outcome = "failed" if exception else "done"
        messages_seconds.labels(message.actor_name, outcome).observe(duration_s)
        log_context_set()

    def after_skip_message(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        """Between messages a line names nothing."""
        log_context_set()
