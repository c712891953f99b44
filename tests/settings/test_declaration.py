"""What a settings class may not declare."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Discriminator, Field, Tag, create_model

from tests.settings.sample import Archive, Bundled, Shop
from towpath.errors import TowpathError
from towpath.settings.cluster import Cluster
from towpath.settings.declaration import check_model
from towpath.settings.fields import SecretRef
from towpath.settings.layers import load_settings
from towpath.settings.model import SettingsModel


def _model(name: str, kind: Any, default: Any = ...) -> type[SettingsModel]:
    fields: dict[str, Any] = {name: (kind, default)}
    return create_model("Model", __base__=SettingsModel, __module__="charts.x.settings", **fields)


UNTYPED = "is named like a secret, but not typed as a reference to one"


class _Foreign(BaseModel):
    number: int = 1


class _References(SettingsModel):
    jwt: SecretRef


class _Plain(SettingsModel):
    token: str


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(SecretRef, id="reference"),
        pytest.param(SecretRef | None, id="optional"),
        pytest.param(tuple[SecretRef, ...], id="list"),
        pytest.param(dict[str, SecretRef], id="mapping"),
        pytest.param(_References, id="model-of-references"),
        pytest.param(Literal[""], id="nothing-but-empty"),
        pytest.param(bool, id="yes-or-no"),
    ],
)
def test_references_to_secrets(kind: Any) -> None:
    """A field that is named like a secret may hold references."""
    check_model(_model("redis_password", kind))


@pytest.mark.parametrize(
    ("model", "what", "expected"),
    [
        pytest.param(
            _model("jwt_secret", str),
            f"Model.jwt_secret in charts.x.settings {UNTYPED}",
            "the type SecretRef",
            id="text",
        ),
        pytest.param(
            _model("tokens", tuple[str, ...]),
            f"Model.tokens in charts.x.settings {UNTYPED}",
            "the type SecretRef",
            id="list-of-text",
        ),
        pytest.param(
            _model("api_key", SecretRef | str),
            f"Model.api_key in charts.x.settings {UNTYPED}",
            "the type SecretRef",
            id="either",
        ),
        pytest.param(
            _model("parts", tuple[dict[str, _Plain | Archive], ...]),
            f"_Plain.token in {__name__} {UNTYPED}",
            "the type SecretRef",
            id="deep-inside",
        ),
        pytest.param(
            _model("hosts", list[str]),
            "Model.hosts in charts.x.settings can be changed after it was loaded",
            "tuple[X, ...]",
            id="list",
        ),
        pytest.param(
            _model("hosts", frozenset[str] | None),
            "Model.hosts in charts.x.settings can be changed after it was loaded",
            "tuple[X, ...]",
            id="set",
        ),
        pytest.param(
            _model("size", Annotated[int, Field(alias="Size")]),
            "Model.size in charts.x.settings has an alias",
            "the field's own name as the key in YAML",
            id="alias",
        ),
        pytest.param(
            _model("part", _Foreign),
            f"_Foreign in {__name__} is not a SettingsModel",
            "a class derived from towpath.settings.model.SettingsModel",
            id="plain-pydantic",
        ),
        pytest.param(
            _model(
                "part",
                Annotated[
                    Annotated[Bundled, Tag("a")] | Annotated[Archive, Tag("b")], Discriminator(lambda _: "a")
                ],
            ),
            "Model.part in charts.x.settings tells its members apart by a function",
            "Field(discriminator='<field>')",
            id="function",
        ),
    ],
)
def test_refused(model: type[SettingsModel], what: str, expected: str) -> None:
    """The message names the class and the field, when settings are loaded."""
    with pytest.raises(TowpathError) as caught:
        load_settings(model, [])
    (problem,) = caught.value.problems
    assert (problem.what, problem.expected) == (what, expected)
    assert problem.remedy


@pytest.mark.parametrize("model", [Shop, Cluster], ids=lambda model: model.__name__)
def test_our_own_models_are_good(model: type[SettingsModel]) -> None:
    """The models of the tests and of the library pass their own checks."""
    check_model(model)
