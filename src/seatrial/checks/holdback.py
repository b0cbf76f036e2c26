"""What a check needs of a stream of text before it can say that some of it is clean for good: its `Holdback`.

The law, for every text t and every continuation c, with n = holdback.settled(t):

1. the spans of the check on t + c that start before n are exactly those of the check on t that start before n;
2. the spans that start at or after any k ≤ n can be computed on the text from k - before.

So text up to n may leave, and a check never has to look at the whole answer again. A span that starts before n is
settled with its end; what starts in it, and is not settled yet, can only add to it.

A detector that has a holdback judges every place by itself: what it finds at one place must not depend on what it found
far before it, and so spans may overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec


class Holdback(msgspec.Struct, frozen=True):
    """`bound`: no text further than so many code points before the end of what has come is ever held. `before`: the
    code points of text in front of a match on which its judgement may depend. `open_from` gives, of the text so far,
    the index from which it may still become (part of) a match, where the check knows better than `bound`.
    """

    bound: int
    before: int
    open_from: Callable[[str], int] | None = None

    def settled(self, text: str) -> int:
        """The index up to which the judgement of `text` is final, whatever comes after it."""
        least = len(text) - self.bound
        if self.open_from is not None:
            least = max(least, min(self.open_from(text), len(text)))
        return max(0, least)


def words_holdback(words: Sequence[str]) -> Holdback:
    """Of a check that looks for words as they stand: text is held while its end may be the beginning of one."""
    longest = max(map(len, words))
    return Holdback(bound=longest, before=0, open_from=lambda text: _word_open_from(text, words, longest))


def _word_open_from(text: str, words: Sequence[str], longest: int) -> int:
    tail = max(0, len(text) - longest + 1)
    return min((_begun(text, word, tail) for word in words), default=len(text))


def _begun(text: str, word: str, tail: int) -> int:
    """Where the longest end of `text` begins that `word` begins with."""
    begin = text.find(word[0], max(tail, len(text) - len(word) + 1))
    while begin >= 0:
        if word.startswith(text[begin:]):
            return begin
        begin = text.find(word[0], begin + 1)
    return len(text)


def folded_words_holdback(words: Sequence[str]) -> Holdback:
    """The same with letter case ignored. A character may fold to several, and a word may begin inside them."""
    folded = [word.casefold() for word in words]
    longest = max(map(len, folded))
    return Holdback(bound=longest, before=0, open_from=lambda text: _folded_open_from(text, folded, longest))


def _folded_open_from(text: str, words: Sequence[str], longest: int) -> int:
    for begin in range(max(0, len(text) - longest + 1), len(text)):
        rest = text[begin:].casefold()
        inside = range(len(text[begin].casefold()))
        if any(word.startswith(rest[skip:]) for word in words for skip in inside):
            return begin
    return len(text)


def pattern_holdback(longest: int | None) -> Holdback | None:
    """Of a check that looks for a pattern whose matches are at most `longest` code points; None without a bound. A
    pattern may look at one character on either side (\\b).
    """
    return None if longest is None else Holdback(bound=longest, before=1)
