"""What the help of the commands says, and which options exclude each other."""

import argparse

import pytest

from isingrg import cli, ising, mlrg
from isingrg._methods import PAPERS


def commands():
    subparsers = next(
        action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return subparsers.choices


@pytest.mark.parametrize("name", ["", *commands()])
def test_help_shows_choices_and_no_empty_defaults(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    parser = commands()[name] if name else cli.parser()
    text = parser.format_help()
    assert "None" not in text and "False" not in text and "[" + "0.44" not in text
    for action in parser._actions:
        if action.choices and not isinstance(action, argparse._SubParsersAction):
            assert "{" + ",".join(action.choices) + "}" in text
        if action.option_strings and action.default not in (None, False, argparse.SUPPRESS):
            assert "by default" in action.help or f"(default: {action.default})" in text


def test_options_with_few_values_have_choices():
    texts = {name: command.format_help() for name, command in commands().items()}
    assert all(algorithm in texts["sample"] for algorithm in ising._sampling.ALGORITHMS)
    assert "{hou-you,shen}" in texts["critical-point"]
    assert all(paper in texts["reproduce"] for paper in PAPERS)


@pytest.mark.parametrize("option", ["--moderator=flow", "--divergence=kl", "--transport=ode"])
def test_options_that_exclude_each_other(option, capsys):
    code = cli.main(["critical-point", "--published", "shen", option])
    name = option.partition("=")[0]
    assert code == 2
    assert f"--published and {name} exclude each other" in capsys.readouterr().err


def test_defaults_of_critical_point_are_those_of_its_help():
    text = " ".join(commands()["critical-point"].format_help().split())
    usual = mlrg.MLRG()._configuration
    for name in ("moderator", "divergence", "transport"):
        assert f"by default {getattr(usual, name)}" in text
