"""The ledger as a Django app: its triggers are installed after every migration, and checked."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate


class LedgerConfig(AppConfig):
    """Money: journal, royalties, statements, payouts."""

    name = "ledger"

    def ready(self) -> None:
        from ledger import triggers
        from ledger.triggers import transitions

        checks.register(triggers.check_triggers, checks.Tags.database)
        pre_migrate.connect(triggers.remove_before_migrate, sender=self)
        post_migrate.connect(transitions.fill_after_migrate, sender=self)
        post_migrate.connect(triggers.install_after_migrate, sender=self)
