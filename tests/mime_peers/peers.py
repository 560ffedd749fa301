# SPDX-License-Identifier: Apache-2.0
"""What others make of a letter: Python's email package and GMime. And what we do."""
import os
import subprocess
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header
from pathlib import Path


@dataclass
class Part:
    depth: int
    kind: str  # leaf, multipart, message
    type: str
    charset: str = ""
    name: str = ""
    content: bytes = b""


@dataclass
class Letter:
    subject: str = ""
    parts: list = field(default_factory=list)


def ours(paths):
    binary = Path(os.environ["POSTHOUSE_BINARY"]).parent / "tests/part_lines"
    done = subprocess.run([binary], input="".join(f"{path}\n" for path in paths), text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    letters = []
    for line in done.stdout.splitlines():
        what, *fields = line.split("\t")
        if what == "letter":
            letters.append(Letter(bytes.fromhex(fields[0]).decode()))
        elif what == "part":
            depth, kind, of_type, charset, name, content = fields
            letters[-1].parts.append(Part(int(depth), kind, of_type, bytes.fromhex(charset).decode().lower(),
                                          bytes.fromhex(name).decode(), bytes.fromhex(content)))
    assert len(letters) == len(paths)
    return letters


def joined(words):
    text = ""
    for what, charset in words:
        if isinstance(what, bytes):
            what = what.decode(charset or "latin-1", "replace") if charset != "unknown-8bit" else what.decode("utf-8", "replace")
        text += what
    return text


def python(raw):
    message = message_from_bytes(raw, policy=policy.compat32)
    try:
        subject = joined(decode_header(message.get("Subject", "")))
    except Exception:  # It raises what it likes on broken words.
        subject = None
    letter = Letter(subject)

    def walk(part, depth):
        of_type = part.get_content_type()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            letter.parts.append(Part(depth, "multipart", of_type))
            for child in payload:
                walk(child, depth + 1)
        elif isinstance(payload, list):
            letter.parts.append(Part(depth, "message", of_type, name=name_of(part)))
            for child in payload:
                walk(child, depth + 1)
        else:
            charset = part.get_param("charset", "")
            if isinstance(charset, tuple):
                charset = charset[2]
            letter.parts.append(Part(depth, "leaf", of_type, charset.lower(), name_of(part),
                                     part.get_payload(decode=True) or b""))

    walk(message, 0)
    return letter


def name_of(part):
    try:
        name = part.get_filename("")
        if "=?" in name:
            name = joined(decode_header(name))
        return name
    except Exception:
        return None


def gmime():
    """The function, or None where the library is not installed."""
    try:
        import gi
        gi.require_version("GMime", "3.0")
        from gi.repository import GMime
    except (ImportError, ValueError):
        return None
    GMime.init()

    def read(raw):
        parser = GMime.Parser.new_with_stream(GMime.StreamMem.new_with_buffer(raw))
        parser.set_format(GMime.Format.MESSAGE)
        message = parser.construct_message(None)
        letter = Letter((message.get_subject() or "") if message else None)

        def walk(part, depth):
            content_type = part.get_content_type()
            of_type = f"{content_type.get_media_type()}/{content_type.get_media_subtype()}".lower()
            charset = (content_type.get_parameter("charset") or "").lower()
            if isinstance(part, GMime.Multipart):
                letter.parts.append(Part(depth, "multipart", of_type))
                for i in range(part.get_count()):
                    walk(part.get_part(i), depth + 1)
            elif isinstance(part, GMime.MessagePart):
                letter.parts.append(Part(depth, "message", of_type))
                inner = part.get_message()
                if inner is not None and inner.get_mime_part() is not None:
                    walk(inner.get_mime_part(), depth + 1)
            else:
                content = part.get_content()
                data = b""
                if content is not None:
                    stream = GMime.StreamMem.new()
                    content.write_to_stream(stream)
                    data = bytes(stream.get_byte_array())
                letter.parts.append(Part(depth, "leaf", of_type, charset, part.get_filename() or "", data))

        if message is not None and message.get_mime_part() is not None:
            walk(message.get_mime_part(), 0)
        return letter

    return read
