# SPDX-License-Identifier: Apache-2.0
"""Notifications as programs that are not ours read them: Python's e-mail package, and an analyser of our own making."""
import email
import email.header
import email.policy
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from analyser import NoReport, analyse  # noqa: E402

BUILD = Path(os.environ.get("POSTHOUSE_BINARY", Path(__file__).parents[2] / "build/debug/posthouse")).resolve().parent
KINDS = ("failed", "delayed", "delivered", "relayed", "expanded")
SUBJECTS = {
    "failed": "Your letter could not be delivered", "delayed": "Your letter is delayed",
    "delivered": "Your letter was delivered", "relayed": "Your letter was passed on",
    "expanded": "Your letter was delivered and passed on",
    "mixed": "Your letter could not be delivered to some of its recipients",
    "double_bounce": "A notification could not be delivered",
    "failed_chinese": "您的邮件未能送达", "delayed_chinese": "您的邮件延迟送达", "delivered_chinese": "您的邮件已送达",
    "relayed_chinese": "您的邮件已转交", "expanded_chinese": "您的邮件已送达并转发",
    "own_words": "Письмо fred@example.com не доставлено, к сожалению, ни одному из его получателей",
}
NAMES = sorted([*SUBJECTS, "whole", "whole_8bit", "global", "global_header", "global_to_ascii", "global_words_to_ascii",
                "hostile", "many"])


@pytest.fixture(scope="session")
def specimens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("specimens")
    subprocess.run([BUILD / "tests/mail_test", "--gtest_brief=1", "--gtest_filter=NotificationSpecimens.*"], check=True,
                   capture_output=True, env=os.environ | {"POSTHOUSE_SPECIMENS": str(folder)})
    letters = {path.stem: path.read_bytes() for path in folder.glob("*.eml")}
    assert sorted(letters) == NAMES
    return letters


@pytest.fixture(params=NAMES)
def specimen(request, specimens):
    return request.param, specimens[request.param]


def parts_with_defects(letter):
    return [(part.get_content_type(), part.defects) for part in letter.walk() if part.defects]


# ---- every letter -------------------------------------------------------------------------------

def test_pythons_reader_finds_three_parts_and_nothing_wrong(specimen):
    name, text = specimen
    letter = email.message_from_bytes(text, policy=email.policy.default)
    assert letter.get_content_type() == "multipart/report" and letter.get_param("report-type") == "delivery-status"
    assert len(letter.get_payload()) == 3
    encoded = {"message/global", "message/global-headers", "message/global-delivery-status"}  # Python does not decode these.
    assert [defect for kind, defect in parts_with_defects(letter) if kind not in encoded] == []
    if name not in ("global", "global_header"):  # To it, an address beyond ASCII is a defect.
        assert [value.defects for value in letter.values() if value.defects] == []


def test_the_analyser_finds_a_report(specimen):
    name, text = specimen
    report = analyse(text)
    assert len(report.told) == {"mixed": 3, "many": 2001}.get(name, 1)
    assert report.about["reporting-mta"] == "dns; mx.example.org"
    assert report.fields["auto-submitted"] == "auto-replied"
    assert report.fields["mime-version"] == "1.0"


def test_lines_are_whole_and_short(specimen):
    name, text = specimen
    assert text.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", text)
    assert max(map(len, text.split(b"\r\n"))) <= 998
    header = text.partition(b"\r\n\r\n")[0].decode()
    assert max(map(len, header.split("\r\n"))) <= 78
    if name not in ("global", "global_header"):
        assert header.isascii()


def test_only_what_says_so_is_8_bit(specimen):
    name, text = specimen
    eight_bit = name in ("whole_8bit", "global", "global_header")
    assert text.isascii() != eight_bit
    assert (analyse(text).fields.get("content-transfer-encoding") == "8bit") == eight_bit


@pytest.mark.parametrize("before, after", [(b"report-type=delivery-status", b"report-type=x"), (b"Action: failed", b"Action: lost"),
                                           (b"Status: 5.1.1", b"Status: 511"), (b"the body", b"the b\xc3\xb6dy"),
                                           (b"Reporting-MTA", b"Reporting"), (b"--\r\n", b"\r\n")])
def test_the_analyser_would_find_a_mistake(specimens, before, after):
    assert before in specimens["whole"]
    with pytest.raises(NoReport):
        analyse(specimens["whole"].replace(before, after))


# ---- what is in them ----------------------------------------------------------------------------

@pytest.mark.parametrize("name", SUBJECTS)
def test_the_subject_says_what_happened(specimens, name):
    letter = email.message_from_bytes(specimens[name], policy=email.policy.default)
    assert letter["Subject"] == SUBJECTS[name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["", "_chinese"])
