"""What the sample plugin can do."""

from __future__ import annotations

from pydantic import RootModel

from teammcp import Conflict, Context, EventData, Reader, Result, Transaction, Work, operation


class Word(Result):
    """A word and who added it."""

    word: str
    agent: str


class WordAdded(EventData, kind="word.added"):
    """A word was added."""


class Words(RootModel[list[Word]]):
    """All words."""

    def text(self) -> str:
        return ", ".join(word.word for word in self.root)


@operation("POST /api/words", profile="sample")
async def add_word(context: Context, word: str) -> Work[Word]:
    """Add a word to the team's list."""

    def work(tx: Transaction) -> Word:
        if tx.value("SELECT 1 FROM sample_words WHERE word = ?", (word,)):
            raise Conflict(f"word: '{word}' is in the list already.")
        tx.execute("INSERT INTO sample_words (word, agent) VALUES (?, ?)", (word, context.actor.name))
        context.emit(tx, WordAdded(), word)
        return Word(word=word, agent=context.actor.name)

    return work


@operation("GET /api/words", profile="sample", read_only=True)
async def get_words(context: Context) -> Words:
    """List the team's words."""

    def query(reader: Reader) -> Words:
        return Words([Word(**dict(row)) for row in reader.all("SELECT word, agent FROM sample_words ORDER BY word")])

    return await context.read(query)
