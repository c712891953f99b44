"""The command line as a whole: exit codes, JSON, help, colour, closed pipes, words for what is mistyped."""

from __future__ import annotations

import argparse
import json
import os
import pty
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, run, surroundings, towpath, tree, write
from towpath.cli.main import COMMANDS, main, parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# With it a synth that starts Node fails.
NO_NODE = {"JSII_NODE": "/bin/false"}
_RED = "\x1b[31m"


def _commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = [each for each in parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(action.choices)


def _options() -> Iterator[tuple[str, argparse.Action]]:
    for name, command in _commands().items():
        for action in command._actions:
            if action.help != argparse.SUPPRESS:
                yield name, action


@pytest.mark.parametrize("name", [module.NAME for module in COMMANDS])
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself, with examples that begin with its own name."""
    command = _commands()[name]
    text = command.format_help()
    assert "\nexamples:\n" in text
    examples = text.partition("\nexamples:\n")[2].splitlines()
    assert any(f"towpath {name}" in line for line in examples)
    assert command.description
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == text


def test_every_option_has_a_help_text() -> None:
    """No option and no argument is left without a word."""
    assert not [f"{name} {action.dest}" for name, action in _options() if not action.help]


def test_every_command_takes_the_common_options() -> None:
    """--project, --format, --color and --debug work everywhere."""
    for command in _commands().values():
        options = {text for action in command._actions for text in action.option_strings}
        assert {"--project", "--format", "--color", "--debug", "--help"} <= options


def test_top_help_lists_commands_and_exit_codes() -> None:
    """`towpath --help` names every command and every exit code."""
    text = parser().format_help()
    for module in COMMANDS:
        assert f"    {module.NAME} " in text or f"    {module.NAME}\n" in text
    for code in ("  0  ", "  1  ", "  2  ", "  3  ", "  130  "):
        assert code in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], ["required: COMMAND"], id="no-command"),
        pytest.param(["snyth"], ["invalid choice: 'snyth'"], id="unknown-command"),
        pytest.param(["synth", "--environment"], ["expected one argument"], id="no-value"),
        pytest.param(["synth", "--environ", "production"], ["unrecognized arguments"], id="shortened-option"),
        pytest.param(["synth", "production"], ["unrecognized arguments: production"], id="stray-word"),
        pytest.param(["synth", "--jobs", "0"], ["`0` is no number of processes"], id="no-process"),
        pytest.param(
            ["synth", "--jobs", "-2"], ["`-2` is no number of processes"], id="less-than-no-process"
        ),
        pytest.param(["synth", "--jobs", "two"], ["`two` is no number of processes"], id="no-number"),
        pytest.param(
            ["pin", "development/shop", "web=:1", "--unresolvd"], ["--unresolvd"], id="mistyped-option"
        ),
        pytest.param(["verify", "--format", "yaml"], ["invalid choice: 'yaml'"], id="unknown-format"),
        pytest.param(
            ["synth", "-e", "prodction"],
            ["unknown environment `prodction`", "did you mean `production`?"],
            id="environment",
        ),
        pytest.param(
            ["relink", "-p", "shopp"], ["unknown platform `shopp`", "did you mean `shop`?"], id="platform"
        ),
        pytest.param(
            ["verify", "-e", "x", "-e", "y", "-p", "z"],
            ["unknown environment `x`", "unknown environment `y`", "unknown platform `z`", "one of shop"],
            id="several",
        ),
        pytest.param(
            ["synth", "-e", "рroduction\x1b[31m"],
            [r"unknown environment `\u0440roduction\x1b[31m`"],
            id="p14-letters-that-look-alike",
        ),
    ],
)
def test_usage(synthesized_shop: Path, arguments: list[str], words: list[str]) -> None:
    """A mistake on the command line exits with 2, in plain words, and changes nothing."""
    done = towpath(synthesized_shop, *arguments)
    assert (done.code, done.out) == (2, "")
    for word in words:
        assert word in done.err
    assert "\x1b" not in done.err


def test_no_project(tmp_path: Path, synthesized_shop: Path) -> None:
    """Outside of a project the command says so; --project names one, and a folder inside of one will not do."""
    outside = towpath(tmp_path, "verify")
    assert outside.code == 1
    assert f"error: there is no towpath.yaml in {tmp_path} or above it\n" in outside.err
    assert "name it with --project" in outside.err
    assert towpath(tmp_path, "verify", "--project", str(synthesized_shop)).code == 0
    assert towpath(tmp_path, "verify", "--project", os.path.relpath(synthesized_shop, tmp_path)).code == 0
    inside = towpath(tmp_path, "verify", "--project", str(synthesized_shop / "envs"))
    assert inside.code == 1
    assert "envs is not a project" in inside.err
    assert towpath(synthesized_shop / "envs/production", "verify").code == 0


_PROBLEM = {"file", "line", "column", "rule", "what", "expected", "remedy"}
_FINDING = {"rule", "severity", "file", "line", "column", "key", "path", "message", "remedy"}
_RENDERING = {"environment", "platform", "objects", "compiled", "write", "delete"}


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        pytest.param(
            ["synth"], {"written", "changed", "renderings", "removed", "foreign", "warnings"}, id="synth"
        ),
        pytest.param(["verify"], {"clean", "renderings", "findings"}, id="verify"),
        pytest.param(["relink"], {"changed", "write"}, id="relink"),
        pytest.param(
            ["pin", "production/shop", "redis=:7.4", "--unresolved", "--dry-run"],
            {"changed", "pins", "write"},
            id="pin",
        ),
    ],
)
def test_json(synthesized_shop: Path, arguments: list[str], keys: set[str]) -> None:
    """The result is one JSON document with these keys, plain ASCII, and nothing else is on standard output."""
    before = tree(synthesized_shop)
    done = towpath(synthesized_shop, *arguments, "--format", "json", env=NO_NODE)
    assert done.code == 0, done.err
    assert done.json.keys() == keys
    assert done.out.isascii()
    for each in done.json.get("findings", []) + done.json.get("warnings", []):
        assert each.keys() == _FINDING
    if arguments == ["synth"]:
        assert all(each.keys() == _RENDERING for each in done.json["renderings"])
    if arguments[0] == "pin":
        assert done.json["pins"]["redis"].keys() == {"repository", "tag", "digest", "platforms", "revision"}
    assert tree(synthesized_shop) == before


@pytest.mark.parametrize(
    ("spoil", "arguments", "code"),
    [
        pytest.param("", ["synth", "-e", "nowhere"], 2, id="usage"),
        pytest.param("envs/production/shop.yaml", ["synth"], 1, id="settings"),
        pytest.param("envs/production/shop.images.yaml", ["relink"], 1, id="pins"),
        pytest.param("towpath.yaml", ["verify"], 1, id="pipeline"),
        pytest.param("", ["pin", "production/shop", "wob=:1"], 1, id="pin"),
    ],
)
def test_json_of_refusals(shop: Path, spoil: str, arguments: list[str], code: int) -> None:
    """What is refused is a JSON document too: a list of problems with places."""
    if spoil:
        write(shop / spoil, "unknown: [\n")
    done = towpath(shop, *arguments, "--format", "json", env=NO_NODE)
    assert done.code == code
    assert done.json.keys() == {"problems"}
    assert done.json["problems"]
    for problem in done.json["problems"]:
        assert problem.keys() == _PROBLEM
        assert problem["rule"]
        assert (problem["file"], problem["line"] > 0) == ((spoil, True) if spoil else ("", False))


def _on_terminal(folder: Path, arguments: list[str], env: Mapping[str, str]) -> str:
    """Return what a command prints where both its streams are a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "towpath", *arguments],
        cwd=folder,
        env=surroundings({"TERM": "xterm", **env}),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    parts = []
    # Reading a terminal whose other end is closed is an error on Linux.
    try:
        while data := os.read(leader, 4096):
            parts.append(data)
    except OSError:
        pass
    os.close(leader)
    process.wait(timeout=60)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("options", "env", "coloured"),
    [
        pytest.param([], {}, True, id="terminal"),
        pytest.param([], {"NO_COLOR": "1"}, False, id="no-color"),
        pytest.param(["--color", "never"], {}, False, id="never"),
        pytest.param(["--color", "always"], {"NO_COLOR": "1"}, True, id="always"),
    ],
)
def test_colour_on_a_terminal(
    synthesized_shop: Path, options: list[str], env: Mapping[str, str], coloured: bool
) -> None:
    """A terminal gets colour, unless NO_COLOR or an option says otherwise."""
    text = _on_terminal(synthesized_shop, ["verify", "-e", "nowhere", *options], env)
    assert "unknown environment" in text
    assert (_RED in text) is coloured


