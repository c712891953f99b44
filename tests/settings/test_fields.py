"""The field's own types: what each takes and refuses, in what words, and that no message quotes the value."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from towpath.settings import fields
from towpath.settings.cluster import GitRevision
from towpath.settings.fields import (
    CronSchedule,
    Duration,
    EmailAddress,
    EnvName,
    FieldError,
    HostName,
    ImageName,
    KubernetesVersion,
    ObjectName,
    PathPrefix,
    PercentOrCount,
    Port,
    Quantity,
    RepositoryUrl,
    SecretRef,
    Text,
    Url,
)
from towpath.settings.model import Positive

TEXTS = [
    CronSchedule,
    Duration,
    EmailAddress,
    EnvName,
    GitRevision,
    HostName,
    ImageName,
    KubernetesVersion,
    ObjectName,
    PathPrefix,
    Quantity,
    RepositoryUrl,
    SecretRef,
    Url,
]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(ImageName, "backend", id="image"),
        pytest.param(ImageName, "a", id="image-one-letter"),
        pytest.param(ImageName, "0-" + "x" * 61, id="image-63"),
        pytest.param(HostName, "localhost", id="host-one-label"),
        pytest.param(HostName, "a.b-c.example.com", id="host"),
        pytest.param(HostName, "1.example", id="host-digits"),
        pytest.param(HostName, ".".join(["x" * 63] * 3 + ["y" * 61]), id="host-253"),
        pytest.param(Url, "https://api.example.com/v1?x=1#top", id="url"),
        pytest.param(Url, "http://localhost:3000", id="url-port"),
        pytest.param(Url, "http://[::1]:3000/", id="url-ipv6"),
        pytest.param(Url, "mongodb://a:27017,b:27017/app?replicaSet=rs0", id="url-several-hosts"),
        pytest.param(Url, "postgresql://app@db/app", id="url-user"),
        pytest.param(Url, "mongodb+srv://cluster.example.com", id="url-srv"),
        pytest.param(RepositoryUrl, "git@github.com:example/x.git", id="repository-scp"),
        pytest.param(RepositoryUrl, "ssh://git@github.com/example/x.git", id="repository-ssh"),
        pytest.param(RepositoryUrl, "https://github.com/example/x", id="repository-https"),
        pytest.param(EmailAddress, "first.last+tag@example.com", id="email"),
        pytest.param(EmailAddress, "noreply@localhost", id="email-local"),
        pytest.param(EnvName, "_LOG_LEVEL2", id="variable"),
        pytest.param(PathPrefix, "", id="path-empty"),
        pytest.param(PathPrefix, "a/b.c/d_e", id="path"),
        pytest.param(SecretRef, "app#jwt-secret", id="secret"),
        pytest.param(SecretRef, "pms/staging/app#JWT.secret", id="secret-deep"),
        pytest.param(KubernetesVersion, "1.25", id="kubernetes-oldest"),
        pytest.param(KubernetesVersion, "1.37.12", id="kubernetes-newest"),
        pytest.param(GitRevision, "release/1.x", id="revision"),
    ],
)
def test_good(kind: type[Text], text: str) -> None:
    """The value is the text itself, of its type."""
    value = kind(text)
    assert value == text
    assert type(value) is kind
    assert json.dumps(value) == json.dumps(text)


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        pytest.param(ImageName, "", "", id="image-empty"),
        pytest.param(ImageName, "Backend", "", id="image-capital"),
        pytest.param(ImageName, "-x", "", id="image-hyphen"),
        pytest.param(ImageName, "x\n", "", id="image-newline"),
        pytest.param(ImageName, "٣", "", id="image-other-digit"),
        pytest.param(ImageName, "x" * 64, "it is longer than 63 characters", id="image-64"),
        pytest.param(ObjectName, "a.b", "", id="object-dot"),
        pytest.param(HostName, "", "", id="host-empty"),
        pytest.param(HostName, "https://x.example", "it has a scheme", id="host-scheme"),
        pytest.param(HostName, "x.example:80", "it has a port", id="host-port"),
        pytest.param(HostName, "x.example/y", "it has a path", id="host-path"),
        pytest.param(HostName, "*.example.com", "it is a wildcard", id="host-wildcard"),
        pytest.param(HostName, "x.example.", "it ends with a dot", id="host-dot"),
        pytest.param(HostName, "X.example", "it has upper-case letters", id="host-capital"),
        pytest.param(HostName, "10.0.0.1", "it is an address", id="host-address"),
        pytest.param(HostName, "x..example", "", id="host-empty-label"),
        pytest.param(HostName, "a_b.example", "", id="host-underscore"),
        pytest.param(HostName, "рrod.example", "", id="host-cyrillic"),
        pytest.param(HostName, "x" * 254, "it is longer than 253 characters", id="host-254"),
        pytest.param(Url, "", "its scheme is not one of these", id="url-empty"),
        pytest.param(Url, "example.com", "its scheme is not one of these", id="url-no-scheme"),
        pytest.param(Url, "HTTP://example.com", "its scheme is not one of these", id="url-capital-scheme"),
        pytest.param(Url, "file:///etc/passwd", "its scheme is not one of these", id="url-file"),
        pytest.param(Url, "https:///x", "it has no host", id="url-no-host"),
        pytest.param(Url, "https://a,b/", "it has several hosts", id="url-hosts"),
        pytest.param(Url, "https://a:0/", "its port is not between 1 and 65535", id="url-port-zero"),
        pytest.param(
            Url, "https://a:99999999999/", "its port is not between 1 and 65535", id="url-port-high"
        ),
        pytest.param(Url, "https://a:/", "its port is not between 1 and 65535", id="url-port-empty"),
        pytest.param(Url, "https://ex ample.com", "", id="url-space"),
        pytest.param(Url, "https://example.com\\@evil", "", id="url-backslash"),
        pytest.param(Url, "https://[::1", "", id="url-bracket"),
        pytest.param(Url, "https://еxample.com", "its host is malformed", id="url-cyrillic"),
        pytest.param(Url, "https://token@example.com", "it holds a URL with a login", id="url-login"),
        pytest.param(Url, "redis://:hunter2@cache", "it holds a URL with a password", id="url-password"),
        pytest.param(Url, "redis://:$(PASSWORD)@cache", "it holds a password", id="url-placeholder"),
        pytest.param(Url, "https://x.example?token=hunter2", "it holds a password", id="url-parameter"),
        pytest.param(RepositoryUrl, "github.com/x/y", "", id="repository-no-scheme"),
        pytest.param(RepositoryUrl, "https://github.com/", "it has no path", id="repository-no-path"),
        pytest.param(RepositoryUrl, "file:///srv/x", "", id="repository-file"),
        pytest.param(RepositoryUrl, "git@host:x --upload-pack=y", "", id="repository-option"),
        pytest.param(
            RepositoryUrl, "ssh://u:hunter2@h/x", "it holds a URL with a password", id="repository-password"
        ),
        pytest.param(RepositoryUrl, "ssh://u:$(P)@h/x", "it holds a password", id="repository-placeholder"),
        pytest.param(EmailAddress, "nobody", "it has no @", id="email-no-at"),
        pytest.param(EmailAddress, "a b@example.com", "the part before the @ is malformed", id="email-space"),
        pytest.param(
            EmailAddress, "A <a@example.com>", "the part before the @ is malformed", id="email-name"
        ),
        pytest.param(EmailAddress, "a@exa_mple", "its domain is malformed", id="email-domain"),
        pytest.param(EmailAddress, "a@b\n", "its domain is malformed", id="email-newline"),
        pytest.param(EnvName, "2FA", "", id="variable-digit"),
        pytest.param(EnvName, "LOG-LEVEL", "", id="variable-hyphen"),
        pytest.param(PathPrefix, "/a", "it starts or ends with a slash", id="path-absolute"),
        pytest.param(PathPrefix, "a/", "it starts or ends with a slash", id="path-slash"),
        pytest.param(PathPrefix, "a/../b", "it has a part that is . or ..", id="path-climbs"),
        pytest.param(PathPrefix, "a//b", "", id="path-empty-part"),
        pytest.param(SecretRef, "hunter2", "it has no #", id="secret-plain"),
        pytest.param(SecretRef, "#x", "its key is malformed", id="secret-no-key"),
        pytest.param(SecretRef, "a/../b#x", "its key is malformed", id="secret-climbs"),
        pytest.param(SecretRef, "a#", "its property is malformed", id="secret-no-property"),
        pytest.param(SecretRef, "a#b#c", "its property is malformed", id="secret-two"),
        pytest.param(SecretRef, "ghp_" + "a1" * 18, "it is a credential itself", id="secret-token"),
        pytest.param(KubernetesVersion, "v1.33", "it starts with a v", id="kubernetes-v"),
        pytest.param(KubernetesVersion, "1.24", "it is older than 1.25", id="kubernetes-old"),
        pytest.param(KubernetesVersion, "1.38.0", "it is newer than 1.37", id="kubernetes-new"),
        pytest.param(KubernetesVersion, "1.033", "", id="kubernetes-zero"),
        pytest.param(GitRevision, "--upload-pack=x", "", id="revision-option"),
        pytest.param(GitRevision, "a..b", "", id="revision-range"),
        pytest.param(GitRevision, "main~1", "", id="revision-relative"),
        pytest.param(GitRevision, "", "", id="revision-empty"),
    ],
)
def test_bad(kind: type[Text], text: str, fault: str) -> None:
    """The message says exactly what is wrong and what was expected, and does not quote the value."""
    with pytest.raises(FieldError) as caught:
        kind(text)
    assert caught.value.fault == fault
    assert caught.value.expected == kind.expectation()
    assert len(text) < 4 or text not in str(caught.value).replace(kind.expectation(), "")


@pytest.mark.parametrize("kind", TEXTS, ids=lambda kind: kind.__name__)
def test_text_types_keep_their_promises(kind: type[Text]) -> None:
    """Each has an expectation and an example that it takes; values can be copied and written as JSON."""
    assert kind.expected != Text.expected
    assert kind.examples
    assert kind.longest <= 2048
    adapter = TypeAdapter(kind)
    for example in kind.examples:
        value = adapter.validate_json(json.dumps(example), strict=True)
        assert type(value) is kind
        assert adapter.dump_python(value) == example
        assert json.loads(adapter.dump_json(value)) == example
        assert copy.deepcopy(value) == value
        assert type(pickle.loads(pickle.dumps(value))) is kind  # noqa: S301 -- made on this line
        assert eval(repr(value), {kind.__name__: kind}) == value  # noqa: S307 -- made on this line
    assert adapter.json_schema()["examples"] == list(kind.examples)


@pytest.mark.parametrize("name", fields.__all__)
def test_json_schemas_can_be_made(name: str) -> None:
    """A JSON schema can be made of every type for a field."""
    kind = getattr(fields, name)
    if kind not in (fields.Expected, FieldError, Text):
        assert TypeAdapter(kind).json_schema()


@pytest.mark.parametrize("kind", TEXTS, ids=lambda kind: kind.__name__)
@given(text=st.text(max_size=40))
def test_any_text_is_taken_or_refused(kind: type[Text], text: str) -> None:
    """Whatever the text, the answer is a value that equals it or a FieldError, and nothing else."""
    try:
        value = kind(text)
    except FieldError:
        return
    assert value == text
    assert text.isprintable()
    assert text.isascii()


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        pytest.param(Port, 1, True, id="port-least"),
        pytest.param(Port, 65535, True, id="port-most"),
        pytest.param(Port, 0, False, id="port-zero"),
        pytest.param(Port, 65536, False, id="port-high"),
        pytest.param(Port, "80", False, id="port-text"),
        pytest.param(Port, True, False, id="port-bool"),
        pytest.param(Positive, 1, True, id="positive-least"),
        pytest.param(Positive, 0, False, id="positive-zero"),
        pytest.param(Positive, 2**31, False, id="positive-high"),
        pytest.param(PercentOrCount, 0, True, id="count-zero"),
        pytest.param(PercentOrCount, 3, True, id="count"),
        pytest.param(PercentOrCount, "0%", True, id="percent-zero"),
        pytest.param(PercentOrCount, "100%", True, id="percent-most"),
        pytest.param(PercentOrCount, "101%", False, id="percent-high"),
        pytest.param(PercentOrCount, "05%", False, id="percent-leading-zero"),
        pytest.param(PercentOrCount, "5%\n", False, id="percent-newline"),
        pytest.param(PercentOrCount, "3", False, id="count-text"),
        pytest.param(PercentOrCount, -1, False, id="count-negative"),
        pytest.param(PercentOrCount, True, False, id="count-bool"),
        pytest.param(PercentOrCount, 2.0, False, id="count-float"),
    ],
)
def test_numbers(kind: Any, value: object, *, good: bool) -> None:
    """Numbers have bounds and stay plain; nothing is converted."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    if not good:
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(value), strict=True)
        return
    found = adapter.validate_json(json.dumps(value), strict=True)
    assert found == value
    assert type(found) is type(value)


def test_parts_of_a_url() -> None:
    """A URL says its scheme and its hosts."""
    url = Url("mongodb://app@a:27017,b:27018/app")
    assert (url.scheme, url.hosts) == ("mongodb", ("a:27017", "b:27018"))


def test_parts_of_a_secret_reference() -> None:
    """A reference says its key, with and without the environment's prefix, and its property."""
    reference = SecretRef("team/app#jwt")
    assert (reference.key, reference.property) == ("team/app", "jwt")
    assert reference.key_below("pms/staging") == "pms/staging/team/app"
    assert reference.key_below("") == "team/app"


def test_minor_of_a_version() -> None:
    """A Kubernetes version says its minor number, with or without a patch number."""
    assert [KubernetesVersion(text).minor for text in ("1.33", "1.29.4")] == [33, 29]
