"""``remx profile``: a script, and where its time and memory go."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from .script import run_module, run_script


@click.command("profile", context_settings={"allow_interspersed_args": False})
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is the name of a module, as for python -m.")
@click.option("-o", "--output", metavar="FILE", help="Write all events too, for https://ui.perfetto.dev.")
@click.option(
    "--sort-by",
    type=click.Choice(["total", "avg", "min", "max", "count"]),
    default="total",
    show_default=True,
    help="Order of the rows.",
)
@click.option("--memory/--no-memory", default=True, help="Memory in use, or operators of all threads.")
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    is_module: bool, output: str | None, sort_by: str, memory: bool, script: str, arguments: tuple[str, ...]
) -> Callable[[], None]:
    """Run SCRIPT as ``python SCRIPT ARGUMENTS`` would, then print tables of its operators on stderr."""

    def start() -> None:
        from .. import profiler  # not before the script's own settings of the environment could matter

        profiler.set_config(profile_memory=memory, **({} if output is None else {"filename": output}))
        profiler.set_state("run")
        try:
            (run_module if is_module else run_script)(script, arguments)
        finally:
            profiler.set_state("stop")
            print(profiler.dumps(sort_by=sort_by), file=sys.stderr)
            if output is not None:
                profiler.dump()

    return start
