#!/usr/bin/env python3
"""An example of an analysis that a bridge starts when a session is complete: fetch the data, draw it, mail the figure.

In bridge.toml of the computer where it runs:

    [[event]]
    name = "figure"
    command = ["/usr/bin/python3", "/opt/lab/session_figure.py", "--smtp", "mail.example.org:25",
               "--from", "lab@example.org", "--work", "/var/lib/lab/figures"]
    when = ["complete"]
    dataset_types = ["events*"]

The event comes on stdin. An event may come more than once, always with the same id: what was done for an id leaves a
file in the work folder, and is not done again. Exit code 0: done. Anything else is tried again by the bridge, which
keeps the last words that were printed.

Needs Python 3.11, and matplotlib for the figure (`apt install python3-matplotlib`): without it the mail says so.
"""

from __future__ import annotations

import argparse
import csv
import json
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

TABLES = (".tsv", ".csv")
SECONDS = 60.0  # for the mail server


def main() -> int:
    """Do what the event asks for, once."""
    options = _options()
    event = json.load(sys.stdin)
    if event["type"] != "cagelab.session.complete":
        print(f"nothing to do for {event['type']}")
        return 0
    done = options.work / f"{event['id']}.done"
    if done.exists():
        print("done before")
        return 0
    session = event["data"]["session"]
    people = [person["email"] for person in session["experimenters"] if person.get("email")] or options.to
    if not people:
        print("Nobody to mail to: the experimenters have no address in Alyx. Give --to.", file=sys.stderr)
        return 1
    folder = options.work / event["id"]
    folder.mkdir(parents=True, exist_ok=True)
    files = _download(options, session["id"], folder)
    tables = [_read(path) for path in files if path.suffix in TABLES]
    png = folder / "session.png"
    why_not = _draw(tables, session, png)
    _send(options, _message(options, people, session, files, why_not, png))
    done.touch()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Draw a session and mail the figure; the event comes on stdin.")
    parser.add_argument("--smtp", required=True, help="host:port of the mail server")
    parser.add_argument("--from", dest="sender", required=True, help="who the mail is from")
    parser.add_argument("--to", action="append", default=[], help="who gets it where Alyx has no address")
    parser.add_argument("--work", type=Path, required=True, help="folder for data, figures and what was done")
    parser.add_argument("--bridge", default="cagelab-bridge", help="the command of the bridge")
    return parser.parse_args()


def _download(options: argparse.Namespace, session: str, folder: Path) -> list[Path]:
    """The session's files, fetched and verified by the bridge of this computer."""
    command = [options.bridge, "download", "--session", session, "--to", str(folder), "--paths"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        sys.exit(f"the download failed ({found.returncode}): {found.stderr.strip()}")
    return [Path(line) for line in found.stdout.splitlines()]


def _read(path: Path) -> tuple[str, dict[str, list[float]]]:
    """A table's name and its columns of numbers."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="," if path.suffix == ".csv" else "\t"))
    columns: dict[str, list[float]] = {}
    for name in rows[0] if rows else ():
        try:
            columns[name] = [float(row[name]) for row in rows]
        except (TypeError, ValueError):  # a column of words
            continue
    return path.name, columns


def _draw(tables: list[tuple[str, dict[str, list[float]]]], session: dict[str, Any], target: Path) -> str:
    """Draw every column of numbers; "" when the figure is there, else why it is not."""
    try:
        import matplotlib

        matplotlib.use("Agg")  # no screen
        from matplotlib import pyplot
    except ImportError:
        return "There is no figure: matplotlib is missing (`apt install python3-matplotlib`)."
    drawn = [(name, columns) for name, columns in tables if columns]
    if not drawn:
        return "There is no figure: the session has no table with numbers."
    figure, places = pyplot.subplots(len(drawn), 1, squeeze=False, figsize=(8, 3 * len(drawn)), layout="constrained")
    for place, (name, columns) in zip(places[:, 0], drawn, strict=True):
        for column, values in columns.items():
            place.plot(values, label=column)
        place.set_title(name)
        place.set_xlabel("row")
        place.legend()
    figure.suptitle(_title(session))
    figure.savefig(target)
    pyplot.close(figure)
    return ""


def _title(session: dict[str, Any]) -> str:
    return f"{session['subject']} {session['date']} {session['number']:03d}"


def _message(
    options: argparse.Namespace, people: list[str], session: dict[str, Any], files: list[Path], why_not: str, png: Path
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"Session {_title(session)} is complete"
    message["From"], message["To"] = options.sender, ", ".join(people)
    lines = [f"{session['task_protocol'] or 'Session'} of {_title(session)}, QC {session['qc']}", session["url"], ""]
    lines += [f"{path.stat().st_size:>12,} bytes  {path.name}" for path in files]
    message.set_content("\n".join([*lines, "", why_not]).rstrip() + "\n")
    if not why_not:
        message.add_attachment(png.read_bytes(), maintype="image", subtype="png", filename=f"{_title(session)}.png")
    return message


def _send(options: argparse.Namespace, message: EmailMessage) -> None:
    host, _, port = options.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=SECONDS) as server:
        server.send_message(message)


if __name__ == "__main__":
    sys.exit(main())
