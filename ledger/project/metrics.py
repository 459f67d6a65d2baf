"""Figures for Prometheus: what processes count, and what the tables say when asked."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ledger.models import JournalEntry, Posting, RoyaltyRun
from ledger.selectors.operations import queue_list, worker_list
from valuation.selectors.workload import workload


class Tables(Collector):
    """Figures read from the database and the embedded queue at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        """Yield every figure; eight short queries."""
        work = workload(now=timezone.now())
        yield gauge("ledger_valuation_runs", "Valuation runs.", "state", work.runs)
        yield gauge("ledger_shards", "Shards of coalitions.", "state", work.shards)
        yield GaugeMetricFamily("ledger_shards_stale", "Past their lease.", work.shards_stale)
        yield CounterMetricFamily("ledger_evaluations", "Coalitions evaluated.", work.evaluations)
        yield CounterMetricFamily("ledger_evaluation_seconds", "Inside utilities.", work.seconds)
        royalties = dict(RoyaltyRun.objects.values_list("state").annotate(count=Count("pk")))
        yield gauge("ledger_royalty_runs", "Royalty runs.", "state", royalties)
        # The highest number given, not a count: counting 10^6 rows takes a tenth of a second.
        postings = Posting.objects.aggregate(last=Max("pk"))["last"] or 0
        yield CounterMetricFamily("ledger_postings", "Postings written.", postings)
        entries = JournalEntry.objects.aggregate(last=Max("seq"))["last"] or 0
        yield CounterMetricFamily("ledger_journal_entries", "Journal entries sealed.", entries)
        workers = worker_list(now=timezone.now())
        alive = sum(not worker.is_silent for worker in workers)
        yield GaugeMetricFamily("ledger_workers", "Giving signs of life.", alive)
        yield GaugeMetricFamily(
            "ledger_workers_silent", "Gone without a word.", len(workers) - alive
        )
        yield from queue_figures()


def queue_figures() -> Iterator[Metric]:
    """Yield what waits in the embedded queue; Redis and RabbitMQ have exporters of their own."""
    queues = queue_list()
    live = {each.queue: each.live for each in queues}
    dead = {each.queue: each.dead for each in queues}
    age_s = {each.queue: each.oldest_age_s for each in queues}
    yield gauge("ledger_queue_messages", "Messages waiting or leased.", "queue", live)
    yield gauge("ledger_queue_dead", "Messages given up within a week.", "queue", dead)
    yield gauge("ledger_queue_age_seconds", "Age of the oldest message.", "queue", age_s)


def gauge(name: str, text: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    """Return one figure per label."""
    metric = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever holds METRICS_TOKEN, or without one whoever asks from this machine."""
    if not may_read(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Tables())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """Whether this request comes from the collector."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    # Behind a proxy every request comes from this machine, so there a token is needed.
    local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    return local and not request.headers.get("X-Forwarded-For")
