"""Mistakes in several layers, in unions, in defaults, and in keys."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Discriminator, Field, model_validator

from tests.settings.sample import Bundled, External, Shop, layers, load
from towpath.errors import TowpathError
from towpath.settings.fields import EnvName, SecretRef
from towpath.settings.layers import load_settings, read_layer
from towpath.settings.messages import dotted
from towpath.settings.model import SettingsModel, misfit

DOMAIN = "domain: a.example\n"


def _refusal(*texts: str, model: type[SettingsModel] = Shop) -> str:
    with pytest.raises(TowpathError) as caught:
        load_settings(model, layers(*texts))
    return str(caught.value)


def test_all_layers_at_once() -> None:
    """Mistakes of every layer are told in one go, also in values that a higher layer overrides."""
    text = _refusal(
        "log_level: loud\nbackend:\n  replicas: 0\n  imgae: x\n",
        "log_level: debug\nbackend:\n  port: 0\n",
    )
    assert [line for line in text.splitlines() if not line.startswith(" ")] == [
        "defaults.yaml:1:12: log_level is 'loud'",
        "defaults.yaml:3:13: backend.replicas is 0",
        "defaults.yaml:4:3: backend.imgae is not a setting",
        "production.yaml:1:1: domain is missing",
        "production.yaml:3:9: backend.port is 0",
    ]


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        pytest.param(
            "database: {mode: external, host: h}", DOMAIN + "database: {password: a#b}", id="missing-below"
        ),
        pytest.param(
            "backend: {resources: {requests: {cpu: 2}, limits: {cpu: 1}}}",
            DOMAIN + "backend: {resources: {limits: {cpu: 3}}}",
            id="misfit-below",
        ),
        pytest.param(
            "backend: {resources: {requests: {cpu: 2}, limits: {cpu: 1}}}",
            DOMAIN + "backend: {resources: {requests: {cpu: 1}}}",
            id="misfit-in-what-changes",
        ),
        pytest.param(
            "database: {mode: external, password: a#b}",
            DOMAIN + "database: {host: h}",
            id="key-of-the-choice-below",
        ),
    ],
)
def test_a_lower_layer_may_be_incomplete(lower: str, higher: str) -> None:
    """What is missing in a lower layer, or does not fit together there, may be mended above."""
    load(lower, higher)


def test_a_mistake_in_what_another_choice_dropped() -> None:
    """Settings of a model that is not chosen in the end are still checked as that model's."""
    text = _refusal("database: {mode: external, hots: h}", DOMAIN + "database: {mode: bundled, size: 1Gi}\n")
    assert text == (
        "defaults.yaml:1:28: database.hots is not a setting\n"
        "  expected: one of mode, host, password\n"
        "  to do: did you mean 'host'?"
    )


def test_missing_names_the_place_in_the_environment() -> None:
    """What is missing belongs into the mapping of the environment's file, if it has one, or into the file."""
    remedy = "to do: add it to production.yaml or defaults.yaml"
    lower = "database: {mode: external, host: h}\n"
    assert _refusal(lower, DOMAIN).startswith("production.yaml:1:1: database.password is missing")
    inside = _refusal(lower, DOMAIN + "database:\n  host: i\n")
    assert inside.startswith("production.yaml:3:3: database.password is missing")
    assert inside.endswith(remedy)
    assert _refusal(lower + "domain: a.example", "").startswith(
        "production.yaml: database.password is missing"
    )


def test_what_is_wrong_in_a_list_is_where_the_list_is() -> None:
    """A list belongs to one layer as a whole, so what one of its elements lacks is missing there."""
    text = _refusal("copies:\n- target: https://b.example\n", DOMAIN)
    assert text.startswith("defaults.yaml:2:3: copies[0].every is missing")


def test_a_misfit_is_where_the_value_is() -> None:
    """Values of two layers that do not fit together are told where the value to change stands."""
    text = _refusal(
        "backend: {resources: {requests: {cpu: 2}}}", DOMAIN + "backend: {resources: {limits: {cpu: 1}}}"
    )
    assert text.startswith(
        "defaults.yaml:1:39: backend.resources.requests.cpu is 2, more than the limit of 1"
    )


