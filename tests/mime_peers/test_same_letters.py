# SPDX-License-Identifier: Apache-2.0
"""Thousands of made letters and all sample letters are understood as Python's email package and GMime understand
them, but for what docs/mime.md lists ("Beside GMime and Python")."""
from pathlib import Path

import letters
import peers
import pytest

MADE = 4000
SAMPLES = [*sorted(Path("/usr/lib/python3.11/test/test_email/data").glob("msg_*.txt")),
           *sorted(path for folder in ("header_block_fuzz", "seven_bit_fuzz", "mime_fuzz")
                   for path in Path(__file__).parents[2].joinpath("fuzz/corpus", folder).iterdir())]

# What is different in letters with which oddity: each is a row of docs/mime.md.
DIFFERENCES = {
    "python": {
        "no semicolon": {"parts"},
        "unclosed comment": {"parts"},
        "bad type": {"parts", "content"},
        "missing boundary": {"parts"},
        "empty multipart": {"parts"},
        "junk delimiter": {"parts", "content"},
        "repeated boundary": {"parts"},
        "encoded message": {"parts"},
        "digest": {"parts"},
        "no blank line": {"parts"},
        "bad quoted-printable": {"content"},
        "unclosed": {"content"},
        "text behind header": {"content"},
        "unclosed quote": {"name"},
        "8-bit name": {"name"},
        "bad word": {"subject"},
    },
    "gmime": {
        "no semicolon": {"charset"},
        "unclosed comment": {"charset"},
        "bad type": {"parts"},
        "bare subtype": {"parts"},
        "double type": {"parts"},
        "missing boundary": {"parts"},
        "encoded message": {"parts"},
        "digest": {"parts"},
        "bad quoted-printable": {"content"},
        "junk delimiter": {"content"},
        "no blank line": {"content", "parts", "subject"},
        "text behind header": {"content", "parts", "name", "charset"},
        "unclosed quote": {"name"},
        "split word": {"subject"},
        "mixed line ends": {"content"},
    },
}
# The samples that are read differently, and what in them (docs/mime.md has the reason).
SAMPLE_DIFFERENCES = {
    "python": {
        "data/msg_15.txt": ({"parts"}, "two open multiparts with one boundary"),
        "data/msg_16.txt": ({"parts"}, "message/delivery-status"),
        "data/msg_17.txt": ({"parts"}, "a multipart in which no delimiter stands"),
        "data/msg_25.txt": ({"parts"}, "a multipart without a boundary"),
        "data/msg_31.txt": ({"parts"}, "a multipart in which no delimiter stands"),
        "data/msg_36.txt": ({"parts"}, "message/external-body"),
        "data/msg_39.txt": ({"parts"}, "two open multiparts with one boundary"),
        "data/msg_41.txt": ({"parts"}, "a multipart without a boundary"),
        "data/msg_42.txt": ({"parts"}, "a multipart in which no delimiter stands"),
        "data/msg_43.txt": ({"parts"}, "message/delivery-status"),
        "header_block_fuzz/letter": ({"content", "subject"}, "a field's name with a space before its colon"),
        "mime_fuzz/params": ({"charset"}, "a comment behind a parameter"),
        "mime_fuzz/qp": ({"content"}, "space at a line's end in quoted-printable"),
    },
    "gmime": {
        "data/msg_14.txt": ({"parts"}, "`text` alone"),
        "data/msg_15.txt": ({"content"}, "space at a line's end in quoted-printable"),
        "data/msg_19.txt": ({"parts"}, "text where a header should be"),
        "data/msg_25.txt": ({"parts"}, "a multipart without a boundary"),
        "data/msg_35.txt": ({"content"}, "a line in a header that is no field"),
        "data/msg_38.txt": ({"parts"}, "text where a header should be"),
        "data/msg_39.txt": ({"content"}, "base64 without its padding"),
        "data/msg_41.txt": ({"parts"}, "a multipart without a boundary"),
        "header_block_fuzz/cut": ({"subject"}, "unlabelled 8-bit text in a header"),
        "header_block_fuzz/garbage": ({"content"}, "a line in a header that is no field"),
        "mime_fuzz/broken": ({"parts"}, "a line in a header that is no field"),
        "mime_fuzz/header-up-to-the-delimiter": ({"content"}, "a line in a header that is no field"),
        "mime_fuzz/params": ({"charset"}, "a comment behind a parameter"),
        "mime_fuzz/qp": ({"content"}, "space at a line's end in quoted-printable"),
        "seven_bit_fuzz/digest": ({"parts"}, "a part without a header in a digest"),
    },
}


def shape(letter):
    return [(part.depth, part.kind, part.type) for part in letter.parts]


def compare(our, their):
    """What is different: parts, content, name, charset, subject."""
    if shape(our) != shape(their):
        return {"parts"}
    found = set()
    for ours, theirs in zip(our.parts, their.parts):
        if ours.kind != "leaf":
            continue
        # GMime leaves a part that ends with the letter's last line its CR.
        if theirs.content not in (ours.content, ours.content + b"\r", ours.content.removesuffix(b"\n")):
            found.add("content")
        if theirs.name is not None and ours.name != theirs.name:
            found.add("name")
        if ours.charset != theirs.charset:
            found.add("charset")
    if their.subject is not None and our.subject.split() != their.subject.split():
        found.add("subject")
    return found


@pytest.fixture(scope="module", params=["python", "gmime"])
def peer(request):
    read = peers.python if request.param == "python" else peers.gmime()
    if read is None:
        pytest.skip("GMime's Python binding is not installed")
    return request.param, read


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    found = []
    for seed in range(MADE):
        raw, odd = letters.made(seed)
        path = folder / str(seed)
        path.write_bytes(raw)
        found.append((raw, odd, path))
    return [(raw, odd, our) for (raw, odd, _), our in zip(found, peers.ours([path for _, _, path in found]))]


def test_made_letters_are_understood_alike(peer, made):
    name, read = peer
    unexplained, used, sound = [], set(), 0
    for raw, odd, our in made:
        sound += not odd
        their = read(raw)
        for what in compare(our, their):
            reasons = {one for one in odd if what in DIFFERENCES[name].get(one, ())}
            if len(odd) == 1:
                used |= reasons
            if not reasons:
                unexplained.append(f"{what} in a letter with {sorted(odd)}:\n{raw[:3000]!r}\nwe: {our}\nthey: {their}\n")
    assert not unexplained, f"{len(unexplained)} of {len(made)}:\n" + "\n".join(unexplained[:5])
    assert used == set(DIFFERENCES[name]), "differences that are none any more"
    assert sound > MADE / 4


def test_sample_letters_are_understood_alike(peer):
    name, read = peer
    assert SAMPLES
    different = {}
    for path, our in zip(SAMPLES, peers.ours(SAMPLES)):
        if found := compare(our, read(path.read_bytes())):
            different[f"{path.parent.name}/{path.name}"] = found
    # Python's samples are there only where its test suite is installed.
    known = {path: what for path, (what, _) in SAMPLE_DIFFERENCES[name].items()
             if any(path == f"{one.parent.name}/{one.name}" for one in SAMPLES)}
    assert different == known
