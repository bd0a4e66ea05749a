"""The same mistake gives the same error and the same hint in gRPC, JSON, the command line and MATLAB."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2
from cagelab_bridge.api.status import from_rpc_error, matlab_identifier
from tests.acceptance.bridge import Bridge

MATLAB = Path(__file__).resolve().parents[2] / "matlab"
PROGRAM = """
addpath('{matlab}/toolbox', '{matlab}/tests/octave');
client = clbridge.Client();
try
    client.startSession(struct('subject', 'TestSubjct', 'lab', 'CogLab'));
catch trouble
    last = client.LastError;
    fprintf('%s\\n%s\\n', trouble.identifier, last.hint);
end
"""


def curl(bridge: Bridge, method: str, body: dict[str, Any]) -> tuple[int, Any]:
    """What `curl` with the token would get from the JSON door."""
    request = urllib.request.Request(
        f"{bridge.place.gateway}/cagelab.bridge.v1.Bridge/{method}",
        data=json.dumps(body).encode(),
        headers={
            "content-type": "application/json",
            "authorization": f"Bearer {bridge.place.token.reveal()}",
        },
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_query_answers_the_same_through_both_doors(entered: Bridge) -> None:
    """Query answers Alyx's own text, in gRPC and in JSON."""
    spoken = entered.call("Query", query_pb2.QueryRequest(path="subjects/TestSubject"))
    status, written = curl(entered, "Query", {"path": "subjects/TestSubject"})
    assert status == 200
    assert written["json"] == spoken.json
    assert json.loads(spoken.json)["nickname"] == "TestSubject"


def test_a_wrong_name_is_told_alike_everywhere(entered: Bridge) -> None:
    """Reason, sentence and hint agree; HTTP status, exit code and MATLAB identifier follow from the one table."""
    spec = session_pb2.SessionSpec(subject="TestSubjct", lab="CogLab")
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("StartSession", session_pb2.StartSessionRequest(spec=spec))
    spoken = from_rpc_error(caught.value)
    assert (spoken.reason, spoken.hint) == ("invalidArgument:subject", "Did you mean TestSubject?")

    status, written = curl(entered, "StartSession", {"spec": {"subject": "TestSubjct", "lab": "CogLab"}})
    detail = written["details"][0]["debug"]
    assert (status, written["code"]) == (400, "invalid_argument")
    assert (written["message"], detail["reason"], detail["hint"]) == (spoken.message, spoken.reason, spoken.hint)

    typed = entered.command("start", "--subject", "TestSubjct", "--lab", "CogLab")
    assert typed.returncode == spoken.exit_code
    shown = " ".join(typed.stderr.split())
    assert spoken.message in shown
    assert spoken.hint in shown


@pytest.mark.octave
def test_matlab_gets_the_same_error(entered: Bridge) -> None:
    """The identifier is the table's, the hint the server's."""
    octave = shutil.which("octave-cli")
    if octave is None:
        if os.environ.get("CI"):
            pytest.fail("GNU Octave is missing in CI")
        pytest.skip("GNU OCTAVE IS MISSING: MATLAB's errors are NOT compared (apt-get install octave)")
    found = subprocess.run(
        [octave, "--no-gui", "--norc", "--eval", PROGRAM.format(matlab=MATLAB)],
        env=entered.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.stdout.splitlines()[:2] == [
        matlab_identifier("invalidArgument:subject"),
        "Did you mean TestSubject?",
    ], found.stderr