@pytest.mark.parametrize(
    ("options", "coloured"),
    [pytest.param([], False, id="auto"), pytest.param(["--color", "always"], True, id="always")],
)
def test_colour_in_a_pipe(synthesized_shop: Path, options: list[str], coloured: bool) -> None:
    """A pipe or a file gets none."""
    done = towpath(synthesized_shop, "verify", "-e", "nowhere", *options)
    assert ("\x1b" in done.err) is coloured


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["verify"], id="result"),
        pytest.param(["verify", "--format", "json"], id="json"),
        pytest.param(["synth", "--format", "json", "-e", "nowhere"], id="refusal"),
        pytest.param(["synth", "--help"], id="help"),
        pytest.param(["completion", "bash"], id="completion"),
    ],
)
def test_reader_that_has_gone(synthesized_shop: Path, arguments: list[str]) -> None:
    """Where nobody reads on (`| head -1`), the command ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "towpath", *arguments],
        cwd=synthesized_shop,
        env=surroundings(NO_NODE),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(shop: Path, closed: str) -> None:
    """A command whose streams are closed does its work and says how by its exit code."""
    edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    command = f"exec '{sys.executable}' -m towpath synth {closed}"
    assert run(shop, ["sh", "-c", command], env=NO_NODE).code == 0
    assert towpath(shop, "verify").code == 0


def test_stream_that_lacks_characters(shop: Path) -> None:
    """A stream in ASCII shows other characters by their numbers."""
    write(shop / "dist/production/shop/grün.yaml", "a: 1\n")
    done = towpath(shop, "verify", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 1
    assert r"gr\xfcn.yaml" in done.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("environments: []\n", ["towpath.yaml:1:15", "no environments are named"], id="none"),
        pytest.param("", ["no environments are named"], id="empty-file"),
        pytest.param(
            "environments: [Production]\n",
            ["towpath.yaml:1:16", "`Production` cannot be"],
            id="p14-upper-case",
        ),
        pytest.param("environments: [prod, prod]\n", ["towpath.yaml:1:22", "named twice"], id="twice"),
        pytest.param("environments: [con]\n", ["towpath.yaml:1:16", "reserve it"], id="p14-device"),
        pytest.param("environments: [defaults]\n", ["Towpath uses it itself"], id="reserved"),
        pytest.param("environments: ['рrod']\n", [r"`\u0440rod`"], id="p14-look-alike"),
        pytest.param("environments: [../up]\n", ["towpath.yaml:1:16"], id="p15-path"),
        pytest.param(
            "enviroments: [a]\n",
            ["unknown key `enviroments`", "did you mean `environments`?"],
            id="mistyped-key",
        ),
        pytest.param(
            "environments: [a]\ntoken: abc\n",
            ["towpath.yaml:2:1", "`token` looks like a credential"],
            id="p11-credential",
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  password: hunter2\n",
            ["towpath.yaml:3:3", "looks like a credential"],
            id="p11-inner",
        ),
        pytest.param("environments: [a\n", ["towpath.yaml:"], id="no-yaml"),
        pytest.param("environments: [a]\nenvironments: [b]\n", ["towpath.yaml:2:1"], id="key-twice"),
        pytest.param("environments: *a\n", ["towpath.yaml:1:15"], id="alias"),
    ],
)
def test_malformed_pipeline(shop: Path, text: str, words: list[str]) -> None:
    """A malformed towpath.yaml is refused by every command, with its line and column; no value is shown."""
    write(shop / "towpath.yaml", text)
    before = tree(shop)
    for arguments in (["synth"], ["relink"]):
        done = towpath(shop, *arguments, env=NO_NODE)
        assert (done.code, done.out) == (1, "")
        for word in words:
            assert word in done.err
        assert "hunter2" not in done.err
        assert "Traceback" not in done.err
    assert tree(shop) == before


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Shop.yaml", id="upper-case"),
        pytest.param("argocd.yaml", id="reserved"),
        pytest.param("ѕhop.yaml", id="p14-look-alike"),
    ],
)
def test_name_of_a_platform(shop: Path, name: str) -> None:
    """A settings file whose name can be no platform's is refused with its path."""
    write(shop / "envs/production" / name, "{}\n")
    done = towpath(shop, "synth", env=NO_NODE)
    assert done.code == 1
    assert "cannot be the name of a platform" in done.err
    assert "rename the file" in done.err


