"""Lists are read by cursor in the order of creation; ids are time-ordered.

A parameter that a list does not know is refused: a filter that was not applied looks like one.
"""

import re
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class IdCursorPagination(CursorPagination):
    """A page never shifts while rows are added, and costs the same wherever it lies."""

    ordering = "id"
    page_size = 50  # fits one screen
    page_size_query_param = "page_size"
    max_page_size = 500  # keeps one answer below about half a megabyte

    def get_page_size(self, request: Request) -> int | None:
        """Return how many rows a page has; a number out of range is refused, not moved into it."""
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not re.fullmatch("[1-9][0-9]{0,2}", text) or int(text) > self.max_page_size:
            raise ValidationError({"page_size": f"From 1 to {self.max_page_size}."})
        return int(text)


class KnownFilters(DjangoFilterBackend):
    """The filters of a view; any parameter that is none of them, nor a page's, is refused."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filters = self.get_filterset_class(view, queryset)
        known = {"cursor", "page_size", *getattr(view, "parameters", ())}
        known |= set(filters.base_filters) if filters else set()
        if unknown := sorted(set(request.query_params) - known):
            said = f"There is no such parameter; there are {', '.join(sorted(known))}."
            raise ValidationError(dict.fromkeys(unknown, said))
        return super().filter_queryset(request, queryset, view)
