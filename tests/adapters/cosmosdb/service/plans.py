"""What the gateway answers to a query of several partitions: a plan that the SDK carries out.

See https://learn.microsoft.com/rest/api/cosmos-db/querying-cosmosdb-resources-using-the-rest-api,
"Queries that cannot be served by gateway", and ``_query_execution_info`` in azure-cosmos.
"""

from typing import Any

from .expressions import Row
from .queries import Query, whole
from .refusals import bad

_AGGREGATES = {"COUNT": "Count", "SUM": "Sum", "AVG": "Average", "MIN": "Min", "MAX": "Max"}
_EVERYWHERE = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}


def needs_plan(query: Query) -> bool:
    """Whether partitions cannot answer it one after another."""
    return bool(query.order or query.top or query.limit or query.distinct or query.is_grouped)


def plan(query: Query, parameters: Row) -> dict[str, Any]:
    """Refuses what the Python SDK does not say that it supports: GROUP BY."""
    if query.groups:
        raise bad(
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that "
            "does support the requested features: GroupBy"
        )
    value = [one for name, one in query.columns if name is None]
    if query.aggregates and value and not value[0].aggregate:
        raise bad("Compositions of aggregates and other expressions are not allowed.")
    first = whole(query.offset, parameters)
    info = {
        "distinctType": "Unordered" if query.distinct else "None",
        "top": whole(query.top, parameters) if query.top else None,
        "offset": first if query.limit else None,
        "limit": whole(query.limit, parameters) if query.limit else None,
        "orderBy": ["Descending" if down else "Ascending" for _, down in query.order],
        "orderByExpressions": query.sorts,
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": [_AGGREGATES[one] for one in query.aggregates],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": _rewritten(query, first, parameters),
        "hasSelectValue": bool(value),
        "hasNonStreamingOrderBy": False,
    }
    return {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": info,
        "queryRanges": [_EVERYWHERE],
    }


def _rewritten(query: Query, first: int, parameters: Row) -> str:
    """What each partition is asked."""
    select = _selected(query)
    if query.aggregates and query.columns[0][0] is None:
        item = query.clause("select")
        if query.aggregates == ["AVG"]:
            inner = item[item.index("(") :]
            item = f'{{"sum": SUM{inner}, "count": COUNT{inner}}}'
        select = f'VALUE [{{"item": {item}}}]'
    parts = ["SELECT", "DISTINCT" if query.distinct and not query.order else "", select]
    if query.top:
        parts.insert(2, f"TOP {whole(query.top, parameters)}")
    parts += ["FROM", query.clause("from")]
    where = query.clause("where")
    if query.order:
        where = f"({where or 'true'}) AND ({{documentdb-formattableorderbyquery-filter}})"
    parts += ["WHERE", where] if where else []
    parts += ["ORDER BY", query.clause("order")] if query.order else []
    if query.limit:
        parts.append(f"OFFSET 0 LIMIT {first + whole(query.limit, parameters)}")
    return " ".join(one for one in parts if one)


def _selected(query: Query) -> str:
    select = query.clause("select")
    value = bool(query.columns) and query.columns[0][0] is None
    if not query.order:
        return f"VALUE {select}" if value else select
    alias = query.sources[0].alias
    payload = alias if query.star else select
    if not query.star and not value:
        members = zip(query.columns, query.column_texts, strict=True)
        payload = "{" + ", ".join(f'"{name}": {text}' for (name, _), text in members) + "}"
    items = ", ".join(f'{{"item": {text}}}' for text in query.sorts)
    return f"{alias}._rid, [{items}] AS orderByItems, {payload} AS payload"
