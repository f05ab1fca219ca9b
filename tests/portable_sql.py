"""What is wrong with a statement for PostgreSQL, or means another thing there than to SQLite.

A parser of both dialects takes more than either engine does; these are the differences that have mattered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlglot import exp, parse_one
from sqlglot.tokens import Tokenizer, TokenType

Schema = Mapping[str, Mapping[str, bool]]
"""Of each table its columns, and whether each may be null."""

FUNCTIONS = (
    exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Coalesce, exp.Lower, exp.Upper, exp.Length, exp.Abs,
    exp.RowNumber, exp.Case, exp.If, exp.Cast, exp.Exists, exp.And, exp.Or,
)  # fmt: skip
"""What both engines call by the same name and mean alike."""
TYPES = {exp.DataType.Type.BIGINT, exp.DataType.Type.TEXT}
"""What may be cast to. INTEGER has 32 bits in PostgreSQL, and no BLOB is known there."""
SQLITE_ONLY = {"rowid", "ifnull", "iif", "glob", "match", "regexp", "pragma", "sqlite_master", "sqlite_sequence"}
TRUTH = (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.If)


def unportable(sql: str, schema: Schema) -> list[str]:
    """Everything that is wrong with a statement, each in a few words."""
    tree = parse_one(sql, read="sqlite")
    return [*_tokens(sql), *(fault for rule in RULES for node in tree.walk() for fault in rule(node, schema))]


def _tokens(sql: str) -> Iterator[str]:
    before = None
    for token in Tokenizer(dialect="sqlite").tokenize(sql):
        if token.token_type is TokenType.PLUS and (before is None or before.token_type in BEFORE_OPERAND):
            yield "a '+' before a column, which no text takes"
        if token.text.lower() in SQLITE_ONLY and token.token_type is not TokenType.STRING:
            yield f"{token.text} is SQLite's own"
        before = token


BEFORE_OPERAND = {
    TokenType.L_PAREN, TokenType.COMMA, TokenType.WHERE, TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.SELECT,
    TokenType.ON, TokenType.EQ, TokenType.ORDER_BY, TokenType.WHEN, TokenType.THEN, TokenType.ELSE, TokenType.HAVING,
}  # fmt: skip


def _joins(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Join) and node.kind == "CROSS" and node.args.get("on"):
        yield "CROSS JOIN with ON"


def _named(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Subquery) and isinstance(node.parent, (exp.From, exp.Join)) and not node.alias:
        yield "a SELECT in FROM without a name"


def _functions(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Func) and not isinstance(node, FUNCTIONS):
        yield f"{node.sql_name() if not isinstance(node, exp.Anonymous) else node.name} is not in both engines"
    if isinstance(node, (exp.Max, exp.Min)) and node.expressions:
        yield "max or min of several values, which is called otherwise elsewhere"
    if isinstance(node, exp.Cast) and node.to.this not in TYPES:
        yield f"a cast to {node.to.sql()}"


def _parameters(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Is) and isinstance(node.this, exp.Placeholder):
        yield "? IS, a parameter of no type"
    if isinstance(node, (exp.NullSafeEQ, exp.NullSafeNEQ)):
        yield "IS between values, which compares in SQLite alone"
    if isinstance(node, exp.Case):
        results = [branch.args["true"] for branch in node.args["ifs"]]
        results += [node.args["default"]] if node.args.get("default") else []
        if all(isinstance(result, (exp.Placeholder, exp.Null)) for result in results):
            yield "CASE … THEN ?, a parameter of no type"


def _truth(node: exp.Expression, schema: Schema) -> Iterator[str]:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    if not isinstance(parent, TRUTH) or (isinstance(parent, exp.If) and node is not parent.this):
        return
    if isinstance(node, (exp.Placeholder, exp.Literal)):
        yield "a number as truth"
    if isinstance(node, exp.Column) and any(node.name in columns for columns in schema.values()):
        yield f"the number {node.name} as truth"


def _likes(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Like) and not isinstance(node.this, exp.Lower) and not _is_folded(node.this):
        yield "LIKE, which ignores case in SQLite alone; compare lower(…)"


def _is_folded(node: exp.Expression) -> bool:
    """Whether it is a text as `fold_text` leaves it, which has one case."""
    return all(column.name.endswith("folded") for column in node.find_all(exp.Column))


def _lists(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.In) and not node.expressions and not node.args.get("query"):
        yield "IN ()"


def _changes(node: exp.Expression, schema: Schema) -> Iterator[str]:
    if isinstance(node, exp.Insert) and node.args.get("alternative"):
        yield f"INSERT OR {node.args['alternative']}"
    if isinstance(node, exp.OnConflict):
        for change in node.expressions:
            if isinstance(change, exp.EQ):
                for column in change.expression.find_all(exp.Column):
                    if not column.table:
                        yield f"{column.name} in DO UPDATE, which may be the old or the new one"


def _groups(node: exp.Expression, schema: Schema) -> Iterator[str]:
    group = node.args.get("group") if isinstance(node, exp.Select) else None
    if group is None:
        return
    grouped = {each.sql() for each in group.expressions}
    aliases = {each.alias for each in node.selects if isinstance(each, exp.Alias) and each.alias in grouped}
    for each in node.selects:
        if each.alias in aliases:
            continue
        yield from _ungrouped(each.unalias(), grouped)
    for ordered in node.args["order"].expressions if node.args.get("order") else ():
        if ordered.this.sql() not in {each.alias_or_name for each in node.selects}:
            yield from _ungrouped(ordered.this, grouped)


def _ungrouped(node: exp.Expression, grouped: set[str]) -> Iterator[str]:
    if node.sql() in grouped or isinstance(node, exp.AggFunc):
        return
    if isinstance(node, exp.Column):
        yield f"{node.sql()} beside a GROUP BY without it"
    for child in node.iter_expressions():
        yield from _ungrouped(child, grouped)


def _orders(node: exp.Expression, schema: Schema) -> Iterator[str]:
    """Nulls come first in SQLite and last in PostgreSQL."""
    if not isinstance(node, exp.Ordered) or not isinstance(node.this, exp.Column):
        return
    select = node.find_ancestor(exp.Select)
    column = node.this
    if select is None or any(each.alias == column.name for each in select.selects if isinstance(each, exp.Alias)):
        return
    tables = {table.alias_or_name: table.name for table in select.find_all(exp.Table)}
    places = [tables.get(column.table, "")] if column.table else list(tables.values())
    nullable = any(schema.get(place, {}).get(column.name, False) for place in places)
    where = select.args.get("where")
    if nullable and not (where and any(_compares(part, column) for part in where.this.flatten())):
        yield f"ORDER BY {column.sql()}, where nulls come first in SQLite and last in PostgreSQL"


def _compares(condition: exp.Expression, column: exp.Column) -> bool:
    sides = [condition.this, condition.args.get("expression")]
    if isinstance(condition, exp.Not) and isinstance(condition.this, exp.Is):
        return column in (condition.this.this,)
    return isinstance(condition, (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In)) and column in sides


RULES: tuple[Callable[[exp.Expression, Schema], Iterator[str]], ...] = (
    _joins, _named, _functions, _parameters, _truth, _likes, _lists, _changes, _groups, _orders,
)  # fmt: skip
