"""The application's settings in tests: nothing is written outside a temporary folder."""

import atexit
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="ledger-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ.update(
    BROKER_URL="stub:",
    EMAIL_URL="memory:",
    LOG_LEVEL="WARNING",
    MFA_REQUIRED="0",  # its own tests turn it on
    THROTTLE_ANONYMOUS="100000/min",
    THROTTLE_USER="100000/min",
)

from ledger.project.settings import *  # noqa: E402, F403
from ledger.project.settings import DATA_DIR, DATABASES, STATIC_ROOT  # noqa: E402

DEBUG = False
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns where it is absent
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file: live servers and threads then lock as they do in earnest. Nobody needs it after a
    # power loss, so it does not wait for the disk.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA recursive_triggers=ON;"
    )