def test_bug(shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody foresaw exits with 3 and asks for a report; --debug shows where it happened."""

    def fails(*_: object) -> int:
        raise ZeroDivisionError("by nobody")

    monkeypatch.chdir(shop)
    monkeypatch.setattr("towpath.cli.relink.run", fails)
    assert main(["relink"]) == 3
    assert "this is a bug in Towpath: ZeroDivisionError: by nobody" in capsys.readouterr().err
    assert main(["relink", "--format", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["problems"][0]["rule"] == "bug"
    with pytest.raises(ZeroDivisionError):
        main(["relink", "--debug"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(synthesized_shop: Path, shell: str) -> None:
    """The completion script names every command; the shell that is here can read it."""
    done = towpath(synthesized_shop, "completion", shell)
    assert done.code == 0
    assert all(module.NAME in done.out for module in COMMANDS)
    if shutil.which(shell):
        read = subprocess.run([shell, "-n"], input=done.out, capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        pytest.param(["synth", "--check"], True, id="synth"),
        pytest.param(["relink", "--check"], True, id="relink"),
        pytest.param(["verify"], True, id="verify"),
        pytest.param(["synth", "--check"], False, id="synth-unchanged"),
        pytest.param(["relink", "--check"], False, id="relink-unchanged"),
    ],
)
def test_check(shop: Path, arguments: list[str], change: bool) -> None:
    """A check exits with 1 where there is something to do and with 0 where there is not; it writes nothing."""
    if change:
        edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*") if "cache" not in path.parts}
    assert towpath(shop, *arguments, env=NO_NODE).code == int(change)
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*") if "cache" not in path.parts} == before


@pytest.mark.parametrize("command", ["synth", "relink"])
def test_twice(shop: Path, command: str) -> None:
    """A command that has done its work finds nothing to do the second time."""
    edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    first = towpath(shop, command, "--format", "json", env=NO_NODE)
    assert (first.code, first.json["changed"]) == (0, True), first.err
    before = tree(shop)
    second = towpath(shop, command, "--format", "json", env=NO_NODE)
    assert (second.code, second.json["changed"]) == (0, False)
    assert tree(shop) == before


def test_both_streams_in_one_log_stand_in_order(shop: Path) -> None:
    """What is said about the work stands between the lines of the result where it was said, also in a pipe."""
    write(shop / "dist/production/shop/notes.txt", "a person's\n")
    done = subprocess.run(
        [sys.executable, "-m", "towpath", "synth"],
        cwd=shop,
        env=surroundings(NO_NODE),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
        text=True,
    )
    first, said, last = (
        done.stdout.index(each) for each in ("production/shop ", "left alone: ", " in 4 renderings")
    )
    assert first < said < last
