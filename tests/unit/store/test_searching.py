"""Secrets in the bytes of files."""

from __future__ import annotations

import json
import random
import struct
import time
import zlib
from pathlib import Path
from urllib.parse import quote

import h5py
import numpy as np
import pytest

from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.ports import SHORTEST_WATCHED, Watched
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.hashing import PIECE, hash_file
from cagelab_bridge.store.searching import SAMPLE, Search

TEXT = 'pass "word" ñ/31c7'
PLAIN = "correct-horse-31c7"
WATCHED = (Watched(name="odd", secret=Secret(TEXT)), Watched(name="plain", secret=Secret(PLAIN)))
NOISE = random.Random(4).randbytes(5000)


def found(data: bytes, *, piece: int = 1 << 20) -> tuple[str, ...]:
    search = Search(WATCHED)
    for start in range(0, len(data), piece):
        search.feed(data[start : start + piece])
    return search.found


FORMS = [
    pytest.param(TEXT.encode(), id="utf-8"),
    pytest.param(TEXT.encode("utf-16-le"), id="utf-16-le"),
    pytest.param(TEXT.encode("utf-16-be"), id="utf-16-be"),
    pytest.param(TEXT.encode("utf-32-le"), id="utf-32"),
    pytest.param(TEXT.encode("latin-1"), id="latin-1"),
    pytest.param(json.dumps(TEXT).encode(), id="json"),
    pytest.param(json.dumps(TEXT, ensure_ascii=False).encode("utf-16-le"), id="json in utf-16"),
    pytest.param(quote(TEXT, safe="").encode(), id="url"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_spelling(form: bytes) -> None:
    """Wherever it lies, between whatever bytes, and cut by the borders of what is read at once."""
    assert found(NOISE + form + NOISE) == ("odd",)
    assert found(bytes(SAMPLE) + form + bytes(3)) == ("odd",)  # many zeros are taken out in another way than few
    for piece in (1, 7, len(form) - 1, 4999, 5001):
        assert found(NOISE + form + NOISE, piece=piece) == ("odd",), piece


def test_nothing_is_found_where_nothing_is() -> None:
    """Neither in noise, nor in zeros, nor in most of a secret."""
    for data in (b"", NOISE, bytes(100_000), TEXT[:-1].encode(), PLAIN[1:].encode("utf-16-le")):
        assert found(data) == ()


def test_both_of_two_are_named_once() -> None:
    """In the order of their names."""
    assert found((PLAIN + TEXT + PLAIN).encode()) == ("odd", "plain")


def test_short_secrets_are_not_searched_for() -> None:
    """They would be found by chance and block everything."""
    for length in (1, SHORTEST_WATCHED - 1):
        search = Search((Watched(name="short", secret=Secret("a" * length)),))
        search.feed(b"a" * 100)
        assert search.found == ()


def mat_file(*variables: bytes, order: str = "<") -> bytes:
    """A MAT-file of version 5 with compressed variables, as `save` writes it."""
    header = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124) + struct.pack(f"{order}H", 0x0100)
    header += b"IM" if order == "<" else b"MI"
    body = b"".join(struct.pack(f"{order}II", 15, len(packed)) + packed for packed in map(zlib.compress, variables))
    return header + body


@pytest.mark.parametrize("order", ["<", ">"])
def test_compressed_variables_of_a_mat_file_are_looked_into(order: str) -> None:
    """Today's CageLab saves its password so; also cut anywhere, and after a variable that is damaged or not packed."""
    held = bytes(3_000_000) + PLAIN.encode("utf-16-le" if order == "<" else "utf-16-be") + NOISE
    whole = mat_file(NOISE, held, b"after", order=order)
    assert PLAIN.encode() not in whole
    for piece in (1 << 20, 1000, 127):
        assert found(whole, piece=piece) == ("plain",)
    plain_element = struct.pack(f"{order}II", 14, 16) + bytes(16)
    damaged = struct.pack(f"{order}II", 15, 100) + NOISE[:100]
    assert found(whole[:128] + plain_element + damaged + whole[128:]) == ("plain",)
    assert found(whole[:-1]) == ("plain",)
    assert found(mat_file(NOISE, order=order)) == ()


def test_what_only_looks_like_a_mat_file_is_no_trouble() -> None:
    """Any bytes after its header, a header alone, and a length that leads beyond the end."""
    head = mat_file()
    for rest in (b"", NOISE, struct.pack("<II", 15, 2**32 - 1) + NOISE, struct.pack("<II", 15, 0) * 5):
        assert found(head + rest) == ()
        assert found(head + rest, piece=3) == ()


def test_text_in_hdf5_is_found_and_packed_chunks_are_not(tmp_path: Path) -> None:
    """MATLAB's v7.3 writes characters as UTF-16; the README says that compressed parts are not looked into."""
    letters = np.frombuffer(PLAIN.encode("utf-16-le"), dtype="<u2")
    for name, options in (("plain.mat", {}), ("packed.mat", {"compression": "gzip", "chunks": True})):
        with h5py.File(tmp_path / name, "w", userblock_size=512) as file:
            file.create_dataset("password", data=letters, **options)
    leaks = {name: hash_file(LocalFiles(), str(tmp_path / name), WATCHED).leaks for name in ("plain.mat", "packed.mat")}
    assert leaks == {"plain.mat": ("plain",), "packed.mat": ()}


def test_hashes_are_the_same_with_and_without_a_search(tmp_path: Path) -> None:
    """And a secret on the border of two reads is found."""
    path = tmp_path / "video.mp4"
    path.write_bytes(bytes(PIECE - 9) + PLAIN.encode() + NOISE)
    with_search = hash_file(LocalFiles(), str(path), WATCHED)
    assert with_search.leaks == ("plain",)
    without = hash_file(LocalFiles(), str(path))
    assert (without.md5, without.sha256, without.leaks) == (with_search.md5, with_search.sha256, ())


def test_searching_costs_less_than_hashing(tmp_path: Path) -> None:
    """Four secrets, the bytes of a recording: the best of three readings each."""
    path = tmp_path / "video.mp4"
    path.write_bytes(NOISE * 13_000)  # 65 MB
    four = tuple(
        Watched(name=str(number), secret=Secret(f"{number}-secret-{'x' * 10 * number}")) for number in range(4)
    )
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(3):
        for searching, taken in seconds.items():
            began = time.process_time()
            hash_file(LocalFiles(), str(path), four if searching else ())
            taken.append(time.process_time() - began)
    ratio = min(seconds[True]) / min(seconds[False])
    print(f"\nhashing takes {ratio:.2f} times as long with a search for four secrets")
    assert ratio < 2
