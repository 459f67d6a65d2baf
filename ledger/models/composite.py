"""A foreign key of several columns, which Django's fields cannot express."""

from typing import Any

from django.db.models import BaseConstraint


class CompositeForeignKey(BaseConstraint):
    """`columns` together name a row of `to_table` by its unique `to_columns`.

    Written into the table by Django itself, so it survives the rebuilds that
    SQLite migrations make of a table.
    """

    def __init__(
        self, *, columns: list[str], to_table: str, to_columns: list[str], name: str
    ) -> None:
        super().__init__(name=name)
        self.columns = list(columns)
        self.to_table = to_table
        self.to_columns = list(to_columns)

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        columns = ", ".join(quote(column) for column in self.columns)
        to_columns = ", ".join(quote(column) for column in self.to_columns)
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({columns}) "
            f"REFERENCES {quote(self.to_table)} ({to_columns})"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, model: Any, instance: Any, *_: Any, **__: Any) -> None:
        """The database alone judges: a look before the write would race."""

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        path, _, kwargs = super().deconstruct()
        kwargs |= {
            "columns": self.columns,
            "to_table": self.to_table,
            "to_columns": self.to_columns,
        }
        return path, (), kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeForeignKey):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = BaseConstraint.__hash__
