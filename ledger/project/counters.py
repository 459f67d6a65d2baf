"""What web and worker processes count.

Each process counts in a file of its own, in the folder that the settings name in
PROMETHEUS_MULTIPROC_DIR; whoever answers /metrics adds them up.
"""

from prometheus_client import Counter, Histogram

# Seconds: around the promises of 150 ms for lists and 250 ms for pages.
REQUEST_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10)
MESSAGE_BUCKETS_S = (0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

requests_seconds = Histogram(
    "ledger_request_seconds",
    "Time to answer a request, by view.",
    ["method", "view", "status"],
    buckets=REQUEST_BUCKETS_S,
)
messages_seconds = Histogram(
    "ledger_message_seconds",
    "Time a worker spent on a message.",
    ["actor", "outcome"],
    buckets=MESSAGE_BUCKETS_S,
)
refusals_total = Counter("ledger_refusals", "Requests refused, by code.", ["code"])
