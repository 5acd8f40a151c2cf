"""``keras-freeze-lint explain``: the pages of rules, and the list of all of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from keras_freeze_lint.cli.common import CLEAN
from keras_freeze_lint.pages import page
from keras_freeze_lint.reporters.json import render_document
from keras_freeze_lint.rules.base import Rule
from keras_freeze_lint.rules.registry import RULES


@click.command()
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def explain(rules: tuple[str, ...], form: str) -> int:
    """Print the page of each RULE: a code (KFL101), the beginning of codes (KFL1) or a name (trainable-after-compile).

    Without a RULE all rules are listed. A terminal gets the pages typeset, a pipe their Markdown.
    """
    chosen = list({rule.code: rule for name in rules for rule in _meant_by(name)}.values())
    if form == "json":
        click.echo(render_document({"version": 1, "rules": [_object(rule) for rule in chosen or RULES]}), nl=False)
    elif chosen:
        _print_pages(chosen)
    else:
        click.echo("".join(f"{rule.code}  {rule.name:<30}  {rule.summary}\n" for rule in RULES), nl=False)
    return CLEAN


def _meant_by(name: str) -> list[Rule]:
    """The rules that a user means. Raises UsageError, with the nearest code or name, if there are none."""
    found = [rule for rule in RULES if rule.name == name.lower() or (name and rule.code.startswith(name.upper()))]
    if found:
        return found
    # Only now: the import costs, and most users write what exists.
    import difflib

    known = [*(rule.name for rule in RULES), *(rule.code for rule in RULES)]
    near = difflib.get_close_matches(name.upper() if name[:3].upper() == "KFL" else name.lower(), known, 1)
    hint = f"did you mean {near[0]}?" if near else "`keras-freeze-lint explain` lists all rules"
    raise click.UsageError(f"unknown rule {name!r}; {hint}")


def _print_pages(rules: Sequence[Rule]) -> None:
    if not sys.stdout.isatty():
        click.echo("\n".join(page(rule.code) for rule in rules), nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    for rule in rules:
        console.print(Markdown(page(rule.code)))


def _object(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "severity": rule.severity.value,
        "default": rule.default,
        "page": page(rule.code),
    }
