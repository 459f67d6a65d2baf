"""Runs and games in the administration, read only: services change them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from valuation.models import Game, ValuationRun


class ReadOnly(ModelAdmin):
    """Nothing may be added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ValuationRun)
class ValuationRunAdmin(ReadOnly):
    list_display = ("id", "programme", "state", "method", "evaluations", "created_at")
    list_filter = ("state", "method")


@admin.register(Game)
class GameAdmin(ReadOnly):
    list_display = ("digest", "programme", "created_at")
