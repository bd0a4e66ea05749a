"""The attacks of the checklist whose tests stand elsewhere under a name of their own, and those that cannot run here.

An attack with a test of its number, `test_attack_07_…`, stands in neither table.
"""

from __future__ import annotations

LAST = 74

# Tests that existed before the checklist, or belong to the part they test: file and name.
ELSEWHERE: dict[int, tuple[tuple[str, str], ...]] = {
    27: (
        ("tests/unit/services/test_sessions.py", "test_a_repeated_start_is_the_same_session"),
        ("tests/unit/services/test_amendments.py", "test_the_same_request_amends_once"),
    ),
    31: (("tests/unit/services/test_leases.py", "test_a_lease_ends_by_itself"),),
    40: (("tests/integration/doors/test_gateway_attacks.py", "test_hostile_bodies_are_refused"),),
    52: (("tests/integration/doors/test_gateway_attacks.py", "test_hostile_requests_are_refused"),),
    53: (("tests/integration/doors/test_gateway_attacks.py", "test_hostile_requests_are_refused"),),
    54: (("tests/integration/doors/test_gateway_attacks.py", "test_hostile_requests_are_refused"),),
    55: (
        ("tests/integration/doors/test_gateway_attacks.py", "test_hostile_requests_are_refused"),
        ("tests/integration/doors/test_gateway_attacks.py", "test_a_guesser_keeps_nobody_out"),
    ),
    56: (("tests/integration/doors/test_gateway_attacks.py", "test_another_account_is_cut_off_even_with_the_token"),),
    57: (
        ("tests/integration/doors/test_gateway_attacks.py", "test_silence_without_a_byte_ends_without_an_answer"),
        ("tests/integration/doors/test_gateway_attacks.py", "test_a_slow_head_is_cut_off"),
        ("tests/integration/doors/test_gateway_attacks.py", "test_a_slow_body_is_cut_off"),
        ("tests/integration/doors/test_gateway_attacks.py", "test_silent_connections_keep_nobody_out"),
    ),
    58: (("tests/integration/doors/test_gateway_attacks.py", "test_hostile_requests_are_refused"),),
    59: (("tests/integration/doors/test_both_doors.py", "test_an_exceptions_text_leaves_through_no_door"),),
    60: (
        ("tests/integration/doors/test_endpoint.py", "test_what_belongs_to_another_account_is_refused"),
        ("tests/integration/doors/test_endpoint.py", "test_a_link_instead_of_the_folder_is_refused"),
        ("tests/integration/doors/test_endpoint.py", "test_an_open_folder_is_refused"),
    ),
}

NOT_RUN_HERE: dict[int, str] = {
    62: "needs a real browser; what a page can send (Host, Origin, Sec-Fetch-*, forms, OPTIONS) is sent by 52 to 54",
    74: "there is no support bundle: the bridge makes none, and so leaks none",
}
