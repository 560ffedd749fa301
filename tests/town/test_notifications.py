# SPDX-License-Identifier: Apache-2.0
"""What senders are told, in letters that are read as their mail programs read them."""
import email
import email.policy
import smtplib
import sys
from pathlib import Path

import pytest

from letters import compose
from network import inside
from patience import until

sys.path.insert(0, str(Path(__file__).parents[1] / "dsn"))

from analyser import analyse  # noqa: E402

NEVER = "NOTIFY=NEVER"
EVERYTHING = "NOTIFY=SUCCESS,FAILURE,DELAY"
WORDS = """[letter closing]
Ask ${postmaster} about ${letter}.

[failed subject]
Nothing reached them — пробуйте позже
"""


def found_house(town, domain, **sections):
    """alice, bob and boss live there; `team` is both of the first."""
    host = town.found_posthouse(domain, **sections)
    aliases = host.folder / "aliases"
    aliases.write_text(f"team: alice@{domain}, bob@{domain}\n")
    host.config["tables"] = {"aliases": [aliases]}
    host.config.setdefault("notifications", {})["postmaster"] = f"boss@{domain}"
    host.config["queue"]["warn_after"] = "2s"
    host.start()
    for person in ("alice", "bob", "boss"):
        host.add_user(person)
    return host


@pytest.fixture(scope="module")
def news(town):
    host = found_house(town, "news.test")
    yield host
    town.remove(host)


@pytest.fixture
def stub(town):
    """A host for a domain of its own: (the host, the domain)."""
    def found(**manners):
        domain = f"s{len(town.stubs)}.test"
        host = town.found_stub(f"mx.{domain}", **manners).open()
        town.dns.publish(f"{domain}. MX 10 mx.{domain}.")
        return host, domain
    return found


def send(town, host, recipients, sender=None, terms=(), options=(), body=None):
    """By Python's own client. `terms` are every recipient's; the ENVID is the letter's token, which is returned."""
    sender = f"alice@{host.domain}" if sender is None else sender
    letter = compose(sender=sender or "nobody@nowhere.test", recipient=recipients[0], **({"body": body} if body else {}))
    with inside(town.desk):
        client = smtplib.SMTP(host.address, 25, local_hostname="desk.test", timeout=20)
    with client:
        client.ehlo()
        assert client.has_extn("dsn")
        refused = client.sendmail(sender, recipients, bytes(letter), ["BODY=8BITMIME", f"ENVID={letter.token}", *options], terms)
        assert refused == {}
    return letter


def reports_about(host, token, reader="alice"):
    """Of that ENVID, taken out of the mailbox."""
    return [(analyse(text), email.message_from_bytes(text, policy=email.policy.default))
            for text in host.letters_of(f"{reader}@{host.domain}", f"Original-Envelope-Id: {token}\r\n".encode())]


def told(host, token, reader="alice", patience=30):
    """The one report about it."""
    found = until(lambda: reports_about(host, token, reader) or None, f"a notification about {token}", patience)
    assert len(found) == 1
    report, letter = found[0]
    assert letter["Return-Path"] == "<>" and letter["Auto-Submitted"] == "auto-replied"
    return report, letter


def test_a_failure_is_told_with_everything_that_is_known_of_it(town, news, stub):
    _, domain = stub(recipient_replies=["550 5.1.1 No such user here"])
    letter = send(town, news, [f"fred@{domain}"], terms=["ORCPT=rfc822;Fred+2Bx@" + domain])
    report, read = told(news, letter.token)
    one = report.told[0]
    assert (one.action, one.status, one.recipient) == ("failed", "5.1.1", f"fred@{domain}")
    assert one.original == f"rfc822; Fred+x@{domain}"
    assert one.remote == f"dns; mx.{domain}"
    assert one.diagnostic.startswith("smtp; 550 5.1.1 No such user here")
    assert report.about["reporting-mta"] == "dns; mx.news.test"
    assert {"arrival-date", "received-from-mta"} <= set(report.about)
    assert {"last-attempt-date", "final-log-id"} <= set(one.fields)
    assert read["Subject"] == "Your letter could not be delivered"
    assert f"<fred@{domain}>" in report.text and "No such user here" in report.text
    assert report.returned.type == "text/rfc822-headers" and letter.token.encode() in report.returned.content
    assert one.fields["final-log-id"] in news.ask("trace", one.fields["final-log-id"])


