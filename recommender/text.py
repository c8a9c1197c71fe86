"""Text: words in the languages of a country."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.mapping import UNDETERMINED, MappingReader

__all__ = ["Text", "text_at"]


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """Words by language, in the country's order of languages; the first language is the text's own.

    Attributes:
        pairs: each language and its words, which are empty only where the text was not written in its own language.

    >>> Text(ko="부모급여", en="Parental benefit").to_document()
    {'ko': '부모급여', 'en': 'Parental benefit'}
    >>> Text(ko="부모급여").in_language("en"), Text.of({"fr": "Allocation", "en": "Allowance"}).in_language("de")
    ('부모급여', 'Allocation')
    """

    pairs: tuple[tuple[str, str], ...]

    def __init__(self, **words: str) -> None:
        """Keep the words that are given, in this order."""
        object.__setattr__(self, "pairs", tuple((language, said) for language, said in words.items() if said))

    @classmethod
    def of(cls, words: Mapping[str, str], languages: Sequence[str] = ()) -> Text:
        """Return words by language as a text, in the order of `languages`, whose first is the text's own."""
        if not languages:
            return cls.paired(words.items())
        order = dict.fromkeys((*languages[:1], *(one for one in languages if one in words), *words))
        return cls.paired([(language, words.get(language, "")) for language in order])

    @classmethod
    def paired(cls, pairs: Iterable[tuple[str, str]]) -> Text:
        """Return a text of languages, each once, and their words, in this order."""
        text = cls.__new__(cls)
        object.__setattr__(text, "pairs", tuple(pairs))
        return text

    @classmethod
    def alone(cls, words: str) -> Text:
        """Return words that no language is known of, such as an id."""
        return cls.of({UNDETERMINED: words})

    def get(self, language: str) -> str:
        """Return the words in one language, nothing where there are none."""
        for one, said in self.pairs:
            if one == language:
                return said
        return ""

    def in_language(self, language: str) -> str:
        """Return the words in a language or, where there are none, in the first language that has some."""
        return self.get(language) or self.own

    @property
    def own(self) -> str:
        """The words in the text's own language or, where there are none, in the first that has some."""
        return next((said for _, said in self.pairs if said), "")

    def to_document(self) -> dict[str, str]:
        """Return the mapping this text is written as in a programme, absent languages left out."""
        return {language: said for language, said in self.pairs if said}

    def brief(self) -> str | dict[str, str]:
        """Return the text as it is written in a list: one string where it is in its own language only."""
        return self.own if len(self.pairs) == 1 else self.to_document()


def text_at(reader: MappingReader, key: str) -> Text | None:
    """Return the words under a key; None, and a problem is collected, where they are wrong."""
    return text_of(reader, key, reader.take(key))


def text_of(reader: MappingReader, key: str | tuple[str | int, ...], value: object) -> Text | None:
    """Return a value under or below a key as words; None, and a problem is collected, where it is none."""
    words = None if value is None else reader.as_words(key, value)
    return None if words is None else Text.of(words, reader.languages)
