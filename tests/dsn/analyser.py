# SPDX-License-Identifier: Apache-2.0
"""Reads a notification as a mailing list's bounce analyser does: with nothing but rules of its own.

It knows no e-mail library: boundaries, encodings and fields are found by looking at the bytes, so that a mistake of a
library (or of ours) does not hide another one.
"""
import base64
import quopri
import re
from dataclasses import dataclass, field

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


class NoReport(Exception):
    """It is not what a notification has to be."""


@dataclass
class Part:
    fields: dict
    content: bytes  # decoded

    @property
    def type(self):
        return self.fields.get("content-type", "text/plain").split(";")[0].strip().lower()


@dataclass
class Told:
    recipient: str
    address_type: str
    action: str
    status: str
    diagnostic: str = ""
    original: str = ""
    remote: str = ""
    fields: dict = field(default_factory=dict)


@dataclass
class Report:
    fields: dict  # of its header
    text: str
    status: Part
    about: dict  # the fields about the letter
    told: list
    returned: Part


def fields_of(block):
    """Names in lower case and unfolded values; a field twice is a mistake."""
    fields = {}
    for line in re.split(rb"\r\n(?![ \t])", block):
        if not line:
            continue
        name, colon, value = line.partition(b":")
        if not colon or not re.fullmatch(rb"[!-9;-~]+", name):
            raise NoReport(f"no field: {line!r}")
        key = name.decode().lower()
        if key in fields:
            raise NoReport(f"{key} is there twice")
        fields[key] = re.sub(rb"\r\n(?=[ \t])", b"", value).decode("utf-8").strip()
    return fields


def split(letter):
    head, blank, body = letter.partition(b"\r\n\r\n")
    if not blank:
        raise NoReport("no end of the header")
    return fields_of(head), body


def parameter(value, name):
    found = re.search(rf';\s*{name}=(?:"([^"]*)"|([^\s;]+))', value, re.I)
    if not found:
        raise NoReport(f"no {name} in {value}")
    return found[1] or found[2]


def part_of(raw):
    fields, content = ({}, raw[2:]) if raw.startswith(b"\r\n") else split(raw)
    encoding = fields.get("content-transfer-encoding", "7bit").lower()
    if encoding == "7bit" and any(byte > 126 for byte in content):
        raise NoReport("8-bit bytes under 7bit")
    if encoding not in ("7bit", "8bit", "quoted-printable", "base64"):
        raise NoReport(f"an encoding {encoding}")
    if encoding == "base64":
        content = base64.b64decode(content.replace(b"\r\n", b""), validate=True)
    elif encoding == "quoted-printable":
        content = quopri.decodestring(content)
    return Part(fields, content)


def analyse(letter):
    fields, body = split(letter)
    kind = fields["content-type"]
    if not kind.lower().startswith("multipart/report") or parameter(kind, "report-type") != "delivery-status":
        raise NoReport(kind)
    delimiter = b"--" + parameter(kind, "boundary").encode()
    body, end, behind = (b"\r\n" + body).partition(b"\r\n" + delimiter + b"--\r\n")
    if not end or behind:
        raise NoReport("it does not end with its last boundary")
    parts = [part_of(raw) for raw in body.split(b"\r\n" + delimiter + b"\r\n")[1:]]
    if [len(parts), parts[0].type] != [3, "text/plain"]:
        raise NoReport(f"parts: {[part.type for part in parts]}")
    if parts[1].type not in STATUS_TYPES or parts[2].type not in RETURNED_TYPES:
        raise NoReport(f"parts: {[part.type for part in parts]}")
    if any(byte > 126 for byte in body) and fields.get("content-transfer-encoding") != "8bit":
        raise NoReport("8-bit parts in what says it is 7bit")
    groups = [fields_of(group) for group in parts[1].content.split(b"\r\n\r\n") if group.strip()]
    if "reporting-mta" not in groups[0] or len(groups) < 2:
        raise NoReport("nobody reports of anybody")
    return Report(fields, parts[0].content.decode("utf-8"), parts[1], groups[0], [told_of(g) for g in groups[1:]], parts[2])


def told_of(fields):
    kind, _, address = fields["final-recipient"].partition(";")
    action = fields["action"].lower()
    if action not in ("failed", "delayed", "delivered", "relayed", "expanded"):
        raise NoReport(f"an action {action}")
    if not re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", fields["status"]):
        raise NoReport(f"a status {fields['status']}")
    return Told(address.strip(), kind.strip().lower(), action, fields["status"], fields.get("diagnostic-code", ""),
                fields.get("original-recipient", ""), fields.get("remote-mta", ""), fields)
