"""The checklist of attacks: which file holds the test of each, or why it is not run.

A test is named after the number of its attack, `test_attack_07_…`; `tests/meta` compares this table with those names.
"""

from __future__ import annotations

from typing import NamedTuple


class Attack(NamedTuple):
    """Who tries what, and the files below `tests` that show what comes of it."""

    what: str
    files: tuple[str, ...] = ()
    why_not: str = ""  # run, where there are no files
    needs: str = ""  # what a computer must have for its tests to run; without it they are skipped, and say so


ATTACKS: dict[int, Attack] = {
    1: Attack("no client certificate", ("security/test_transport_identity.py",)),
    2: Attack("an unpaired self-signed certificate", ("security/test_transport_identity.py",)),
    3: Attack("a paired certificate's bytes with another key", ("security/test_transport_identity.py",)),
    4: Attack("a certificate signed by a paired device", ("security/test_transport_identity.py",)),
    5: Attack("pairing a certificate that is wrong in one thing", ("security/test_pairing_certificates.py",)),
    6: Attack("a candidate with another device's name", ("security/test_transport_identity.py",)),
    7: Attack("another paired rig at a rig's address", ("security/test_transport_identity.py",)),
    8: Attack("a malformed file among the peers", ("security/test_transport_identity.py",)),
    9: Attack("a peer file that others can write, or a link", ("security/test_transport_identity.py",)),
    10: Attack("a rig without peers", ("security/test_transport_identity.py",)),
    11: Attack("a peer removed while its calls run", ("security/test_transport_revocation.py",)),
    12: Attack("a session ticket from before the removal", ("security/test_transport_revocation.py",)),
    13: Attack("a trust list that fails", ("security/test_transport_revocation.py",)),
    14: Attack("old TLS, plain HTTP, no ALPN", ("security/test_transport_wire.py",)),
    15: Attack("a second process at the port", ("security/test_transport_wire.py",)),
    16: Attack("proxies in the environment", ("security/test_transport_wire.py",)),
    17: Attack("wrong clocks", ("security/test_transport_wire.py",), needs="faketime"),
    18: Attack("a device key that others can read", ("security/test_transport_wire.py",)),
    19: Attack("tracing and key logs asked for by the environment", ("security/test_leaks.py",)),
    20: Attack("every method for every role", ("security/test_transport_roles.py",)),
    21: Attack(
        "a rig that lends",
        (
            "security/test_transport_roles.py",
            "unit/api/test_lending.py",
        ),
    ),
    22: Attack("somebody else's lease", ("security/test_leases.py",)),
    23: Attack("metadata that names another caller", ("security/test_transport_roles.py",)),
    24: Attack(
        "answers with a place for a secret",
        (
            "security/test_leaks.py",
            "unit/api/test_lending.py",
        ),
    ),
    25: Attack("a lease that ends during an upload", ("security/test_leases.py",)),
    26: Attack("leases of no, negative or endless length", ("security/test_leases.py",)),
    27: Attack(
        "the same request twice",
        (
            "security/test_leases.py",
            "security/test_replay.py",
        ),
    ),
    28: Attack("a lease for a session without work", ("security/test_leases.py",)),
    29: Attack("keys lent for one place and used for another", ("security/test_leases.py",)),
    30: Attack("a rig killed while it was lent to", ("security/test_leases.py",)),
    31: Attack("a control PC that stays away", ("security/test_leases.py",)),
    32: Attack(
        "what was lent, in memory afterwards",
        (
            "security/test_leaks.py",
            "security/test_leases.py",
        ),
    ),
    33: Attack(
        "paths that lead out of a session's folder",
        (
            "security/test_clients.py",
            "security/test_paths.py",
        ),
    ),
    34: Attack("links, pipes, devices and hard links among the data", ("security/test_paths.py",)),
    35: Attack("links swapped in while files are opened", ("security/test_paths.py",)),
    36: Attack("a file that changes while it is sent", ("security/test_paths.py",)),
    37: Attack(
        "names that widen a policy, a path or a log",
        (
            "security/test_replay.py",
            "unit/store/test_scoped_keys.py",
        ),
    ),
    38: Attack("the bridge's own files among the data", ("unit/words/test_config.py",)),
    39: Attack("members of archives", ("security/test_code.py",)),
    40: Attack("JSON that is deep, long, double or not UTF-8", ("security/test_gateway.py",)),
    41: Attack("messages and metadata that are too large", ("security/test_transport_limits.py",)),
    42: Attack("streams opened and reset, idle connections", ("security/test_transport_limits.py",)),
    43: Attack("names that write lines into the log", ("security/test_transport_identity.py",)),
    44: Attack("addresses of Alyx that are none, or another's", ("security/test_egress_alyx.py",)),
    45: Attack(
        "redirects",
        (
            "security/test_egress_alyx.py",
            "security/test_egress_store.py",
        ),
    ),
    46: Attack(
        "a name that leads elsewhere at the second look",
        (
            "security/test_egress_alyx.py",
            "security/test_egress_store.py",
        ),
    ),
    47: Attack(
        "netrc and proxies of the account",
        (
            "security/test_egress_alyx.py",
            "security/test_egress_store.py",
            "security/test_leaks.py",
        ),
    ),
    48: Attack(
        "plain http to another computer",
        (
            "security/test_egress_alyx.py",
            "security/test_egress_store.py",
        ),
    ),
    49: Attack(
        "answers that are endless, slow, packed or a traceback",
        (
            "security/test_egress_alyx.py",
            "security/test_egress_store.py",
        ),
    ),
    50: Attack("a store that ignores the policy", ("unit/store/test_scoped_keys.py",)),
    51: Attack(
        "keys of a prefix used outside of it",
        ("integration/store/test_scoped.py",),
        needs="MinIO: CAGELAB_TEST_MINIO names its program",
    ),
    52: Attack("a Host that is not this computer", ("security/test_gateway.py",)),
    53: Attack("what a browser marks as a page's", ("security/test_gateway.py",)),
    54: Attack("what a page can send unasked", ("security/test_gateway.py",)),
    55: Attack("a missing, wrong or guessed token", ("security/test_gateway.py",)),
    56: Attack(
        "another account of this computer with the token",
        ("security/test_gateway.py",),
        needs="root, to become another account",
    ),
    57: Attack("connections that say nothing, or little", ("security/test_gateway.py",)),
    58: Attack("requests that two programs read differently", ("security/test_gateway.py",)),
    59: Attack("an exception whose text is a secret", ("security/test_gateway.py",)),
    60: Attack("a token file or folder that others can reach", ("security/test_token_file.py",)),
    61: Attack("the token of before a restart", ("security/test_restart.py",)),
    62: Attack(
        "a page in a real browser",
        why_not="needs a browser, which no test brings; all that a page can send is sent byte by byte in 52 to 54",
    ),
    63: Attack("options of ssh instead of a computer", ("security/test_pairing_ssh.py",), needs="OpenSSH"),
    64: Attack("answers to `pair` that are none", ("security/test_pairing_ssh.py",), needs="OpenSSH"),
    65: Attack("a known name with a new certificate", ("security/test_pairing_ssh.py",), needs="OpenSSH"),
    66: Attack(
        "a device id that is cut or one letter off",
        (
            "security/test_pairing_ssh.py",
            "unit/identity/test_device_ids.py",
        ),
    ),
    67: Attack(
        "keyrings that are absent, locked, hanging or of plain text",
        ("security/test_secrets_at_rest.py",),
        needs="gnome-keyring and dbus",
    ),
    68: Attack("a secret that Windows cannot hold", ("security/test_secrets_at_rest.py",)),
    69: Attack("a keyring that gives back something else", ("security/test_secrets_at_rest.py",)),
    70: Attack(
        "every secret, searched for after a whole session and every fault", ("security/canary/test_canaries.py",)
    ),
    71: Attack("a planted secret that must be found", ("security/canary/test_canaries.py",)),
    72: Attack("the process list and environments, as another account", ("security/test_leaks.py",)),
    73: Attack("a debugger of the same account", ("security/test_leaks.py",)),
    74: Attack("a support bundle", why_not="the bridge makes no support bundle, so that there is none to leak"),
}
