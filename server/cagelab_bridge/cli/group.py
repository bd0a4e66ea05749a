"""The command `cagelab-bridge`: names its verbs, loads one only when it is used, and turns errors into exit codes."""

from __future__ import annotations

import importlib
from difflib import get_close_matches

import click

from cagelab_bridge import __doc__ as about

# Each verb lives in the file of its name; the sentence stands here too, so that `--help` loads none of them.
VERBS: dict[str, dict[str, str]] = {
    "Run": {
        "serve": "Run the bridge of this computer.",
        "sandbox": "Run an Alyx stand-in and an object store to play with.",
        "demo": "Show a whole session on the sandbox, and check all of it.",
        "status": "Show how the bridge is and what needs a person.",
        "recover": "Rebuild a lost journal from the folders of its sessions.",
        "init": "Make this bridge a control PC, a rig or a workstation.",
        "doctor": "Look for everything that could go wrong, most dangerous first.",
    },
    "House": {
        "setup": "Make an Alyx database ready for CageLab, and say what is missing.",
        "audit": "Compare disk, Alyx and store, and mend what differs.",
        "backfill": "Bring sessions that were recorded before the bridge into Alyx and the store.",
        "reclaim": "Free this computer's disk of files that are stored and verified.",
    },
    "Account": {
        "login": "Log in to Alyx, or hand over the key pair of a store.",
        "logout": "Stop using an Alyx account.",
        "secrets": "Keep, list or remove passwords and key pairs.",
    },
    "Peers": {
        "pair": "Pair this control PC with rigs, by way of ssh.",
        "peers": "List, show, remove, export or import the bridges that this one trusts.",
        "id": "Show the device id of this bridge.",
    },
    "Rigs": {
        "rigs": "List the rigs of this control PC, or show one.",
        "forward": "Lend credentials to a rig ahead of its sessions.",
        "leases": "List what was lent.",
        "revoke": "Take back what was lent.",
    },
    "Alyx": {
        "query": "Read any record or list of Alyx.",
        "choices": "List the names that exist in Alyx, offline too.",
        "submit": "Write a record to Alyx, such as a weighing.",
    },
    "Session": {
        "check": "Find what is wrong with a session before it starts.",
        "reserve": "Set a session number aside and make its folder.",
        "start": "Start a session.",
        "end": "End a session, and upload its files if told so.",
        "amend": "Correct subject, projects or experimenters of a session.",
        "sessions": "List the sessions this bridge knows.",
    },
    "Files": {
        "upload": "Upload files of a session.",
        "download": "Find datasets in Alyx and bring their files here.",
        "one-env": "Print the environment in which ONE reads the files.",
        "transfers": "List uploads and downloads, or show the files of one.",
        "retry": "Try blocked files and sessions again.",
        "dismiss": "Give up one file, with a reason.",
        "cancel": "Give up what an upload or download has not delivered yet.",
        "events": "List what receivers were told of sessions, tell them again, or try one.",
        "watch": "Watch sessions and transfers as they move.",
    },
}
HIDDEN = {"pair-answer": "pair_answer"}  # the other end of `pair`: called by ssh, not by people
SENTENCES = {verb: sentence for section in VERBS.values() for verb, sentence in section.items()}


class VerbGroup(click.Group):
    """A group whose verbs are files beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click passes it by position
        """Name the verbs."""
        return list(SENTENCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Load one verb; None when there is no such one."""
        if cmd_name not in SENTENCES and cmd_name not in HIDDEN:
            return None
        file = HIDDEN.get(cmd_name, cmd_name.replace("-", "_"))
        verb: click.Command = importlib.import_module(f"cagelab_bridge.cli.{file}").command
        return verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which ones look alike."""
        name = args[0]
        if name not in SENTENCES and name not in HIDDEN and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name.lower(), SENTENCES, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else " `cagelab-bridge --help` lists them."
            raise click.UsageError(f"There is no verb {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """Write the verbs section by section, without loading them."""
        for section, verbs in VERBS.items():
            with formatter.section(section):
                formatter.write_dl(list(verbs.items()), col_max=14)

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; an error of ours is shown with its hint and becomes an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped. A bridge that runs goes on with what it has accepted.", err=True)
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # The classes of our errors are loaded only now: `--help` and `serve` start without them.
            from cagelab_bridge.cli.failure import CallFailed, show
            from cagelab_bridge.errors import BridgeError

            if not isinstance(error, (BridgeError, CallFailed)):
                raise
            ctx.exit(show(error, as_json=bool(ctx.meta.get("json"))))


EPILOG = """\b
Examples:
  cagelab-bridge demo
  cagelab-bridge login --url 172.16.102.30:8000 --user cagelab --remember
  cagelab-bridge start --subject TestSubject --project demo
  cagelab-bridge end 7c1e2f --qc PASS --upload --wait
  cagelab-bridge transfers

Every verb has its own --help with examples. Verbs that print data take --json.

\b
Exit codes:
  0 done                  6 not possible now      11 bridge or server away
  1 a mistake of ours     7 no access to it       12 not known to this bridge
  2 wrong usage           8 not allowed           13 cancelled
  3 wrong input           9 took too long         20 some files are blocked
  4 not found            10 too much, disk full  130 stopped with Ctrl-C
  5 exists already       21 some records or folders could not be used"""


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"cagelab-bridge {version('cagelab-bridge')}")
        ctx.exit()


@click.group(cls=VerbGroup, help=about, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version and stop."
)
def cagelab_bridge() -> None:
    """The command line's root; its help is the package's."""
