"""The base of the field's own types: text with a grammar, an expectation to quote, and an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


class FieldError(ValueError):
    """A value that does not fit its type.

    `fault` says what exactly is wrong and never quotes the value, which may be a secret. It may be empty.
    """

    def __init__(self, kind: str, expected: str, fault: str = "") -> None:
        self.expected = expected
        self.fault = fault
        super().__init__(f"not a {kind}{': ' + fault if fault else ''} (expected {expected})")


class Text(str):
    """Text of a checked form. It is a `str`, so that it stands in a manifest as it is.

    A subclass states `expected` and `examples` and implements `_fault`. Two values are equal where their
    texts are.
    """

    __slots__ = ()

    expected: ClassVar[str] = "text"
    """What a message says was expected, with an article and without the examples."""
    examples: ClassVar[tuple[str, ...]] = ()
    longest: ClassVar[int] = 2048
    """The most characters, so that no pattern or number here can be made to take long."""

    def __new__(cls, text: str) -> Self:
        """Return `text` as this type; raise `FieldError` where it has another form."""
        if len(text) > cls.longest:
            raise FieldError(cls.__name__, cls.expectation(), f"it is longer than {cls.longest} characters")
        fault = cls._fault(text)
        if fault is not None:
            raise FieldError(cls.__name__, cls.expectation(), fault)
        return super().__new__(cls, text)

    @classmethod
    def _fault(cls, text: str) -> str | None:
        """Return what is wrong with `text` without quoting it: "" for its form, None for nothing."""
        del text
        return None

    @classmethod
    def expectation(cls) -> str:
        """Return what was expected together with the examples."""
        return f"{cls.expected}, such as {' or '.join(cls.examples)}" if cls.examples else cls.expected

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the schema that pydantic validates with: strictly text, then this class."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strict=True))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON schema, with the expectation as its description."""
        found = handler(schema)
        found["description"] = cls.expectation()
        if cls.examples:
            found["examples"] = list(cls.examples)
        return found


@dataclass(frozen=True, slots=True)
class Expected:
    """Metadata of an `Annotated` type: what messages say was expected."""

    text: str
