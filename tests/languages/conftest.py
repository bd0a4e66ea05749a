"""A rig with a sandbox for lab, and the clients that call it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.languages import workshop


@dataclass(frozen=True)
class Away:
    """What a program on another computer needs to reach the rig: both certificates, and its own key."""

    rig_certificate: Path
    identity: Path


@pytest.fixture(scope="session")
def away(tmp_path_factory: pytest.TempPathFactory) -> Away:
    """Where the two certificates will lie."""
    folder = tmp_path_factory.mktemp("away")
    return Away(folder / "rig.pem", folder / "state" / "identity")


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory, away: Away) -> Iterator[Bridge]:
    """A running rig, logged in, that trusts one program of another computer."""
    place = {"SERVER_LAN_ADDRESS": "127.0.0.1", "SERVER_LAN_PORT": "0"}
    bridge = Bridge(tmp_path_factory.mktemp("rig"), BRIDGE_ROLE="rig", LAB_NAME="CogLab", **place)
    introduce(bridge, away)
    bridge.start()
    try:
        with labs.opened() as lab:
            bridge.enter(lab)
            yield bridge
    finally:
        bridge.end()


def introduce(bridge: Bridge, away: Away) -> None:
    """As the guide says: `init` and `id` there, `peers import` here."""
    there = ["--state", str(away.identity.parent), "--config", str(away.identity.parent.parent / "bridge.toml")]
    made = bridge.command("init", "--role", "workstation", "--json", *there)
    assert made.returncode == 0, made.stderr
    device = json.loads(made.stdout)["device_id"]
    away.rig_certificate.write_text(bridge.command("id", "--cert").stdout)
    certificate = str(away.identity / "certificate.pem")
    taken = bridge.command("peers", "import", "ann-laptop", certificate, "--role", "client", "--id", device)
    assert taken.returncode == 0, taken.stderr


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the Node clients, with their packages and the contract's code."""
    workshop.program("node", required=True)
    npm = workshop.program("npm", required=True)
    folder = workshop.bench("node", tmp_path_factory.mktemp("languages"))
    install = ("ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
    fetched = workshop.run(npm, *install, folder=folder)
    if fetched.returncode != 0:
        workshop.lacking(f"the packages of npm cannot be had: {fetched.stderr.strip()[-300:]}", required=True)
    (folder / "gen").mkdir()
    plugin = folder / "node_modules" / ".bin" / "protoc-gen-es"
    options = "--es_opt=target=js,import_extension=js"
    workshop.generate(f"--plugin=protoc-gen-es={plugin}", f"--es_out={folder / 'gen'}", options)
    return folder


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go client."""
    program = workshop.program("go", required=False)
    folder = workshop.bench("go", tmp_path_factory.mktemp("languages"))
    fetched = workshop.run(program, "mod", "download", folder=folder)
    if fetched.returncode != 0:
        workshop.lacking(f"the modules of Go cannot be had: {fetched.stderr.strip()[-300:]}", required=False)
    tools = ("google.golang.org/protobuf/cmd/protoc-gen-go", "google.golang.org/grpc/cmd/protoc-gen-go-grpc")
    (folder / "bin").mkdir()
    built = workshop.run(program, "build", "-o", "bin/", *tools, folder=folder)
    assert built.returncode == 0, built.stderr
    package = ",".join(f"M{path}=cagelab-bridge-client/bridgev1" for path in workshop.CONTRACT)
    workshop.generate(
        f"--plugin=protoc-gen-go={folder}/bin/protoc-gen-go",
        f"--plugin=protoc-gen-go-grpc={folder}/bin/protoc-gen-go-grpc",
        f"--go_out={folder}",
        f"--go_opt=module=cagelab-bridge-client,{package}",
        f"--go-grpc_out={folder}",
        f"--go-grpc_opt=module=cagelab-bridge-client,{package}",
    )
    built = workshop.run(program, "build", "-o", "client", ".", folder=folder)
    assert built.returncode == 0, built.stderr
    vetted = workshop.run(program, "vet", ".", folder=folder)
    assert vetted.returncode == 0, vetted.stderr
    return folder / "client"
