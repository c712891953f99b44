"""Files of settings that must be refused, named by the reason, with the exact messages beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.sample import Shop
from towpath.errors import TowpathError
from towpath.settings.cluster import Cluster
from towpath.settings.layers import load_settings, read_layer

FOLDER = Path(__file__).parent / "invalid"
REASONS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _refusal(reason: str) -> tuple[str, TowpathError]:
    """Return the rule that the file's comment names, and the error that it gives."""
    data = (FOLDER / f"{reason}.yaml").read_bytes()
    rule = data.decode().splitlines()[0].removeprefix("# ").partition(":")[0]
    model = Cluster if reason.startswith("cluster") else Shop
    with pytest.raises(TowpathError) as caught:
        load_settings(model, [read_layer("production", f"{reason}.yaml", data)])
    return rule, caught.value


@pytest.mark.parametrize("reason", REASONS)
def test_messages(reason: str) -> None:
    """Every mistake of the file is told in these words, all at once and in the order of the file."""
    rule, error = _refusal(reason)
    assert f"{error}\n" == (FOLDER / f"{reason}.txt").read_text(encoding="utf-8")
    assert list(error.problems) == sorted(error.problems)
    assert rule in {problem.rule for problem in error.problems}


@pytest.mark.parametrize("reason", REASONS)
def test_no_secret_is_shown(reason: str) -> None:
    """Nothing of what the files call a secret is in a message, however it is asked for."""
    _, error = _refusal(reason)
    texts = [str(error), repr(error), *(str(problem.to_json()) for problem in error.problems)]
    assert "hunter2" not in "".join(texts)
    # pydantic's own error quotes values; nothing may lead a traceback to it.
    assert error.__cause__ is None
    assert error.__context__ is None


def test_every_message_has_its_file() -> None:
    """No expectation is left over from a file that is gone."""
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == REASONS