def test_parts_of_secrets_are_not_shown() -> None:
    """A value below a name that speaks of secrets stays out of the message, whatever its own name is."""

    class Logins(SettingsModel):
        smtp: SecretRef

    class Model(SettingsModel):
        passwords: Logins

    text = _refusal("passwords: {smtp: hunter2}", model=Model)
    assert text.startswith("production.yaml:1:19: passwords.smtp does not fit (its value is not shown")
    assert "hunter2" not in text


def test_a_plaintext_secret_that_is_overridden_is_refused() -> None:
    """A secret in any layer is in Git, whether it counts or not."""
    text = _refusal(
        "backend: {env: {SMTP_PASSWORD: hunter2}}\ncolour: redis://:hunter2@cache\n",
        DOMAIN + "backend: {env: {SMTP_PASSWORD: null}}\ncolour: blue\n",
    )
    assert text.count("defaults.yaml") == 2
    assert "hunter2" not in text


@pytest.mark.parametrize("value", ['""', "null"])
def test_an_empty_variable_is_no_secret(value: str) -> None:
    """A variable that is named like a secret may be empty."""
    load(DOMAIN + f"backend: {{env: {{SMTP_PASSWORD: {value}}}}}")


def test_a_mapping_of_references_may_name_secrets() -> None:
    """Where values are references, names may say so."""

    class Model(SettingsModel):
        env: Mapping[EnvName, SecretRef]

    assert load_settings(Model, layers("env: {JWT_SECRET: a#b}")).value.env[EnvName("JWT_SECRET")].key == "a"


class _Required(SettingsModel):
    choice: Annotated[Bundled | External, Field(discriminator="mode")]


class _RequiredOtherwise(SettingsModel):
    choice: Annotated[Bundled | External, Discriminator("mode")]


@pytest.mark.parametrize("model", [_Required, _RequiredOtherwise], ids=["field", "discriminator"])
def test_a_choice_must_be_made(model: type[SettingsModel]) -> None:
    """Where nothing says which model is meant, that alone is told, and not what each of them lacks."""
    assert _refusal("choice: {host: h}", model=model) == (
        "production.yaml:1:9: choice.mode is missing\n"
        "  expected: 'bundled' or 'external'\n"
        "  to do: add it to production.yaml"
    )


class _Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class _Shapes(SettingsModel):
    pair: tuple[int, str] = (1, "a")
    several: tuple[int, ...] | bool | None = None
    level: _Level | int = 1
    levels: Mapping[_Level, Annotated[float, Field(gt=0, lt=1)]] = Field(default={})
    word: Annotated[str, Field(min_length=2, max_length=3, pattern="^a")] = "ab"
    few: Annotated[tuple[int, ...], Field(max_length=2)] = ()
    mark: Literal[1, "x"] = 1
    deep: tuple[Mapping[str, tuple[Bundled | int, ...]], ...] = ()
    even: Annotated[int, Field(multiple_of=2, le=10)] = 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "pair: [1, 2]",
            'pair[1] is 2|expected: text|to do: write it in quotes: "2"',
            id="element-of-a-pair",
        ),
        pytest.param(
            "pair: [1]", "pair[1] is missing|expected: text|to do: add it to production.yaml", id="short-pair"
        ),
        pytest.param(
            "pair: [1, a, 2]", "pair is a list|expected: a list of 2: a whole number, text", id="long-pair"
        ),
        pytest.param(
            "several: [x]", "several[0] is 'x'|expected: a whole number", id="union-of-list-and-scalar"
        ),
        pytest.param(
            "several: x",
            "several is 'x'|expected: a list, each element a whole number or true or false",
            id="union-as-a-whole",
        ),
        pytest.param(
            "level: hihg",
            "level is 'hihg'|expected: 'low' or 'high' or a whole number|to do: did you mean 'high'?",
            id="union-with-words",
        ),
        pytest.param(
            "levels: {lwo: 0.5}",
            "levels.lwo has a name that does not fit|expected: 'low' or 'high'|to do: did you mean 'low'?",
            id="key",
        ),
        pytest.param("levels: {low: 1}", "levels.low is 1|expected: a number above 0 below 1", id="value"),
        pytest.param(
            "word: bbbb",
            "word is 'bbbb'|expected: text of at least 2 characters of at most 3 characters that matches ^a",
            id="text-bounds",
        ),
        pytest.param(
            "few: [1, 2, 3]",
            "few is a list|expected: a list of at most 2 elements, each element a whole number",
            id="list-bounds",
        ),
        pytest.param("mark: z", "mark is 'z'|expected: '1' or 'x'", id="literal"),
        pytest.param(
            "deep: [{a: [{size: 5X}]}]",
            "deep[0].a[0].size is '5X'|expected: a Kubernetes quantity, such as 250m or 512Mi",
            id="deep-in-a-union",
        ),
        pytest.param(
            "even: 3", "even is 3|expected: a whole number of at most 10 that is a multiple of 2", id="step"
        ),
        pytest.param(
            'word: "a\\nb\\u0007c"',
            "word is 'a\\nb\\x07c'|expected: text of at least 2 characters of at most 3 "
            "characters that matches ^a",
            id="control-characters",
        ),
    ],
)
def test_shapes(text: str, message: str) -> None:
    """One mistake of any shape is one message, without the noise of the union's other members."""
    place, _, rest = _refusal(text, model=_Shapes).partition(": ")
    assert place.startswith("production.yaml:1:")
    assert rest.replace("\n  ", "|") == message


