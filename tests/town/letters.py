# SPDX-License-Identifier: Apache-2.0
"""Letters to send, and what is known of them when they arrive."""
import secrets
from dataclasses import dataclass

PLAIN = b"Greetings from the other end of the town.\r\n"
# What tends to get lost on the way.
AWKWARD = (b".\r\n..\r\n.hidden\r\n" + "驿站, naïveté, Ж\r\n".encode() + bytes(range(0x80, 0x100)) + b"\r\n" +
           b"two spaces at the end  \r\n\ttab\r\n\r\n\r\nFrom here\r\n>From there\r\n" + b"x" * 998 + b"\r\n" +
           b"\r\n.\tdot and tab\r\n\r\n")
LONG_LINES = b"".join(b"%d " % n + b"y" * n + b"\r\n" for n in (999, 1000, 2047, 2048, 4096, 30000))
LARGE = b"".join(b"%07d " % n + b"z" * 66 + b"\r\n" for n in range(20000))  # 1.5 MB


@dataclass(frozen=True)
class Letter:
    token: str  # in its header; names it
    text: bytes

    def __bytes__(self):
        return self.text


def compose(sender="alice@a.test", recipient="bob@b.test", body=PLAIN):
    token = secrets.token_hex(8)
    head = [f"From: <{sender}>", f"To: <{recipient}>", "Subject: a letter", "Date: Mon, 02 Jan 2023 03:04:05 +0000",
            f"Message-ID: <{token}@town.test>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit", f"X-Token: {token}", "X-Folded: one", "\t two  ", " three"]
    return Letter(token, "".join(line + "\r\n" for line in [*head, ""]).encode() + body)


def trace_fields(received, letter):
    """What was put before the letter on its way; fails unless the letter itself arrived byte for byte."""
    assert received.endswith(letter.text), difference(received, letter.text)
    return received[:-len(letter.text)].decode("utf-8", "replace")


def difference(received, text):
    start = received.find(text[:20])
    arrived = received[start:] if start >= 0 else received
    at = next((i for i, (x, y) in enumerate(zip(arrived, text)) if x != y), min(len(arrived), len(text)))
    return (f"the letter changed at byte {at} of {len(text)} ({len(arrived)} arrived): "
            f"{arrived[max(0, at - 40):at + 60]!r} instead of {text[max(0, at - 40):at + 60]!r}")
