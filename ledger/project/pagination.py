"""Lists are read by cursor in the order of creation; ids are time-ordered."""

from rest_framework.pagination import CursorPagination


class IdCursorPagination(CursorPagination):
    """A page never shifts while rows are added, and costs the same wherever it lies."""

    ordering = "id"
    page_size = 50  # fits one screen
    page_size_query_param = "page_size"
    max_page_size = 500  # keeps one answer below about half a megabyte
