"""Query strings."""

from __future__ import annotations

from urllib.parse import parse_qsl

from ..errors import InvalidInput

MAX_QUERY_FIELDS = 100


def parse_query(query: bytes) -> list[tuple[str, str]]:
    """The fields of a query string.

    Raises:
        InvalidInput: not UTF-8, or absurdly many.
    """
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS
        )
    except ValueError:  # UnicodeDecodeError is one
        raise InvalidInput(
            f"The query must be percent-encoded UTF-8 with at most {MAX_QUERY_FIELDS} fields.", code="bad_query"
        ) from None
