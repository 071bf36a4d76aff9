"""A cursor over tokens: what every part of the parser is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn, TypeVar

from sqlglot import exp

from ksql.parser.errors import ParseError, shorten
from ksql.parser.tokens import Kind, Token, tokenize
from ksql.parser.words import INSTEAD, RESERVED

#: The greatest whole number a statement can say where no value stands.
_GREATEST = 2**63 - 1

T = TypeVar("T")
E = TypeVar("E", bound=exp.Expression)


class TokenStream:
    """Reads tokens one after the other; every refusal says what was expected, and where."""

    def __init__(self, text: str, first_line: int = 1, first_column: int = 1) -> None:
        self.text = text
        self.first_line = first_line
        self.first_column = first_column
        self.tokens = tokenize(text, first_line, first_column)
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.token
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Read the words if they come next, all of them."""
        if all(self.peek(i).is_word(word) for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Read one of the words."""
        if self.token.is_word(*words):
            return self.next().value
        return None

    def accept_operator(self, *operators: str) -> str | None:
        if self.token.is_operator(*operators):
            return self.next().value
        return None

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                self.fail_expecting([word])

    def expect_any(self, *words: str) -> str:
        found = self.accept_any(*words)
        if found is None:
            self.fail_expecting(words)
        return found

    def expect_operator(self, operator: str) -> None:
        if not self.accept_operator(operator):
            self.fail(f"expected '{operator}', found {self.found()}")

    def name(self, what: str = "a name") -> exp.Identifier:
        """An identifier: a quoted name as written, a word in upper case. Reserved words are refused."""
        token = self.token
        if token.kind is Kind.QUOTED:
            self.next()
            return self.mark(exp.Identifier(this=token.value, quoted=True), token)
        if token.kind is not Kind.WORD:
            self.fail(f"expected {what}, found {self.found()}")
        if token.value in RESERVED:
            comma = token.value == "FROM" and self.at > 0 and self.tokens[self.at - 1].is_operator(",")
            hint = f"leave out the comma before {token.text}." if comma else f"`{token.text}` in backticks can be a name."
            self.fail(f"expected {what}, but {token.value} is a reserved word", hint=hint)
        self.next()
        return self.mark(exp.Identifier(this=token.value, quoted=False), token)

    def string(self, what: str) -> str:
        if self.token.kind is not Kind.STRING:
            quotable = self.token.kind in (Kind.WORD, Kind.NUMBER, Kind.QUOTED)
            hint = "put single quotes around it." if quotable else ""
            self.fail(f"expected {what} in single quotes, found {self.found()}", hint=hint)
        return self.next().value

    def literal(self, what: str) -> exp.Literal:
        """A string as a node."""
        token = self.token
        return self.mark(exp.Literal.string(self.string(what)), token)

    def cased_name(self, what: str, *, string: bool = True) -> exp.Identifier:
        """A name that keeps its case without quotes too; a string will do as well, unless told otherwise."""
        token = self.token
        if token.kind is not Kind.STRING or not string:
            self.name(what)
            text, quoted = (token.value, True) if token.kind is Kind.QUOTED else (token.text, False)
        else:
            text, quoted = self.next().value, True
        return self.mark(exp.Identifier(this=text, quoted=quoted), token)

    def integer(self, what: str) -> int:
        token = self.token
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            self.fail(f"expected {what} as a whole number, found {self.found()}")
        if int(token.text) > _GREATEST:
            self.fail(f"{what} is too great: {shorten(token.text)}", hint=f"it is at most {_GREATEST}.")
        return int(self.next().text)

    def list_of(self, read: Callable[[], T]) -> list[T]:
        """One or more, separated by commas."""
        items = [read()]
        while self.accept_operator(","):
            items.append(read())
        return items

    def in_parentheses(self, read: Callable[[], T]) -> T:
        self.expect_operator("(")
        result = read()
        self.expect_operator(")")
        return result

    def mark(self, node: E, token: Token) -> E:
        """Remember where `node` was written."""
        node.meta["line"], node.meta["col"] = token.line, token.column
        return node

    def found(self) -> str:
        """The present token, for a message."""
        token = self.token
        if token.kind is Kind.END or token.is_operator(";"):
            return "the end of the statement"
        return f"'{token.text}'" if token.kind is Kind.OPERATOR else shorten(token.text)

    def meant(self, words: Iterable[str]) -> str:
        """A hint when the present word, or the one before it (then read as an alias), is nearly one of `words`."""
        words = list(words)
        near = self._near(self.token, words)
        if near:
            return f"did you mean {near}?"
        before = self.tokens[max(self.at - 1, 0)]
        near = self._near(before, words) if before.value not in RESERVED else ""
        return f"did you mean {near} instead of {before.text}?" if near else ""

    @staticmethod
    def _near(token: Token, words: list[str]) -> str:
        """The one of `words` that `token` nearly is, or ''."""
        if token.kind is not Kind.WORD or token.value in words:
            return ""
        return next(iter(get_close_matches(token.value, words, n=1, cutoff=0.7)), "")

    def fail_expecting(self, words: Sequence[str]) -> NoReturn:
        """Refuse the present token, which should have been one of `words`."""
        listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        self.fail(f"expected {listed}, found {self.found()}", hint=self.meant(words))

    def fail(self, message: str, *, hint: str = "", token: Token | None = None) -> NoReturn:
        """Refuse `token`, else the present one."""
        if token is None:
            hint = self._unquoted() or self._instead() or hint
        at = (token or self.token).start
        raise ParseError(message, text=self.text, at=at, first_line=self.first_line, first_column=self.first_column, hint=hint)

    def _instead(self) -> str:
        """A hint where the first two words are no beginning of a statement, but that of something known; else ''."""
        return INSTEAD.get((self.tokens[0].value, self.token.value), "") if self.at == 1 else ""

    def _unquoted(self) -> str:
        """A hint where the present token is a dash or dot within what must be meant for one name; else ''."""
        if not self.token.is_operator("-", ".") or self.at == 0:
            return ""
        first = last = self.at
        while first > 0 and self._touches(first):
            first -= 1
        while self._touches(last + 1):
            last += 1
        if not first < self.at < last or self.tokens[first].kind is not Kind.WORD:
            return ""
        name = self.text[self.tokens[first].start : self.tokens[last].end]
        return f"`{name}` in backticks can be a name."

    def _touches(self, at: int) -> bool:
        """Whether the token there, one that may stand in such a name, follows the one before it without a space."""
        if at >= len(self.tokens) or self.tokens[at - 1].end != self.tokens[at].start:
            return False
        pair = self.tokens[at - 1 : at + 1]
        return all(token.kind in (Kind.WORD, Kind.NUMBER) or token.is_operator("-", ".") for token in pair)


#: What reads one form from its first word on.
Reader = Callable[[TokenStream], exp.Expression]
