"""Numbers all of whose operations go through one method, and all of whose comparisons through another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Operators(ABC):
    """A number by `beside`, which has its operations with another number, and `asked`, which compares the two.

    Both take the number as the second side where it is turned, and give NotImplemented beside what is no number.
    """

    __slots__ = ()

    @abstractmethod
    def beside(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        """The number that an operation gives."""

    @abstractmethod
    def asked(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        """The truth of >= or of ==."""

    def __add__(self, other: Any) -> Any:
        return self.beside("+", other)

    def __radd__(self, other: Any) -> Any:
        return self.beside("+", other, turned=True)

    def __sub__(self, other: Any) -> Any:
        return self.beside("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self.beside("-", other, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self.beside("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self.beside("*", other, turned=True)

    def __truediv__(self, other: Any) -> Any:
        return self.beside("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.beside("/", other, turned=True)

    def __floordiv__(self, other: Any) -> Any:
        return self.beside("//", other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.beside("//", other, turned=True)

    def __mod__(self, other: Any) -> Any:
        return self.beside("%", other)

    def __rmod__(self, other: Any) -> Any:
        return self.beside("%", other, turned=True)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __neg__(self) -> Any:
        return self.beside("-", 0, turned=True)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __ge__(self, other: Any) -> Any:
        return self.asked(">=", other)

    def __le__(self, other: Any) -> Any:
        return self.asked(">=", other, turned=True)

    def __gt__(self, other: Any) -> Any:
        return _not(self.asked(">=", other, turned=True))

    def __lt__(self, other: Any) -> Any:
        return _not(self.asked(">=", other))

    def __eq__(self, other: object) -> Any:
        return self.asked("==", other)

    def __ne__(self, other: object) -> Any:
        return _not(self.asked("==", other))

    def __bool__(self) -> bool:
        return bool(self != 0)

    @abstractmethod
    def __hash__(self) -> int: ...


def _not(answer: Any) -> Any:
    return answer if answer is NotImplemented else not answer
