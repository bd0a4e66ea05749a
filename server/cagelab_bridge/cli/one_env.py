"""`one-env`: prints the environment in which ONE, the Python library of analysts, reads the lab's files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from cagelab_bridge.cli.options import account_options, bridge_options

if TYPE_CHECKING:
    from cagelab_bridge.cli.client import Client

BUCKET_RECORD = "aws_cortexlab"  # ONE 3.6.1 takes the bucket's name from the repository of this name, whatever the lab
READ_BY_ONE = "aws"  # and reads from S3 only what lies in repositories whose names begin so
BLANK = "-"

EPILOG = """\b
Examples:
  eval "$(cagelab-bridge one-env)" && python analysis.py
  cagelab-bridge one-env --access-key analyst
  cagelab-bridge one-env --repository aws_CogLab --json

\b
In Python then:
  from one.api import ONE
  one = ONE(base_url='http://172.16.102.30:8000', mode='remote')
  one.load_datasets(session, ['events.table.tsv'], download_only=True)

It prints no secret: the bridge gives none out. The lines ask for the secret key where they are run, without echo,
unless AWS_SECRET_ACCESS_KEY is set already. Analysts need a key pair that may only read; name it with --access-key."""


@click.command("one-env", epilog=EPILOG)
@click.option("--repository", default="", metavar="NAME", help="Data repository of Alyx; default: the only store's.")
@click.option("--access-key", default="", metavar="ID", help="Whose key pair; default: the bridge's for that store.")
@click.option("--region", default="us-east-1", show_default=True, help="Region of the store; MinIO takes any.")
@account_options
@bridge_options
def command(
    *,
    repository: str,
    access_key: str,
    region: str,
    account: str,
    alyx_url: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Print the environment in which ONE reads the files."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
    from cagelab_bridge.cli.client import connect

    request = query_pb2.QueryRequest(path="data-repository", account=account, alyx_url=alyx_url)
    with connect(runtime) as client:
        records: list[dict[str, Any]] = json.loads(client.call(client.bridge.Query, request).json)
        record = _chosen(records, repository)
        place = urlsplit(str(record["data_url"]))
        endpoint = f"{place.scheme}://{place.netloc}"
        identity = access_key or _held(client, endpoint)
    shown = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": region, "AWS_ACCESS_KEY_ID": identity}
    for trouble in troubles(record, records):
        click.echo(f"# Note: {trouble}", err=True)
    click.echo(json.dumps(shown, indent=2) if as_json else _lines(shown))


def _chosen(records: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The repository of that name, or the only one that can be meant. Raises NotFound, InvalidInput."""
    from cagelab_bridge.errors import InvalidInput, NotFound

    with_s3 = {str(record["name"]): record for record in records if _bucket(record)}
    if name:
        if name not in with_s3:
            raise NotFound(
                f"Alyx has no data repository “{name}” with the address of a bucket.",
                about="repository",
                hint=f"There are: {', '.join(sorted(with_s3)) or 'none'}.",
            )
        return with_s3[name]
    readable = {known: record for known, record in with_s3.items() if known.startswith(READ_BY_ONE)} or with_s3
    if not readable:
        raise NotFound(
            "No data repository of Alyx has the address of a bucket.",
            about="repository",
            hint="Give it one: data_url = http://host:9000/<bucket>/<Lab>/Subjects/",
        )
    if len({urlsplit(str(record["data_url"])).netloc for record in readable.values()}) > 1:
        raise InvalidInput(
            "Alyx has repositories in several stores.",
            about="repository",
            hint=f"Choose: --repository, one of {', '.join(sorted(readable))}.",
        )
    return readable[min(readable)]


def _held(client: Client, endpoint: str) -> str:
    """The access key of the bridge's own key pair for that store."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.errors import InvalidInput

    answer = client.call(client.credentials.ListCredentials, credentials_pb2.ListCredentialsRequest())
    wanted = (credentials_pb2.CREDENTIAL_KIND_STORE, endpoint)
    held = [one.identity for one in answer.credentials if (one.kind, one.endpoint.rstrip("/")) == wanted]
    if not held:
        raise InvalidInput(
            f"This bridge holds no key pair for {endpoint}.", about="accessKey", hint="Name yours: --access-key ID."
        )
    return held[0]


def _bucket(record: dict[str, Any]) -> str:
    """The bucket in the repository's address; "" where it has none."""
    place = urlsplit(str(record.get("data_url") or ""))
    return place.path.strip("/").partition("/")[0] if place.scheme in ("http", "https") and place.netloc else ""


def troubles(record: dict[str, Any], records: list[dict[str, Any]]) -> list[str]:
    """Why ONE would not find files of that repository."""
    found, bucket = [], _bucket(record)
    if not str(record["name"]).startswith(READ_BY_ONE):
        found.append(f"ONE reads only repositories whose names begin with “{READ_BY_ONE}”; this is {record['name']}.")
    known = next((one for one in records if one["name"] == BUCKET_RECORD), {})
    named = known.get("json") or {}
    if not isinstance(named, dict) or named.get("bucket_name") != bucket:
        text = json.dumps({"bucket_name": bucket})
        found.append(f"ONE needs a data repository called {BUCKET_RECORD} with json = {text} in Alyx.")
    prefix = urlsplit(str(record["data_url"])).path.strip("/").partition("/")[2]
    if str(record.get("globus_path") or "").strip("/") != prefix:
        found.append(f"ONE looks below globus_path, which should be {prefix or BLANK} as in data_url.")
    return found


def _lines(shown: dict[str, str]) -> str:
    """For a shell; the secret is asked for there."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in shown.items()]
    prompt = shlex.quote(f"Secret key of {shown['AWS_ACCESS_KEY_ID']}: ")
    ask = f"printf %s {prompt} >&2; stty -echo; read -r AWS_SECRET_ACCESS_KEY; stty echo; echo >&2"
    return "\n".join(
        [
            *exports,
            f'if [ -z "$AWS_SECRET_ACCESS_KEY" ] && [ -t 0 ]; then {ask}; fi',
            "export AWS_SECRET_ACCESS_KEY",
        ]
    )
