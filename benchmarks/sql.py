"""Filling MLflow's tables as each database is filled fastest."""

import csv
from collections.abc import Mapping, Sequence
from contextlib import closing
from io import StringIO
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]


def insert(engine: Any, rows: Mapping[Any, Sequence[Row]]) -> None:
    """Put rows into tables, in one transaction.

    Args:
        engine: The database's.
        rows: By table, in the order that foreign keys demand.
    """
    load = _COPIES[engine.dialect.name]
    with closing(engine.raw_connection()) as connection:
        for table, these in rows.items():
            load(connection, table, these)
        connection.commit()


def gather_statistics(engine: Any) -> None:
    """What the planner goes by.

    PostgreSQL gathers it by itself a minute later, and would do so while being measured; SQLite
    never does, and then takes minutes to order by a metric.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(_STATISTICS[engine.dialect.name])


def _copy_postgres(connection: Any, table: Any, rows: Sequence[Row]) -> None:
    text = StringIO()
    csv.writer(text).writerows(row.values() for row in rows)
    text.seek(0)
    with closing(connection.cursor()) as cursor:
        cursor.copy_expert(
            f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN (FORMAT csv)", text
        )


def _copy_sqlite(connection: Any, table: Any, rows: Sequence[Row]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    statement = f"INSERT INTO {table.name} ({', '.join(rows[0])}) VALUES ({marks})"
    with closing(connection.cursor()) as cursor:
        cursor.executemany(statement, [tuple(row.values()) for row in rows])


_COPIES = {"postgresql": _copy_postgres, "sqlite": _copy_sqlite}
_STATISTICS = {"postgresql": "VACUUM ANALYZE", "sqlite": "ANALYZE"}
