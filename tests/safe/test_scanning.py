"""The search for traces reads whatever lies in a file: sealed letters are random bytes, and may begin like anything."""

import gzip
import io
import random
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from consult.safe.scanning import find_traces, spellings, unpacked

CANARY = "CANARY-OF-SCANNING"
GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"  # as a stream begins


@given(st.binary(max_size=300), st.sampled_from([GZIP, GZIP[:3], b"PK\x03\x04"]), st.binary(max_size=300))
def test_no_bytes_stop_the_search(before, magic, after):
    assert next(unpacked(before + magic + after)) == before + magic + after
    list(unpacked(magic + after))


def test_random_bytes_that_begin_like_a_stream_stop_nothing(tmp_path):
    """This seed's bytes begin a stream with a distance too far back, which is no fault of the operating system's kind."""
    chance = random.Random(3)
    for number in range(400):
        (tmp_path / f"{number:03}").write_bytes(GZIP + chance.randbytes(200))
    (tmp_path / "last").write_text(CANARY)

    assert {trace.place for trace in find_traces([tmp_path], {"it": spellings(CANARY)})} == {str(tmp_path / "last")}


def test_what_a_cut_off_or_damaged_stream_holds_is_found(tmp_path):
    noise = random.Random(1).randbytes(4_000)
    whole = gzip.compress(CANARY.encode() + noise)
    (tmp_path / "cut").write_bytes(whole[:2_000])
    (tmp_path / "damaged").write_bytes(whole[:3_000] + bytes(50) + whole[3_050:])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a", b"x" * 100)
        made.writestr("b", CANARY, zipfile.ZIP_DEFLATED)
    (tmp_path / "zip").write_bytes(
        archive.getvalue().replace(b"x" * 100, b"y" * 100)
    )  # its first member has a wrong sum

    found = {trace.place for trace in find_traces([tmp_path], {"it": spellings(CANARY)})}
    assert found == {str(tmp_path / name) for name in ("cut", "damaged", "zip")}
