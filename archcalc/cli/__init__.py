"""The command line: options in, text out, no logic between; each command is one module of `commands`."""

from __future__ import annotations

import atexit
import io
import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from archcalc.cli.output import complain, open_streams, silence
from archcalc.errors import SpecError, nearest, printable

# The names of the commands, each that of a module in the folder `commands`.
COMMANDS = tuple(sorted(path.stem for path in Path(__file__).with_name("commands").glob("[a-z]*.py")))


class _Commands(click.Group):
    """The group of commands, which loads only the called one, and prints a SpecError with exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"archcalc.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"no command '{args[0]}'; {nearest(args[0], list(COMMANDS)) or 'archcalc --help names all'}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        found: list[Any] = import_module("archcalc.cli.completion").commands(self, ctx, incomplete)
        return found

    def main(self, *arguments: Any, **settings: Any) -> Any:
        if not settings.get("standalone_mode", True):
            return super().main(*arguments, **settings)
        open_streams()
        try:
            code = super().main(*arguments, **{**settings, "standalone_mode": False})
        except click.ClickException as error:
            shown, said = io.StringIO(), error.format_message()
            error.show(shown)
            # The message quotes what was typed, which may be several lines or thousands of characters.
            complain(shown.getvalue().rstrip("\n").replace(said, printable(said)))
            code = error.exit_code
        except click.Abort:
            complain("Aborted!")
            code = 1
        except OSError as error:
            complain(f"{error.filename or 'standard output: cannot be written'}, {error.strerror or error}")
            silence()
            code = 1
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                # Overflowed values are printed as they are; the warnings of numpy are for programmers.
                warnings.simplefilter("ignore", RuntimeWarning)
                return super().invoke(ctx)
        except SpecError as error:
            complain(str(error))
            ctx.exit(1)
        except click.UsageError as error:
            # Only a mistake has to pay for this.
            raise import_module("archcalc.cli.one_network").explained(error) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archcalc")
def main() -> None:
    """The cost of a neural network: sizes, parameters, memory, operations.

    SPEC is the name of a bundled network, the path of a spec, or - for standard input.
    """


def run() -> NoReturn:
    """Run the command line as a program, and exit without freeing the loaded modules.

    Freeing hundreds of modules one by one takes a sixth of the total time of a table.
    """
    code = 1
    try:
        main(prog_name="archcalc")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    # The exit handlers of libraries, such as the removal of a temporary folder, still run.
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way to have it done
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
