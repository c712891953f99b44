"""What a diff never shows, and that a change of it is seen all the same."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diff.examples import manifest
from towpath.diff.hiding import hidden, hidden_text

CANARY = "c4nary-hunter2"
ENCODED = base64.b64encode(CANARY.encode()).decode()
OTHER = base64.b64encode(b"other").decode()
TOKEN = "ghp_" + "aB3" * 12
LOGIN = f"postgres://shop:{CANARY}@db:5432/shop"
KEY = f"-----BEGIN PRIVATE KEY-----\n{ENCODED}\n{ENCODED}\n-----END PRIVATE KEY-----\n"


def secret(**fields: Any) -> dict[str, Any]:
    """Return a Secret as data."""
    return manifest("Secret", "login", **fields)


def shown(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Any, Any]:
    """Return both sides as they are shown, after a look that nothing of the canary is in them."""
    sides = hidden(before, after)
    text = json.dumps(sides)
    for form in (CANARY, ENCODED, TOKEN, base64.b64encode(TOKEN.encode()).decode()):
        assert form not in text
    return sides


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        pytest.param(
            {"data": {"a": ENCODED}},
            {"data": {"a": OTHER}},
            {"data": {"a": 1}},
            {"data": {"a": 2}},
            id="changed",
        ),
        pytest.param(
            {"data": {"a": ENCODED}},
            {"stringData": {"a": CANARY}},
            {"data": {"a": 1}},
            {"stringData": {"a": 1}},
            id="moved-to-stringData",
        ),
        pytest.param(
            {"data": {"a": ENCODED}},
            {"data": {"a": f"{ENCODED[:8]}\n{ENCODED[8:]}"}},
            {"data": {"a": 1}},
            {"data": {"a": "HIDDEN (value 1, written in form 2)"}},
            id="wrapped-again",
        ),
        pytest.param(
            {"stringData": {"a": CANARY}},
            {"stringData": {}},
            {"stringData": {"a": 1}},
            {"stringData": {}},
            id="removed",
        ),
        pytest.param(
            {"stringData": {"a": CANARY, "b": "x"}},
            {"stringData": {"a": "x", "b": CANARY}},
            {"stringData": {"a": 1, "b": 1}},
            {"stringData": {"a": 2, "b": 2}},
            id="exchanged",
        ),
        pytest.param(
            {"stringData": {"a": 1}},
            {"stringData": {"a": "1"}},
            {"stringData": {"a": 1}},
            {"stringData": {"a": "HIDDEN (value 1, written in form 2)"}},
            id="e79-invalid",
        ),
        pytest.param(
            {"data": {"a": "not base64!"}},
            {"data": {"a": "nor this"}},
            {"data": {"a": 1}},
            {"data": {"a": 2}},
            id="no-base64",
        ),
        pytest.param({"data": [CANARY]}, {"data": CANARY}, {"data": 1}, {"data": 2}, id="no-mapping"),
        pytest.param({"dta": {"a": CANARY}}, {}, {"dta": {"a": 1}}, {}, id="misspelt-field"),
        pytest.param({"dta": CANARY}, {"dta": "x"}, {"dta": 1}, {"dta": 2}, id="misspelt-text"),
        pytest.param(
            {"type": "Opaque", "immutable": True},
            {"type": "kubernetes.io/tls"},
            {"type": "Opaque", "immutable": True},
            {"type": "kubernetes.io/tls"},
            id="open-fields",
        ),
    ],
)
def test_c42_values_of_secrets(
    before: dict[str, Any], after: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> None:
    """No value of a Secret is shown; equal values have equal numbers, other values other ones."""

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        return f"HIDDEN (value {value})" if type(value) is int else value

    found = shown(secret(**before), secret(**after))
    assert found == (secret(**marked(old)), secret(**marked(new)))


def test_c42_a_copy_of_the_object_in_an_annotation_is_hidden() -> None:
    """`kubectl apply` leaves the whole object in an annotation."""
    name = "kubectl.kubernetes.io/last-applied-configuration"
    before = secret(data={"a": ENCODED})
    before["metadata"] |= {"annotations": {name: json.dumps(secret(data={"a": ENCODED})), "note": "kept"}}
    found, _ = shown(before, None)
    assert found["metadata"]["annotations"] == {name: "HIDDEN (a copy of an object, value 1)", "note": "kept"}


def test_c42_a_secret_inside_of_another_object_is_one() -> None:
    """Some operators take whole manifests."""
    outer = manifest("Object", "wrapped", spec={"manifests": [secret(data={"a": ENCODED})]})
    found, _ = shown(outer, None)
    assert found["spec"]["manifests"][0]["data"] == {"a": "HIDDEN (value 1)"}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        pytest.param({"url": LOGIN}, "HIDDEN (a URL with a password, value 1)", id="url"),
        pytest.param({"args": [f"--password={CANARY}"]}, ["HIDDEN (a password, value 1)"], id="argument"),
        pytest.param({"token": f"x {TOKEN} y"}, "HIDDEN (a GitHub token, value 1)", id="token-in-text"),
        pytest.param(
            {"file": f"a: b\nurl: {LOGIN}\nc: d\n"},
            "a: b\nHIDDEN (a URL with a password, value 1)\nc: d\n",
            id="line",
        ),
        pytest.param({"file": f"x\n{KEY}y\n"}, "HIDDEN (a private key, value 1)", id="key-over-many-lines"),
        pytest.param(
            {"url": "postgres://shop:$(PASSWORD)@db"}, "postgres://shop:$(PASSWORD)@db", id="placeholder"
        ),
    ],
)
def test_c43_what_looks_like_a_credential(spec: dict[str, Any], path: Any) -> None:
    """A credential is hidden wherever it stands, and no more around it than its line."""
    found, _ = shown(manifest("Widget", "w", spec=spec), None)
    assert next(iter(found["spec"].values())) == path


@pytest.mark.parametrize(
    ("name", "value", "is_hidden"),
    [
        pytest.param("DB_PASSWORD", CANARY, True, id="password"),
        pytest.param("JWT_SIGNING_KEY", CANARY, True, id="key"),
        pytest.param("DB_PASSWORD", "$(OTHER)", False, id="reference"),
        pytest.param("DB_PASSWORD", "", False, id="empty"),
        pytest.param("DB_PASSWORD_FILE", "/run/password", False, id="file"),
        pytest.param("REQUIRE_PASSWORD", "true", False, id="switch"),
        pytest.param("LOG_LEVEL", "info", False, id="ordinary"),
    ],
)
def test_c43_what_is_a_secret_by_its_name(name: str, value: str, is_hidden: bool) -> None:
    """A literal value of a variable, an entry or an annotation whose name says that it is secret is hidden."""
    container = {"name": "app", "env": [{"name": name, "value": value}]}
    objects = [
        manifest("Deployment", "app", spec={"containers": [container]}),
        manifest("ConfigMap", "app", data={name: value}),
    ]
    for each in objects:
        found, _ = hidden(each, None)
        assert ("HIDDEN (a secret by its name, value 1)" in json.dumps(found)) == is_hidden
        assert is_hidden or found == each


def test_references_to_secrets_stay_readable() -> None:
    """Names and keys of Secrets are no values."""
    reference = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}
    data = [{"secretKey": "password", "remoteRef": {"key": "shop/db", "property": "password"}}]
    for each in (
        manifest("Deployment", "app", spec={"env": [reference], "imagePullSecrets": [{"name": "pull"}]}),
        manifest("ExternalSecret", "login", api="external-secrets.io/v1", spec={"data": data}),
    ):
        assert hidden(each, None) == (each, None)


def test_a_first_entry_that_goes_changes_no_number_of_the_others() -> None:
    """List entries are known by name, so that a hidden value that stays is no difference."""
    entries = [{"name": name, "value": f"{CANARY}-{name}"} for name in ("A_PASSWORD", "B_PASSWORD")]
    before, after = shown({"env": entries}, {"env": entries[1:]})
    assert before["env"][1] == after["env"][0]


def test_c39_a_long_line_is_cut_where_it_differs() -> None:
    """Of a line of 900 KB both sides show the place where they differ, and how long they are."""
    old = "".join(f'"k{n}": 1, ' for n in range(60_000))
    new = old.replace('"k30000": 1', '"k30000": 2')
    before, after = hidden(
        manifest("ConfigMap", "c", data={"a": old}), manifest("ConfigMap", "c", data={"a": new})
    )
    assert before is not None
    assert after is not None
    shown_old, shown_new = before["data"]["a"], after["data"]["a"]
    assert shown_old != shown_new
    assert '"k30000": 1' in shown_old
    assert '"k30000": 2' in shown_new
    assert max(len(shown_old), len(shown_new)) < 300
    assert f"{len(new)} characters" in shown_new


def test_a_long_line_that_moves_is_no_difference() -> None:
    """The same line is shown the same, whatever stands at its old place now."""
    long, other = "x" * 1000, "x" * 900 + "y" * 100
    before, after = hidden({"a": f"{long}\n{other}\n"}, {"a": f"{other}\n{long}\n"})
    assert before is not None
    assert after is not None
    assert sorted(before["a"].split("\n")) == sorted(after["a"].split("\n"))
    assert before != after


@pytest.mark.parametrize("place", [0, 900, 5000])
def test_c43_a_credential_in_a_long_line_is_not_shown(place: int) -> None:
    """Also where the difference is inside of the credential."""
    filler = "lorem ipsum " * 600
    lines = [f"{filler[:place]} {value} {filler[place:]}" for value in (TOKEN, TOKEN.replace("a", "x"))]
    before, after = shown({"a": lines[0]}, {"a": lines[1]})
    assert before["a"].startswith("HIDDEN (")
    assert before != after


def test_c43_the_inside_of_a_long_credential_is_not_shown() -> None:
    """The difference stands far behind the part by which a web token is known."""
    lines = [f"{'{'}{'x ' * 300}eyJ{'h' * 40}.eyJ{'p' * 900}.{end}" for end in (ENCODED, OTHER)]
    before, after = shown({"a": lines[0]}, {"a": lines[1]})
    assert before["a"].startswith("HIDDEN (")
    assert before != after


def test_a_key_in_a_long_line_is_not_shown_even_far_from_its_head() -> None:
    """The inside of a key is not to be told from other letters."""
    lines = [f"-----BEGIN PRIVATE KEY-----{'A' * 9000}{end}" for end in (ENCODED, OTHER)]
    before, after = shown({"a": lines[0]}, {"a": lines[1]})
    assert before["a"].startswith("HIDDEN (")
    assert before != after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"kind: Secret\ndata: [{ENCODED}\n", id="plain"),
        pytest.param(f"kind: &k Secret\ndata: [{ENCODED}\n", id="anchor"),
        pytest.param('{"kind": "Secret", "data": {' + ENCODED, id="json"),
        pytest.param(f"x: {KEY}", id="key"),
    ],
)
def test_c42_text_that_may_hold_a_secret_is_not_shown(text: str) -> None:
    """In text that cannot be read nobody can tell the values from the rest."""
    assert hidden_text("harmless", text) == hidden_text(text, "harmless") == ("", "")


def test_other_text_is_shown_without_credentials() -> None:
    """Text that is no manifest is shown by line."""
    before, after = hidden_text(f"a\nurl: {LOGIN}\n", "a\nb\n")
    assert (before, after) == ("a\nHIDDEN (a URL with a password, value 1)\n", "a\nb\n")


VALUES = st.recursive(
    st.sampled_from(["", CANARY, ENCODED, OTHER, LOGIN, TOKEN, "x" * 600, "y" * 600, "a\nb\n", "true"])
    | st.integers(0, 3)
    | st.booleans()
    | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "name", "value", "data", "stringData", "kind", "token"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    before=st.dictionaries(st.sampled_from(["data", "stringData", "spec", "type"]), VALUES, max_size=3),
    after=st.dictionaries(st.sampled_from(["data", "stringData", "spec", "type"]), VALUES, max_size=3),
    kind=st.sampled_from(["Secret", "ConfigMap", "Widget"]),
)
@settings(max_examples=80)
def test_e79_what_is_shown_differs_exactly_where_the_objects_do(
    before: dict[str, Any], after: dict[str, Any], kind: str
) -> None:
    """Two different objects never look the same, and one object never looks different from itself."""
    one, other = manifest(kind, "x", **before), manifest(kind, "x", **after)
    sides = hidden(one, other)
    assert (json.dumps(sides[0], sort_keys=True) == json.dumps(sides[1], sort_keys=True)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )
    assert TOKEN not in json.dumps(sides)
    assert LOGIN not in json.dumps(sides)
