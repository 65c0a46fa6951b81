"""``remx run``: an old script, with the remedies on."""

from __future__ import annotations

from collections.abc import Callable

import click

from .remedies import REMEDIES, apply
from .script import run_module, run_script


def _explained() -> str:
    return "\n".join(f"  {r.name:<12} {r.what}" for r in REMEDIES)


@click.command(
    "run",
    context_settings={"allow_interspersed_args": False},
    epilog=f"\b\nRemedies:\n{_explained()}",
)
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is the name of a module, as for python -m.")
@click.option(
    "--without", multiple=True, metavar="REMEDY", type=click.Choice([r.name for r in REMEDIES]), help="Leave one out."
)
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(is_module: bool, without: tuple[str, ...], script: str, arguments: tuple[str, ...]) -> Callable[[], None]:
    """Run an old SCRIPT as ``python SCRIPT ARGUMENTS`` would, on the Python, NumPy and Matplotlib of today."""

    def start() -> None:
        apply(without)
        (run_module if is_module else run_script)(script, arguments)

    return start
