"""The ``remx`` command (``python -m mxnet`` is the same).

A subcommand is a module of this folder with a `click` command named ``command``, and a row in `COMMANDS`. It is
imported when it is asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

# Subcommand -> the module that has it.
COMMANDS = {"profile": "profile", "run": "run"}


class _Commands(click.Group):
    """The subcommands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, imported now."""
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f".{COMMANDS[cmd_name]}", __name__).command


@click.command(cls=_Commands)
def commands() -> None:
    """Tools of remx, the MXNet 1.x Python API on PyTorch."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line.

    A command may return a function: it is called when `click` is out of the way, which turns interrupts and some errors
    into messages of its own.
    """
    try:
        rest = commands.main(args, prog_name="remx", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    if callable(rest):
        rest()
    elif isinstance(rest, int):  # of --help and the like
        sys.exit(rest)