def test_long_values_are_cut() -> None:
    """A message quotes no more than the beginning of a long value."""
    text = _refusal(f"word: {'x' * 500}", model=_Shapes)
    assert f"'{'x' * 60}...'" in text
    assert "x" * 61 not in text


def test_a_default_that_does_not_fit() -> None:
    """A wrong default in the class is told as the class's mistake, not as the file's."""

    class Model(SettingsModel):
        size: Annotated[int, Field(le=3)] = 4

    assert _refusal("", model=Model) == (
        "the model's own default for size does not fit\n"
        "  expected: a whole number of at most 3\n"
        "  to do: correct the default in the settings class"
    )


class _Whole(SettingsModel):
    number: int = 1
    inner: Bundled = Bundled()

    @model_validator(mode="after")
    def _check(self) -> _Whole:
        if self.number == 2:
            raise ValueError("two is too much")
        if self.number == 3:
            raise misfit("is {strange}")
        if self.number == 4:
            raise misfit("is small", "inner", "size")
        return self


@pytest.mark.parametrize(
    ("number", "message"),
    [
        pytest.param(2, "production.yaml:1:1: two is too much", id="error-of-their-own"),
        pytest.param(3, "production.yaml:1:1: the file as a whole is {strange}", id="misfit-of-the-whole"),
        pytest.param(4, "production.yaml:1:1: inner.size is small", id="misfit-of-a-default"),
    ],
)
def test_what_does_not_fit_together(number: int, message: str) -> None:
    """A validator of the whole model speaks of the whole file, or of the value it names."""
    assert _refusal(f"number: {number}", model=_Whole) == message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(("a", "b_c", "d-e"), "a.b_c.d-e", id="names"),
        pytest.param(("a", 0, "b", 1), "a[0].b[1]", id="elements"),
        pytest.param(("a", "x.y/z"), 'a["x.y/z"]', id="strange-key"),
        pytest.param((), "", id="root"),
    ],
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    """Paths read as people write them."""
    assert dotted(path) == text


def test_no_values_of_other_problems() -> None:
    """The JSON form of a problem has the same words, a rule for machines, and the place."""
    with pytest.raises(TowpathError) as caught:
        load_settings(Shop, [read_layer("x", "x.yaml", b"domain: A.example")])
    problem: dict[str, Any] = caught.value.problems[0].to_json()
    assert problem == {
        "file": "x.yaml",
        "line": 1,
        "column": 9,
        "rule": "settings.value",
        "what": "domain is 'A.example': it has upper-case letters",
        "expected": "a host name in lower case, such as app.example.com",
        "remedy": "",
    }
