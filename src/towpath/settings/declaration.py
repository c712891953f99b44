"""What a settings model may declare: no secret in plain text, nothing mutable, no alias."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import Discriminator

from towpath.errors import NOWHERE, Problem, TowpathError
from towpath.settings.fields import SecretRef
from towpath.settings.model import SettingsModel
from towpath.settings.secrets import holds_secret
from towpath.settings.shape import Shape, shape_of_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_MUTABLE = (list, set, frozenset)


@lru_cache(maxsize=256)
def check_model(model: type[SettingsModel]) -> None:
    """Check the class of settings and every class in it; raise `TowpathError` naming each class and field.

    A field that is named like a secret must be typed `SecretRef`, or be a model of which the same holds.
    """
    problems = [problem for each in _models(model) for problem in _problems(each)]
    if problems:
        raise TowpathError(problems)


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the model and those that its fields reach, each once."""
    found: list[type[BaseModel]] = [model]
    for each in found:
        for field in each.model_fields.values():
            for part in _parts(shape_of_field(field)):
                if part.model is not None and part.model not in found:
                    found.append(part.model)
    return found


def _parts(shape: Shape) -> Iterator[Shape]:
    """Yield the shape and what it is made of: members of unions, elements of lists, values of mappings."""
    yield shape
    inner = list(shape.choices)
    if shape.is_list:
        inner = [
            shape.element(index) for index, arg in enumerate(get_args(shape.type)) if arg is not Ellipsis
        ]
    elif shape.value:
        inner = [shape.value]
    for each in inner:
        yield from _parts(each)


def _problems(model: type[BaseModel]) -> Iterator[Problem]:
    where = f"in {model.__module__}"
    if not issubclass(model, SettingsModel):
        yield Problem(
            NOWHERE,
            f"{model.__name__} {where} is not a SettingsModel",
            expected="a class derived from towpath.settings.model.SettingsModel",
            remedy="derive it from SettingsModel, so that it is frozen, strict and closed",
            rule="settings.model",
        )
        return
    for name, field in model.model_fields.items():
        yield from _field_problems(f"{model.__name__}.{name} {where}", name, field)


def _field_problems(title: str, name: str, field: FieldInfo) -> Iterator[Problem]:
    parts = list(_parts(shape_of_field(field)))
    if holds_secret(name) and not all(map(_holds_no_text, parts)):
        yield Problem(
            NOWHERE,
            f"{title} is named like a secret, but not typed as a reference to one",
            expected="the type SecretRef",
            remedy="type it SecretRef, or name it for what it holds, such as token_lifetime",
            rule="settings.secret-type",
        )
    if field.alias or field.validation_alias or field.serialization_alias:
        yield Problem(
            NOWHERE,
            f"{title} has an alias",
            expected="the field's own name as the key in YAML",
            remedy="remove the alias, or rename the field",
            rule="settings.model",
        )
    if any(_is_mutable(part.type) for part in parts):
        yield Problem(
            NOWHERE,
            f"{title} can be changed after it was loaded",
            expected="tuple[X, ...]",
            remedy="type it tuple[X, ...], which keeps the order that was written",
            rule="settings.model",
        )
    told_apart = [item for part in parts for item in part.metadata if isinstance(item, Discriminator)]
    if any(callable(item.discriminator) for item in told_apart):
        yield Problem(
            NOWHERE,
            f"{title} tells its members apart by a function",
            expected="Field(discriminator='<field>')",
            remedy="give each member a Literal field of the same name, and name it as the discriminator",
            rule="settings.model",
        )


def _holds_no_text(shape: Shape) -> bool:
    """Return whether no secret fits in; what a shape is made of is asked for itself."""
    made_of_parts = shape.model or shape.choices or shape.is_list or shape.value
    # Whether credentials are sent is no credential: `cors_credentials`.
    return bool(made_of_parts) or shape.type in (SecretRef, bool) or shape.words == ("",)


def _is_mutable(annotation: Any) -> bool:
    return annotation in _MUTABLE or get_origin(annotation) in _MUTABLE
