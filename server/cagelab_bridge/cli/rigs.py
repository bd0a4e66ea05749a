"""`rigs`: shows the rigs of a control PC."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, rigs_pb2

EPILOG = """\b
Examples:
  cagelab-bridge rigs
  cagelab-bridge rigs pacman-002
  cagelab-bridge rigs --json | jq '.rigs[] | select(.connected | not) | .name'"""
TITLES = (
    "Rig",
    "Where",
    "State",
    ">Open",
    ">Waiting",
    ">Blocked",
    ">Needs",
    ">Leases",
    "Last seen",
    "Why",
    "What to do",
)
NEED_TITLES = ("Session", "Subject", "Lab", "Account", "Wants", "Lease")


@click.command("rigs", epilog=EPILOG)
@click.argument("rig", required=False)
@bridge_options
def command(*, rig: str | None, as_json: bool, runtime: Path | None) -> None:
    """List the rigs of this control PC; or show the one RIG, by name or address."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import rigs_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say, table

    with connect(runtime) as client:
        if rig:
            found = client.call(client.rigs.GetRig, rigs_pb2.GetRigRequest(rig=rig)).rig
            print_json(found) if as_json else _print(found)
            return
        answer = client.call(client.rigs.ListRigs, rigs_pb2.ListRigsRequest())
    if as_json:
        print_json(answer)
    elif answer.rigs:
        table(TITLES, map(_row, answer.rigs))
    else:
        say("No rigs. `cagelab-bridge pair user@rig` makes one.")


def _row(rig: rigs_pb2.Rig) -> tuple[object, ...]:
    from cagelab_bridge.cli.output import moment
    from cagelab_bridge.cli.states import rig_word

    return (
        rig.name,
        rig.address,
        rig_word(rig),
        rig.sessions_open or "",
        rig.files_waiting or "",
        rig.files_blocked or "",
        len(rig.needs) or "",
        len(rig.leases) or "",
        moment(rig.last_seen_at),
        rig.reason,
        rig.hint,
    )


def _print(rig: rigs_pb2.Rig) -> None:
    from cagelab_bridge.cli.findings import print_findings
    from cagelab_bridge.cli.leases import TITLES as LEASE_TITLES
    from cagelab_bridge.cli.leases import row
    from cagelab_bridge.cli.output import facts, moment, say, table
    from cagelab_bridge.cli.states import rig_word

    if rig.sandbox:
        say("SANDBOX: nothing on this rig is real.")
    ahead = f"{rig.clock_ahead_seconds:+.0f} s ahead" if rig.HasField("clock_ahead_seconds") else ""
    facts(
        [
            ("Rig", rig.name),
            ("Where", rig.address),
            ("Device id", rig.device_id),
            ("State", rig_word(rig)),
            ("Last seen", moment(rig.last_seen_at)),
            ("Why", rig.reason),
            ("What to do", rig.hint),
            ("Version", rig.version),
            ("Clock", ahead),
            ("Sessions open", str(rig.sessions_open)),
            ("Files waiting", str(rig.files_waiting)),
            ("Files blocked", str(rig.files_blocked)),
        ]
    )
    if rig.needs:
        say()
        table(NEED_TITLES, map(_need, rig.needs))
    if rig.leases:
        say()
        table(LEASE_TITLES, map(row, rig.leases))
    print_findings(rig.notices)


def _need(need: lending_pb2.Need) -> tuple[object, ...]:
    from cagelab_bridge.cli.ids import short

    wants = [word for word, wanted in (("token", need.token_wanted), ("store", need.store_wanted)) if wanted]
    account = f"{need.username} at {need.alyx_url}" if need.username else ""
    return (short(need.session_id), need.subject, need.lab, account, ", ".join(wants), short(need.lease_id))
