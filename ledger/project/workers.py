"""What every worker process does around a message: one BLAS thread, and ids on its log lines."""

import dramatiq
from dramatiq.middleware import Middleware
from threadpoolctl import threadpool_limits

from ledger.project.logs import log_context_set

# What a message names that its log lines should carry.
LOGGED_IDS = ("valuation_run_id", "shard_id", "batch_id")


class WorkerMiddleware(Middleware):
    """A worker computes on one thread; two processes with two threads each took 10x as long."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Hold whatever loaded its thread pool before the settings forbade it."""
        threadpool_limits(1)

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.Message) -> None:
        """Every line logged from here on names the actor and what it works on."""
        ids = {name: str(message.kwargs[name]) for name in LOGGED_IDS if name in message.kwargs}
        log_context_set(actor=message.actor_name, message_id=message.message_id, **ids)

    def after_process_message(self, broker, message, *, result=None, exception=None) -> None:  # type: ignore[no-untyped-def]
        """Between messages a line names nothing."""
        log_context_set()

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.Message) -> None:
        """Between messages a line names nothing."""
        log_context_set()
