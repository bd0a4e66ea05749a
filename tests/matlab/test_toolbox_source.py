"""What must hold in the toolbox's files and no run can show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor

from cagelab_bridge import __version__
from cagelab_bridge._gen.cagelab.bridge.v1 import (
    bridge_pb2,
    credentials_pb2,
    error_pb2,
    lending_pb2,
    query_pb2,
    rigs_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)

PROJECT = Path(__file__).parents[2]
TOOLBOX = PROJECT / "matlab" / "toolbox"
PACKAGE = TOOLBOX / "+clbridge"
MODULES = (error_pb2, query_pb2, session_pb2, status_pb2, transfer_pb2, credentials_pb2, lending_pb2, rigs_pb2)
STREAMED = {"WatchRequest", "WatchResponse"}  # MATLAB cannot stream; it asks GetTransfer and GetSession again
BETWEEN_BRIDGES = {"PushCredentials", "PushSignatures", "WatchNeeds", "ListNeeds"}  # methods only bridges call
NOT_FOR_MATLAB = (
    STREAMED
    | {name + part for name in BETWEEN_BRIDGES for part in ("Request", "Response")}
    | {"Signature", "SignatureRequest", "LentStore", "LentAccount"}
)
NUMBERS = {
    FieldDescriptor.TYPE_INT32: ":int",
    FieldDescriptor.TYPE_INT64: ":int64",
    FieldDescriptor.TYPE_DOUBLE: ":double",
    FieldDescriptor.TYPE_BOOL: ":bool",
    FieldDescriptor.TYPE_STRING: "",
}
METHOD = r"\n        function (?:[^\n]*= )?(\w+)\([^\n]*\)\n(.*?)\n        end\n"
NEVER = r"\b(input|inputdlg|keyboard|uigetfile|rand|randn|randi|randperm|rng|system|unix|evalin|assignin|eval)\("


CREDENTIALS: ServiceDescriptor = credentials_pb2.DESCRIPTOR.services_by_name["Credentials"]
RIGS: ServiceDescriptor = rigs_pb2.DESCRIPTOR.services_by_name["Rigs"]


def table() -> dict[str, list[str]]:
    """Messages and words of contract.m."""
    source = (PACKAGE / "+internal" / "contract.m").read_text().replace("' ...\n", "' ")
    rows = re.findall(r"^        '(\w+)', \[?((?:'[^'\n]*'\s*)+)\]?$", source, re.MULTILINE)
    return {name: "".join(re.findall(r"'([^'\n]*)'", words)).split() for name, words in rows}


def word(field: FieldDescriptor) -> str:
    """A field as contract.m writes it; `:json` stands for text that may be given as a struct."""
    if field.enum_type is not None:
        kind = ":" + field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
    elif field.message_type is not None:
        kind = ":" + field.message_type.name
    else:
        kind = NUMBERS[field.type]
    optional = field.containing_oneof is not None and field.containing_oneof.name.startswith("_")
    mark = "*" if field.is_repeated else "?" * optional
    return f"{field.name}{kind}{mark}"


def messages() -> Iterator[Descriptor]:
    """Every message of the contract that MATLAB uses."""
    for module in MODULES:
        for name, message in module.DESCRIPTOR.message_types_by_name.items():
            if name not in NOT_FOR_MATLAB:
                yield message


def test_contract_of_the_toolbox_is_that_of_the_proto_files() -> None:
    """contract.m lists every message with every field, its kind, and which are lists."""
    known = table()
    assert {message.name for message in messages()} == set(known)
    for message in messages():
        listed = [entry.removesuffix(":json") for entry in known[message.name]]
        assert listed == [word(field) for field in message.fields], message.name


def test_json_text_is_marked_in_requests_only() -> None:
    """Where a request takes JSON as text, a struct may be given; answers stay text."""
    for name, words in table().items():
        marked = {entry for entry in words if entry.endswith(":json")}
        takes = name.endswith("Request") or name == "SessionSpec"
        assert marked == ({"json:json"} if takes and "json" in {entry.split(":")[0] for entry in words} else set())


def test_every_method_goes_to_its_service() -> None:
    """serviceOf.m knows which methods belong to the services Credentials and Rigs."""
    source = (PACKAGE / "+internal" / "serviceOf.m").read_text().replace("...\n", "")
    listed = re.findall(r"\{([^}]*)\}", source)
    assert len(listed) == 2
    for names, service in zip(listed, (CREDENTIALS, RIGS), strict=True):
        assert set(re.findall(r"'(\w+)'", names)) == {method.name for method in service.methods} - BETWEEN_BRIDGES


def test_every_call_of_the_client_exists() -> None:
    """The client calls methods of the contract, and every unary method of the Bridge service is called."""
    called = set(re.findall(r"\.call(?:Once)?\('(\w+)'", "".join(f.read_text() for f in PACKAGE.rglob("*.m"))))
    bridge = {m.name for m in bridge_pb2.DESCRIPTOR.services_by_name["Bridge"].methods if not m.server_streaming}
    others = {m.name for service in (CREDENTIALS, RIGS) for m in service.methods} - BETWEEN_BRIDGES
    assert bridge <= called <= bridge | others
    assert others - called == {"ListCredentials", "RemoveCredentials"}  # `call` reaches them


def test_every_function_has_an_h1_line() -> None:
    """`help` shows a first line with the function's name and what it does."""
    for file in PACKAGE.rglob("*.m"):
        lines = file.read_text().splitlines()
        if file.name != "Contents.m":
            assert re.match(rf"\s+% {file.stem.upper()}  \S.*\.$", lines[1]), file


def test_every_method_is_completed_and_documented() -> None:
    """functionSignatures.json names every public method of Client and Job with its options, and each has help."""
    signatures = json.loads((TOOLBOX / "resources" / "functionSignatures.json").read_text())
    files = (("Client", "Client"), ("Client", "+internal/Accounts"), ("Client", "+internal/Transfers"), ("Job", "Job"))
    for name, file in files:
        source = (PACKAGE / f"{file}.m").read_text()
        public = source.split("methods (Access = private)")[0].split("methods (Static)")[0]
        for method, body in re.findall(METHOD, public, re.DOTALL):
            if method in {Path(file).name, "disp"}:
                continue
            entry = signatures[f"clbridge.{name}.{method}"]
            assert re.match(rf" +% {method.upper()}  \S", body), method
            listed = {item["name"] for item in entry["inputs"] if item["kind"] == "namevalue"}
            found = re.search(r"internal\.options\('\w+', (struct\(.*?\)),? \.*\s*varargin\)", body, re.DOTALL)
            options = set(re.findall(r"'([A-Z]\w*)'", found[1])) if found else set()
            assert listed == options, method


def test_versions_agree() -> None:
    """Contents.m, clbridge.version and the bridge carry one version."""
    assert f"% Version {__version__} (R2023b)" in (PACKAGE / "Contents.m").read_text()
    assert f"text = '{__version__}';" in (PACKAGE / "version.m").read_text()


def test_the_toolbox_never_asks_and_never_draws() -> None:
    """No dialog, no prompt, no random numbers, no TLS switch, no shell: not on a rig."""
    for file in PACKAGE.rglob("*.m"):
        code = re.sub(r"%.*", "", file.read_text())
        assert not re.search(NEVER, code), file
        assert "CertificateFilename" not in code, file
