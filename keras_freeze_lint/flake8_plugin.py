"""The flake8 face. It is imported by every flake8 run, so it imports nothing heavy until a file needs it."""

from __future__ import annotations

import ast
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from keras_freeze_lint.prefilter import deserves_analysis
from keras_freeze_lint.selection import OWN_FAMILY
from keras_freeze_lint.settings import BACKENDS, Settings

if TYPE_CHECKING:
    from flake8.options.manager import OptionManager

# Known without asking the rules, whose import would cost every run of flake8 a tenth of a second; a test compares.
OFF_BY_DEFAULT = ("KFL900", "KFL901", "KFL902")


class Plugin:
    """Reports the findings of one file. flake8 selects among the codes, so here every rule is on."""

    settings: ClassVar[Settings] = Settings(select=("KFL",))

    def __init__(self, tree: ast.Module, lines: list[str], filename: str) -> None:
        self.tree = tree
        self.text = "".join(lines)
        self.filename = filename

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield line, column from 0, text and class of each finding; what cannot be analysed is silent."""
        if self.settings.prefilter and not deserves_analysis(self.text, bool(self.settings.upgrade_to)):
            return
        from keras_freeze_lint.linter import lint_source

        for finding in lint_source(self.text, self.filename, self.settings, self.tree).findings:
            location = finding.location
            yield location.line, location.column - 1, f"{finding.code} {finding.message}", type(self)

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Register the options, which may also stand in flake8's configuration file."""
        manager.extend_default_ignore(OFF_BY_DEFAULT)
        manager.add_option(
            "--kfl-keras",
            default="auto",
            parse_from_config=True,
            metavar="VERSION",
            help="the Keras to check for: 2.0.8, keras==2.2.4, tensorflow==2.15, auto or installed (default: auto)",
        )
        manager.add_option(
            "--kfl-upgrade-to",
            default="",
            parse_from_config=True,
            metavar="VERSION",
            help="another Keras: also report the training calls that do something else there",
        )
        manager.add_option(
            "--kfl-backend",
            default=BACKENDS[0],
            parse_from_config=True,
            metavar="NAME",
            help=f"the backend of Keras 3: {', '.join(BACKENDS)} (default: {BACKENDS[0]})",
        )
        manager.add_option(
            "--kfl-pedantic",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="also report what is wrong only perhaps, and the rules that are off by default",
        )
        manager.add_option(
            "--kfl-no-prefilter",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="also analyse files that never name Keras",
        )

    @classmethod
    def parse_options(cls, _manager: OptionManager, options: Namespace, _filenames: list[str]) -> None:
        """Keep the options for every file of the run. Raises flake8's ExecutionError for an impossible value."""
        asked = [*(options.select or ()), *(options.extend_select or ())]
        if options.kfl_pedantic:
            options.extended_default_ignore = [
                code
                for code in options.extended_default_ignore
                if code not in OFF_BY_DEFAULT or code.startswith(OWN_FAMILY)
            ]
        cls.settings = Settings(
            keras=options.kfl_keras,
            upgrade_to=options.kfl_upgrade_to,
            backend=options.kfl_backend,
            # KFL alone means Keras; of the tool itself only what is asked for by name.
            select=("KFL", *(prefix for prefix in asked if prefix.startswith(OWN_FAMILY))),
            pedantic=options.kfl_pedantic,
            prefilter=not options.kfl_no_prefilter,
            noqa=not options.disable_noqa,
        )
        if cls.settings.upgrade_to or (cls.settings.keras, cls.settings.backend) != (Settings.keras, Settings.backend):
            _check_target(cls.settings)


def _check_target(settings: Settings) -> None:
    from flake8.exceptions import ExecutionError

    from keras_freeze_lint.configuration import check_overrides
    from keras_freeze_lint.settings import SettingsError

    try:
        overrides = {"keras": settings.keras, "backend": settings.backend, "upgrade_to": settings.upgrade_to}
        check_overrides(overrides, "--kfl-{}".format)
    except SettingsError as error:
        raise ExecutionError(str(error)) from error
