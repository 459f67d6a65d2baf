"""What one address in the environment means: queue, storage, cache and e-mail.

Each function returns the setting that Django or Dramatiq expects; an unknown
scheme stops the start, for a wrong guess here would lose messages or files.
"""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Retries, TimeLimit

# A retry that waits a day helps nobody who watches a run; the sweeper re-sends what was lost.
RETRY_BACKOFF_MIN_MS = 1_000
RETRY_BACKOFF_MAX_MS = 60_000
RETRIES_MAX = 5  # an actor states its own; this holds for one that forgot


def unknown(name: str, url: str, *schemes: str) -> ImproperlyConfigured:
    """Return the complaint about an address; it repeats the scheme only, never a password."""
    scheme = urlsplit(url).scheme or url[:8]
    return ImproperlyConfigured(f"{name} must start with one of {schemes}, not with {scheme!r}.")


def broker_settings(url: str, *, lease_s: float) -> dict[str, Any]:
    """Return `DRAMATIQ_BROKER` for a queue address.

    `sqlite:////path` is the embedded queue of one machine, `redis://`,
    `rediss://`, `amqp://` and `amqps://` are servers, `stub:` lives in memory
    for tests. A worker silent for `lease_s` seconds loses what it had taken.
    """
    match urlsplit(url).scheme:
        case "sqlite":
            broker = "ledger.project.broker.LeaseBroker"
            options: dict[str, Any] = {"path": url.removeprefix("sqlite:///"), "lease_s": lease_s}
        case "redis" | "rediss":
            broker = "dramatiq.brokers.redis.RedisBroker"
            options = {"url": url, "heartbeat_timeout": round(lease_s * 1000)}
        case "amqp" | "amqps":
            broker = "dramatiq.brokers.rabbitmq.RabbitmqBroker"
            options = {"url": url, "confirm_delivery": True}
        case "stub":
            broker, options = "dramatiq.brokers.stub.StubBroker", {}
        case _:
            raise unknown("BROKER_URL", url, "sqlite", "redis", "rediss", "amqp", "amqps", "stub")
    return {"BROKER": broker, "OPTIONS": options, "MIDDLEWARE": broker_middleware()}


def broker_middleware() -> list[Any]:
    """Return what every message passes, on every broker."""
    retries = Retries(
        max_retries=RETRIES_MAX,
        min_backoff=RETRY_BACKOFF_MIN_MS,
        max_backoff=RETRY_BACKOFF_MAX_MS,
    )
    return [
        AgeLimit(),
        TimeLimit(),
        Callbacks(),
        CurrentMessage(),
        retries,
        "django_dramatiq.middleware.DbConnectionsMiddleware",
        "ledger.project.workers.WorkerMiddleware",
    ]


def storage_settings(url: str) -> dict[str, Any]:
    """Return the default storage for `file:///folder` or `s3://bucket/prefix?option=value`.

    Options are those of django-storages (`region_name`, `endpoint_url` ...).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": unquote(parts.path)},
        }
    if parts.scheme == "s3":
        options = {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "default_acl": "private",
            "file_overwrite": False,
            **dict(parse_qsl(parts.query)),
        }
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    raise unknown("STORAGE_URL", url, "file", "s3")


def cache_settings(url: str) -> dict[str, Any]:
    """Return the cache for `memory:` (one process) or `redis://`, `rediss://` (all of them)."""
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if scheme in ("redis", "rediss"):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    raise unknown("CACHE_URL", url, "memory", "redis", "rediss")


def email_settings(url: str) -> dict[str, Any]:
    """Return Django's e-mail settings for `console:`, `file:///folder`, `smtp(s)://`, `memory:`.

    `smtp` upgrades to TLS on port 587, `smtps` speaks TLS from the start on 465.
    """
    parts = urlsplit(url)
    backend = "django.core.mail.backends"
    match parts.scheme:
        case "console":
            return {"EMAIL_BACKEND": f"{backend}.console.EmailBackend"}
        case "memory":
            return {"EMAIL_BACKEND": f"{backend}.locmem.EmailBackend"}
        case "file":
            return {
                "EMAIL_BACKEND": f"{backend}.filebased.EmailBackend",
                "EMAIL_FILE_PATH": unquote(parts.path),
            }
        case "smtp" | "smtps":
            implicit = parts.scheme == "smtps"
            return {
                "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
                "EMAIL_HOST": parts.hostname,
                "EMAIL_PORT": parts.port or (465 if implicit else 587),
                "EMAIL_HOST_USER": unquote(parts.username or ""),
                "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
                "EMAIL_USE_SSL": implicit,
                "EMAIL_USE_TLS": not implicit,
                "EMAIL_TIMEOUT": 10,  # seconds; a sign-up must not hang on a mail server
            }
    raise unknown("EMAIL_URL", url, "console", "file", "smtp", "smtps", "memory")
