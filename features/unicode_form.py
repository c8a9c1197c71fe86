"""Unicode form: the one spelling (NFC) in which text from outside is kept, so that what looks alike is alike."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

_FORM: Final = "NFC"


def composed(text: str) -> str:
    r"""Return a text in Unicode's normalization form C (UAX 15); the same object where it is in that form already.

    >>> len("\u1112\u1169\u11bc"), composed("\u1112\u1169\u11bc")
    (3, '홍')
    """
    return text if text.isascii() or unicodedata.is_normalized(_FORM, text) else unicodedata.normalize(_FORM, text)


def composed_column(column: Any) -> Any:
    """Return an Arrow column of texts (or of a dictionary of them) as plain texts in form C."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.cast(pa.string())
    if pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        return texts
    # Arrow's own utf8_normalize does not compose: pc.utf8_normalize("홍", form="NFC") gives three letters.
    coded = (
        texts.combine_chunks().dictionary_encode() if isinstance(texts, pa.ChunkedArray) else texts.dictionary_encode()
    )
    distinct = [None if text is None else composed(text) for text in coded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(coded.indices)