def test_the_fields_say_what_happened_in_every_language(specimens, kind, language):
    report = analyse(specimens[kind + language])
    told = report.told[0]
    assert (told.action, told.recipient, told.address_type) == (kind, "nobody@example.net", "rfc822")
    assert told.status == {"failed": "5.1.1", "delayed": "4.4.1"}.get(kind, "2.0.0")
    assert told.original == "rfc822; Nobody@example.net"
    assert told.remote == "dns; mail.example.net"
    assert told.diagnostic == "smtp; 550 5.1.1 No such user"
    assert told.fields["last-attempt-date"] == "Fri, 21 Nov 1997 15:54:06 +0000"
    assert told.fields["final-log-id"] == "7qhzra5zx0f74"
    assert told.fields.get("will-retry-until") == ("Wed, 26 Nov 1997 15:55:06 +0000" if kind == "delayed" else None)
    assert report.about == {"original-envelope-id": "QQ314159", "reporting-mta": "dns; mx.example.org",
                            "received-from-mta": "dns; [192.0.2.9]", "arrival-date": "Fri, 21 Nov 1997 11:55:06 +0000"}
    assert "nobody@example.net" in report.text
    assert report.text.isascii() != bool(language)


def test_pythons_reader_finds_the_same_fields(specimens):
    letter = email.message_from_bytes(specimens["mixed"], policy=email.policy.default)
    about, *told = letter.get_payload(1).get_payload()
    assert about["Original-Envelope-Id"] == "QQ314159"
    assert [(one["Final-Recipient"], one["Action"], one["Status"]) for one in told] == [
        ("rfc822; nobody@example.net", "delivered", "2.0.0"), ("rfc822; lost@example.net", "failed", "5.1.1"),
        ("rfc822; postmaster@mx.example.org", "delayed", "4.4.1")]


def test_a_failed_letter_comes_back_as_it_was_asked_for(specimens):
    returned = analyse(specimens["failed"]).returned
    assert returned.type == "text/rfc822-headers" and b"the original" in returned.content and b"body" not in returned.content
    whole = analyse(specimens["whole"]).returned
    assert whole.type == "message/rfc822" and whole.content.endswith(b"\r\n\r\nthe body\r\n")
    eight_bit = analyse(specimens["whole_8bit"]).returned
    assert eight_bit.type == "message/rfc822" and "the body, 驿站\r\n".encode() in eight_bit.content
    letter = email.message_from_bytes(specimens["whole_8bit"], policy=email.policy.default)
    assert letter.get_payload(2).get_payload(0).get_content().strip() == "the body, 驿站"


@pytest.mark.parametrize("name", ["global", "global_to_ascii", "global_words_to_ascii"])
def test_a_global_letter_comes_back_to_the_byte(specimens, name):
    returned = analyse(specimens[name]).returned
    assert returned.type == "message/global"
    assert returned.content == "Message-ID: <1@example.com>\r\nSubject: 驿站\r\n\r\nthe body, 驿站\r\n".encode()


def test_global_addresses_are_written_for_who_reads_them(specimens):
    encoded = r"utf-8; \x{6536}\x{4EF6}\x{4EBA}@example.net"
    to_ascii = analyse(specimens["global_to_ascii"])
    assert to_ascii.status.type == "message/delivery-status"
    assert [to_ascii.told[0].fields["final-recipient"], to_ascii.told[0].original] == [encoded, encoded]
    for name in ("global", "global_words_to_ascii"):
        report = analyse(specimens[name])
        assert report.status.type == "message/global-delivery-status"
        told = report.told[0]
        assert [told.recipient, told.original] == ["收件人@example.net", "utf-8; 收件人@example.net"]
        assert told.diagnostic == "smtp; 550 5.1.1 没有这个用户"
    assert analyse(specimens["global_header"]).returned.type == "message/global-headers"


def test_what_others_said_changes_nothing(specimens):
    report = analyse(specimens["hostile"])
    assert [(told.action, told.status, told.recipient) for told in report.told] == [("failed", "5.1.1", "nobody@example.net")]
    assert report.about["original-envelope-id"] == "x  Final-Recipient: rfc822; other@example.net"
    assert "\x1b" not in report.text
    assert report.returned.content == b"Subject: a\r\n b\xff\r\n--report-2mxexampleorg: x\r\n"


def test_many_recipients_are_all_told_of(specimens):
    report = analyse(specimens["many"])
    assert report.told[-1].recipient == "p1999@example.net"
    assert {told.status for told in report.told[1:]} == {"5.2.2"}
    assert {told.diagnostic for told in report.told[1:]} == {"x-posthouse; mailbox full"}


def test_the_senders_name_is_legible(specimens):
    def name(of):
        return email.message_from_bytes(specimens[of], policy=email.policy.default)["From"].addresses[0].display_name
    assert name("failed") == "Mail Delivery System"
    assert name("failed_chinese") == "邮件投递系统"
    assert name("own_words") == "Почта (служба)"


def test_a_double_bounce_is_the_postmasters(specimens):
    report = analyse(specimens["double_bounce"])
    assert report.fields["to"] == "<postmaster@example.org>"
    assert "Nobody else is told." in report.text
