"""Hosts of ansible inventories, in the simple forms; everything else is refused, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cagelab_bridge.cli.pairing.inventory import Host, hosts_of
from cagelab_bridge.errors import InvalidInput

INI = """
# the lab
gateway ansible_host=10.0.0.1

[rigs]
pacman-001 ansible_host=192.168.3.21
pacman-002 ansible_host=192.168.3.22 ansible_port=2222  # upstairs
pacman-[003:004]

[rigs:vars]
ansible_user = lab

[controls]
boss ansible_user=anna

[everything:children]
rigs
controls
"""

YAML = """
---
all:
  hosts:
    gateway:
      ansible_host: 10.0.0.1
  children:
    everything:
      children:
        rigs:
          vars:
            ansible_user: lab        # the account
          hosts:
            pacman-001: {ansible_host: 192.168.3.21}
            pacman-002:
              ansible_host: "192.168.3.22"
              ansible_port: 2222
            pacman-[003:004]:
        controls:
          hosts:
            boss:
              ansible_user: anna
"""

RIGS = [
    Host(name="pacman-001", address="192.168.3.21", user="lab"),
    Host(name="pacman-002", address="192.168.3.22", user="lab", port=2222),
    Host(name="pacman-003", address="pacman-003", user="lab"),
    Host(name="pacman-004", address="pacman-004", user="lab"),
]
BOSS = Host(name="boss", address="boss", user="anna")
GATEWAY = Host(name="gateway", address="10.0.0.1")


@pytest.fixture(params=["ini", "yml"])
def inventory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same lab, written in both forms."""
    path = tmp_path / f"hosts.{request.param}"
    path.write_text(INI if request.param == "ini" else YAML)
    return path


def test_hosts_have_the_variables_of_their_groups(inventory: Path) -> None:
    """A host's own count more than its group's; groups may hold groups; ranges are unfolded."""
    assert hosts_of(inventory, "rigs") == RIGS
    assert hosts_of(inventory, "everything") == [BOSS, *RIGS]
    assert hosts_of(inventory, "all") == [BOSS, GATEWAY, *RIGS]
    assert hosts_of(inventory, "controls") == [BOSS]


def test_an_unknown_group_names_those_there_are(inventory: Path) -> None:
    """A misspelt group must not mean everybody, nor nobody in silence."""
    with pytest.raises(InvalidInput, match="no group rig in") as refused:
        hosts_of(inventory, "rig")
    assert "rigs" in refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "all:\n  hosts:\n    - rig7\n",
        "all:\n  hosts: &anchor\n    rig7:\n",
        "all:\n  hosts:\n    rig7:\n      ansible_host: |\n        x\n",
        "all:\n  hosts:\n    rig7:\n    rig7:\n",
        "all:\n  hosts:\n    rig7:\n      ansible_user: lab\n        ansible_host: x\n",
        "all:\n  hosts:\n      rig7:\n    rig8:\n",
        "all:\n  hosts: rig7\n",
        "all\n",
        "all:\n  vars:\n    ansible_user: a: b\n  hosts:\n    rig7:\n",
        "",
        "all:\n  hosts:\n    rig7:\n      ansible_port: many\n",
        "\tall:\n",
    ],
)
def test_yaml_beyond_names_within_names_is_refused(tmp_path: Path, text: str) -> None:
    """With the line where it begins, rather than read in another way than ansible would."""
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as refused:
        hosts_of(path, "all")
    assert refused.value.hint


@pytest.mark.parametrize("text", ["", "[rigs", "[a:b]\n", 'rig7 ansible_host="x', "rig-[1:99999]", "[rigs]\n"])
def test_an_ini_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """Also one without a single host."""
    path = tmp_path / "hosts"
    path.write_text(text)
    with pytest.raises(InvalidInput):
        hosts_of(path, "all")


def test_groups_in_a_circle_end(tmp_path: Path) -> None:
    """A mistake in the inventory is not an endless loop."""
    path = tmp_path / "hosts"
    path.write_text("[a:children]\nb\n[b:children]\na\n[b]\nrig7\n")
    assert [host.name for host in hosts_of(path, "a")] == ["rig7"]