@pytest.mark.parametrize("option, type_, has_body", [("RET=FULL", "message/rfc822", True),
                                                     ("RET=HDRS", "text/rfc822-headers", False)])
def test_as_much_of_the_letter_comes_back_as_was_asked_for(town, news, stub, option, type_, has_body):
    _, domain = stub(recipient_replies=["550 5.1.1 No"])
    letter = send(town, news, [f"fred@{domain}"], options=[option], body="the body, 驿站\r\n".encode())
    returned = told(news, letter.token)[0].returned
    assert returned.type == type_
    assert returned.content.endswith(letter.text) == has_body
    assert b"Subject: a letter\r\n" in returned.content


def test_a_delay_is_told_once_and_says_how_long_it_goes_on(town, news, stub):
    host, domain = stub(recipient_replies=["451 4.3.0 Later"] * 1000)
    letter = send(town, news, [f"fred@{domain}"])
    report, read = told(news, letter.token)
    one = report.told[0]
    assert (one.action, one.status[0]) == ("delayed", "4")
    assert "will-retry-until" in one.fields and "Later" in one.diagnostic
    assert read["Subject"] == "Your letter is delayed"
    before = host.connections
    until(lambda: host.connections > before + 2, "more attempts")
    assert reports_about(news, letter.token) == []


def test_a_delay_is_not_told_where_that_was_not_asked_for(town, news, stub):
    host, domain = stub(recipient_replies=["451 4.3.0 Later"] * 5)
    letter = send(town, news, [f"fred@{domain}"], terms=["NOTIFY=FAILURE"])
    until(lambda: host.taken or None, "it is taken at last")
    assert reports_about(news, letter.token) == []


def test_a_delivery_is_told_where_that_was_asked_for(town, news):
    silent = send(town, news, ["bob@news.test"])
    letter = send(town, news, ["bob@news.test"], terms=[EVERYTHING])
    report, read = told(news, letter.token)
    one = report.told[0]
    assert (one.action, one.status[0], one.recipient) == ("delivered", "2", "bob@news.test")
    assert read["Subject"] == "Your letter was delivered"
    assert report.returned.type == "text/rfc822-headers"
    news.arrived(letter)
    news.arrived(silent)
    assert reports_about(news, silent.token) == []


def test_a_letter_for_a_host_without_notifications_is_told_to_be_relayed(town, news, stub):
    _, domain = stub()
    letter = send(town, news, [f"fred@{domain}"], terms=[EVERYTHING])
    report, _ = told(news, letter.token)
    one = report.told[0]
    assert (one.action, one.status[0]) == ("relayed", "2")
    assert one.remote == f"dns; mx.{domain}"


def test_a_host_with_notifications_is_asked_to_tell_itself(town, news, stub):
    host, domain = stub(extensions=("8BITMIME", "PIPELINING", "DSN"))
    letter = send(town, news, [f"fred@{domain}"], terms=[EVERYTHING, f"ORCPT=rfc822;Fred@{domain}"], options=["RET=FULL"])
    until(lambda: host.taken or None, "the letter at the stub")
    sender = next(command for command in host.commands if command.startswith("MAIL"))
    recipient = next(command for command in host.commands if command.startswith("RCPT"))
    assert "RET=FULL" in sender and f"ENVID={letter.token}" in sender
    assert f"ORCPT=rfc822;Fred@{domain}" in recipient
    assert sorted(recipient.partition("NOTIFY=")[2].split()[0].split(",")) == ["DELAY", "FAILURE", "SUCCESS"]
    after = send(town, news, ["bob@news.test"], terms=[EVERYTHING])
    told(news, after.token)
    assert reports_about(news, letter.token) == []


def test_an_alias_of_several_is_told_to_be_expanded(town, news):
    letter = send(town, news, ["team@news.test"], terms=[EVERYTHING])
    report, _ = told(news, letter.token)
    assert [(one.action, one.recipient) for one in report.told] == [("expanded", "team@news.test")]
    news.arrived(letter, "bob")
    assert reports_about(news, letter.token) == []


def test_one_letter_tells_of_those_who_got_it_and_of_those_who_did_not(town, news, stub):
    _, domain = stub(recipient_replies=["550 5.7.1 Not you"])
    letter = send(town, news, [f"fred@{domain}", "bob@news.test"], terms=[EVERYTHING])
    found = []

    def both():
        found.extend(reports_about(news, letter.token))
        return sum(len(report.told) for report, _ in found) == 2
    until(both, "both are told of")
    assert sorted(one.action for report, _ in found for one in report.told) == ["delivered", "failed"]


def test_nobody_is_told_who_did_not_want_to_be(town, news, stub):
    _, domain = stub(recipient_replies=["550 5.1.1 No"] * 2)
    quiet = send(town, news, [f"fred@{domain}"], terms=[NEVER])
    wanted = send(town, news, [f"fred@{domain}"], terms=["NOTIFY=FAILURE"])
    told(news, wanted.token)
    assert reports_about(news, quiet.token) == []
    assert reports_about(news, quiet.token, "boss") == []


def test_a_double_bounce_is_the_postmasters(town, news, stub):
    _, domain = stub(recipient_replies=["550 5.1.1 No"])
    letter = send(town, news, [f"fred@{domain}"], sender="")
    report, read = told(news, letter.token, "boss")
    assert read["Subject"] == "A notification could not be delivered"
    assert [(one.action, one.recipient) for one in report.told] == [("failed", f"fred@{domain}")]
    assert reports_about(news, letter.token, "alice") == []


def test_a_notification_nobody_takes_ends_at_the_postmaster(town, news, stub):
    """The failure's sender is at a host that refuses him too."""
    _, domain = stub(recipient_replies=["550 5.1.1 No"] * 10)
    send(town, news, [f"fred@{domain}"], sender=f"gone@{domain}")
    found = until(lambda: news.letters_of("boss@news.test", f"gone@{domain}".encode()) or None, "a double bounce")
    assert len(found) == 1
    assert [(one.action, one.recipient) for one in analyse(found[0]).told] == [("failed", f"gone@{domain}")]


def test_senders_are_told_in_chinese(town, stub):
    host = found_house(town, "zh.test", notifications={"language": "chinese"})
    try:
        _, domain = stub(recipient_replies=["550 5.1.1 No such user"])
        letter = send(town, host, [f"fred@{domain}"])
        report, read = told(host, letter.token)
        assert read["Subject"] == "您的邮件未能送达"
        assert "您的邮件未能送达以下收件人" in read.get_payload(0).get_content()
        assert report.told[0].action == "failed"
    finally:
        town.remove(host)


def test_senders_are_told_in_the_administrators_words_and_a_wrong_file_is_refused(town, house, stub):
    words = house.folder / "words.txt"
    words.write_text("[failed subject]\n${nobody}\n")
    house.config["notifications"] = {"template_file": words}
    house.write_config()
    code, said = house.run_to_its_end()
    assert code != 0 and any(f"{words}:2: there is no placeholder ${{nobody}}" in line for line in said), said
    words.write_text(WORDS)
    house.start()
    house.add_user("alice")
    _, domain = stub(recipient_replies=["550 5.1.1 No such user"])
    letter = send(town, house, [f"fred@{domain}"])
    report, read = told(house, letter.token)
    assert " ".join(read["Subject"].split()) == "Nothing reached them — пробуйте позже"
    assert f"about {report.told[0].fields['final-log-id']}." in report.text
