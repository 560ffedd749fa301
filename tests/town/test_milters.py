# SPDX-License-Identifier: Apache-2.0
"""Letters through mail filters: one of Sendmail's own library that does whatever a letter tells it, and real ones."""
import itertools
import re
import subprocess

import pytest

from letters import LARGE, compose, trace_fields
from mail_filters import Filter, NoFilter, body_of, build_test_filter, fields_of, ordered, values, with_fields
from patience import until

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def test_filter(town):
    try:
        return build_test_filter(town.folder)
    except NoFilter as reason:
        pytest.skip(str(reason))


def found_house(town, *people):
    house = town.found_posthouse(f"m{next(numbers)}.test")
    house.people = people or ("bob",)
    return house


def open_house(house):
    house.start()
    for person in house.people:
        house.add_user(person)
    return house


@pytest.fixture(scope="module")
def filtered(town, test_filter):
    """A Posthouse with the test filter, which wants all that there is to hear."""
    house = found_house(town, "alice", "bob", "carol")
    socket = house.folder / "test.sock"
    house.filter = Filter(house, "test", [test_filter, f"local:{socket}", "all"], "ready", end_timeout="5s",
                          command_timeout="5s").start()
    yield open_house(house)
    town.remove(house)


def address(house, name="bob"):
    return f"{name}@{house.domain}"


def through(house, *orders, **how):
    """A letter with these orders as it lies in bob's mailbox."""
    letter = ordered(*orders, recipient=address(house), **how)
    house.submit(letter, "alice@a.test", address(house))
    return letter, house.arrived(letter)


def refused(house, letter, sender="alice@a.test", recipient=None):
    """The reply to the letter's end."""
    with house.smtp() as client:
        client.hello()
        client.begin(sender, [recipient or address(house)])
        return client.finish(letter)


# ---- Changes --------------------------------------------------------------------------------


def test_a_letter_that_no_filter_changes_arrives_byte_for_byte(filtered):
    letter, received = through(filtered)
    trace_fields(received, letter)


def test_fields_are_added_where_the_filter_says(filtered):
    letter, received = through(filtered, "add X-Last one", "insert 1 X-After after", "insert 0 X-Top top",
                               "insert 3 X-Behind behind", "insert 999 X-End end")
    names = [name for name, _ in fields_of(received)]
    top = names.index("X-Top")
    assert names[top:top + 5] == ["X-Top", "Received", "X-After", "X-Behind", "From"], names
    assert names[-2:] == ["X-Last", "X-End"], names
    assert values(received, "X-Last") == ["one"]
    assert body_of(received) == body_of(letter.text)


def test_fields_are_changed_and_removed_by_their_number(filtered):
    letter = with_fields(compose(recipient=address(filtered)), "X-Many: 1", "X-Many: 2", "X-Many: 3",
                         "X-Do: change 2 x-many two", "X-Do: delete 1 X-Many", "X-Do: delete 1 Subject",
                         "X-Do: change 9 X-New new")
    filtered.submit(letter, "alice@a.test", address(filtered))
    received = filtered.arrived(letter)
    assert values(received, "X-Many") == ["two", "3"]
    assert values(received, "Subject") == []
    assert values(received, "X-New") == ["new"]


def test_a_filter_cannot_end_the_header_with_a_value(filtered):
    letter, received = through(filtered, "inject", "fold X-Folded-Here")
    assert values(received, "X-Injected") == []
    assert "X-Injected: b" in values(received, "X-Innocent")[0]
    assert values(received, "X-Folded-Here") == ["one\ttwo three"]
    assert body_of(received) == body_of(letter.text)


def test_the_body_is_replaced(filtered):
    letter, received = through(filtered, "body first line", "body second line", "add X-Too yes")
    assert body_of(received) == b"first line\r\nsecond line\r\n"
    assert values(received, "X-Too") == ["yes"]


@pytest.mark.parametrize("orders", [[], ["add X-Large yes"], ["large-body 2000"]], ids=["not", "header", "body"])
def test_large_letters_are_changed_too(filtered, orders):
    letter, received = through(filtered, *orders, body=LARGE)
    if not orders:
        trace_fields(received, letter)
    assert body_of(received) == ((b"r" * 1022 + b"\r\n") * 2000 if "large-body 2000" in orders else LARGE)
    assert values(received, "X-Large") == (["yes"] if "add X-Large yes" in orders else [])
    assert filtered.filter.lines("end ")[-1].startswith(f"end {len(LARGE)} in ")


def test_recipients_are_added_and_removed(filtered):
    letter = ordered(f"add-recipient <{address(filtered, 'carol')}>", f"delete-recipient <{address(filtered)}>",
                     f"add-recipient-with <{address(filtered, 'alice')}> NOTIFY=NEVER", recipient=address(filtered))
    filtered.submit(letter, "alice@a.test", address(filtered))
    for person in ("carol", "alice"):
        trace_fields(filtered.arrived(letter, person), letter)
    assert filtered.letters_of(address(filtered), letter.token.encode()) == []


def test_a_letter_that_is_left_without_recipients_is_dropped(filtered):
    letter = ordered(f"delete-recipient <{address(filtered)}>")
    assert refused(filtered, letter).code == 250
    until(lambda: "event=letter.discarded" in filtered.log(), "a discarded letter")


def test_the_sender_is_changed(filtered):
    _, received = through(filtered, f"sender <{address(filtered, 'carol')}>")
    assert received.startswith(b"Return-Path: <" + address(filtered, "carol").encode() + b">\r\n")


def test_a_letter_is_put_into_quarantine(filtered):
    letter = ordered("quarantine smells of fish", "add X-Held yes")
    id = filtered.submit(letter, "alice@a.test", address(filtered)).text.split()[-1]
    story = until(lambda: (told := filtered.ask("queue", "list")) and "smells" in told + filtered.ask("queue", "show", id)
                  and told, "the letter in the queue")
    assert filtered.letters_of(address(filtered), letter.token.encode()) == [], story


def test_progress_is_no_answer(filtered):
    _, received = through(filtered, "progress", "progress", "add X-Slow yes")
    assert values(received, "X-Slow") == ["yes"]


# ---- Verdicts -------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["at end", "header", "eoh", "body"])
@pytest.mark.parametrize("verdict, reply", [("reject", "550 5.7.1"), ("tempfail", "451 4.7.1"),
                                            ("reply", "554 5.7.9 The filter says 100% no\n5.7.9 and says it twice")])
def test_a_letter_is_refused(filtered, stage, verdict, reply):
    field = f"X-Do: {verdict}" if stage == "at end" else f"X-At: {stage} {verdict}"
    letter = with_fields(compose(recipient=address(filtered)), field)
    assert str(refused(filtered, letter)).startswith(reply)
    with filtered.smtp() as client:  # And the same filter goes on with the next letter.
        client.hello()
        client.begin("alice@a.test", [address(filtered)])
        assert str(client.finish(letter)).startswith(reply)
        next_letter = compose(recipient=address(filtered))
        client.send(next_letter, "alice@a.test", address(filtered))
    trace_fields(filtered.arrived(next_letter), next_letter)


@pytest.mark.parametrize("verdict, reply", [("reject", "550 5.7.1"), ("tempfail", "451 4.7.1"), ("reply", "554 5.7.9")])
def test_a_sender_or_recipient_is_refused(filtered, verdict, reply):
    with filtered.smtp() as client:
        client.hello()
        client.expect(250, f"MAIL FROM:<{verdict}-sender@a.test>")
        assert str(client.say(f"RCPT TO:<{address(filtered)}>")).startswith(reply)
        client.expect(250, "RSET")
        filtered.add_user(f"{verdict}-me")
        client.expect(250, "MAIL FROM:<alice@a.test>")
        assert str(client.say(f"RCPT TO:<{address(filtered, verdict + '-me')}>")).startswith(reply)
        client.expect(250, f"RCPT TO:<{address(filtered)}>")
        client.expect(354, "DATA")
        letter = compose(recipient=address(filtered))
        assert client.finish(letter).code == 250
    trace_fields(filtered.arrived(letter), letter)


def test_a_letter_is_discarded(filtered):
    for letter in (ordered("discard"), with_fields(compose(), "X-At: eoh discard"),
                   with_fields(compose(), "X-At: header discard")):
        assert refused(filtered, letter).code == 250
        assert filtered.letters_of(address(filtered), letter.token.encode()) == []
    letter = compose()
    assert refused(filtered, letter, sender="discard-me@a.test").code == 250
    assert filtered.letters_of(address(filtered), letter.token.encode()) == []


def test_what_a_filter_accepts_it_is_not_asked_about_again(filtered):
    letter = with_fields(ordered("add X-Never yes", recipient=address(filtered)), "X-At: eoh accept")
    filtered.submit(letter, "alice@a.test", address(filtered))
    trace_fields(filtered.arrived(letter), letter)


def test_the_rest_of_a_body_is_skipped(filtered):
    letter = with_fields(compose(recipient=address(filtered), body=LARGE), "X-At: body skip", "X-Do: add X-Skipped yes")
    filtered.submit(letter, "alice@a.test", address(filtered))
    assert values(filtered.arrived(letter), "X-Skipped") == ["yes"]
    assert filtered.filter.lines("end ")[-1].startswith("end 65535 in 1")


# ---- What filters hear ----------------------------------------------------------------------


def test_filters_hear_the_session_with_its_macros(filtered):
    with filtered.smtp() as client:
        client.hello("desk.test")
        client.say("MAIL FROM:<alice@a.test> SIZE=77")
        client.say("RCPT TO:<nobody.here@" + filtered.domain + ">")
        client.say(f"RCPT TO:<{address(filtered)}>")
    said = until(lambda: "SIZE=77" in filtered.filter.said() and filtered.filter.said(), "what it heard")
    here = filtered.town.desk_address
    assert f"{{client_addr}}={here}" in filtered.filter.lines("connect ")[-1]
    assert filtered.filter.lines("helo ")[-1].startswith("helo desk.test")
    assert "parameter SIZE=77" in said
    assert "{mail_addr}=alice@a.test" in filtered.filter.lines("mail ")[-1]
    assert any(line.startswith("rcpt <nobody.here@") for line in filtered.filter.lines("rcpt ")), "refused ones too"
    assert f"{{rcpt_addr}}={address(filtered)}" in filtered.filter.lines("rcpt ")[-1]
    assert " j=" not in filtered.filter.lines("connect ")[-1], "it did not ask for that"


def test_a_connection_is_used_for_the_next_client(filtered):
    through(filtered)
    negotiated = len(filtered.filter.lines("negotiate"))
    connected = len(filtered.filter.lines("connect "))
    through(filtered)
    through(filtered)
    assert len(filtered.filter.lines("connect ")) >= connected + 2
    assert len(filtered.filter.lines("negotiate")) == negotiated


@pytest.mark.parametrize("manner", ["plain", "quiet"])
def test_filters_of_every_manner_are_served_over_tcp(town, test_filter, manner):
    house = found_house(town)
    tested = Filter(house, "test", [test_filter, "inet:8891@127.0.0.1", manner], "ready", socket="inet:127.0.0.1:8891").start()
    open_house(house)
    try:
        letter, received = through(house, "add X-Manner " + manner)
        assert values(received, "X-Manner") == [manner]
        assert tested.lines("connect ") and tested.lines("end ")
        assert refused(house, ordered("reject")).code == 550
    finally:
        town.remove(house)


def test_the_second_filter_sees_what_the_first_did(town, test_filter):
    house = found_house(town)
    filters = [Filter(house, name, [test_filter, f"local:{house.folder / name}.sock", "all"], "ready").start()
               for name in ("first", "second")]
    open_house(house)
    try:
        letter, received = through(house, "add X-Once here", "delete 1 Subject", "body replaced")
        # Both carry out the orders.
        assert values(received, "X-Once") == ["here", "here"]
        assert len(filters[0].lines("X-Once")) == 0
        assert len(filters[1].lines("X-Once")) == 1
        assert filters[0].lines("Subject") and not filters[1].lines("Subject")
        assert filters[1].lines("end ")[-1].startswith("end 10 in 1")
        assert body_of(received) == b"replaced\r\n"
    finally:
        town.remove(house)


# ---- Filters that are down ------------------------------------------------------------------


@pytest.mark.parametrize("on_failure, code", [("tempfail", 451), ("reject", 554), ("accept", 250)])
def test_a_filter_that_is_not_there_is_dealt_with_as_configured(town, test_filter, on_failure, code):
    house = found_house(town)
    tested = Filter(house, "test", [test_filter, f"local:{house.folder}/test.sock"], "ready", on_failure=on_failure,
                    end_timeout="2s")
    open_house(house)
    try:
        with house.smtp() as client:
            client.hello()
            client.expect(250, "MAIL FROM:<alice@a.test>")
            client.expect(code, f"RCPT TO:<{address(house)}>")
        assert "event=milter.failed" in house.log()
        tested.start()
        letter, received = through(house, "add X-Back yes")
        assert values(received, "X-Back") == ["yes"]
        assert refused(house, ordered("hang")).code == code
        assert refused(house, ordered("die")).code == code
    finally:
        town.remove(house)


# ---- Real ones ------------------------------------------------------------------------------


def needs(*programs):
    missing = [program for program in programs if subprocess.run(["which", program], capture_output=True).returncode]
    return pytest.mark.skipif(bool(missing), reason=f"there is no {', '.join(missing)}")


@needs("opendkim", "opendkim-genkey")
def test_opendkim_signs_at_one_host_and_verifies_at_the_next(town):
    signing, verifying = found_house(town, "alice"), found_house(town)
    domain = signing.domain
    subprocess.run(["opendkim-genkey", "-b", "2048", "-s", "town", "-d", domain, "-D", signing.folder], check=True)
    (signing.folder / "town.private").chmod(0o600)
    strings = re.findall(r'"[^"]*"', (signing.folder / "town.txt").read_text())
    town.dns.publish(f"town._domainkey.{domain}. TXT {' '.join(strings)}")
    for house, mode in ((signing, "s"), (verifying, "v")):
        configuration = house.folder / "opendkim.conf"
        # Its resolver knows of itself that there is no .test.
        (house.folder / "unbound.conf").write_text('server:\n  local-zone: "test." nodefault\n')
        configuration.write_text("\n".join([
            f"Mode {mode}", f"Domain {domain}", "Selector town", f"KeyFile {signing.folder / 'town.private'}",
            f"Socket local:{house.folder}/opendkim.sock", "InternalHosts 10.77.0.5", "Canonicalization simple/simple",
            "Syslog no", "Background no", "RequireSafeKeys false", f"AuthservID {house.name}", "AlwaysAddARHeader yes",
            f"Nameservers {town.dns.address}", f"ResolverConfiguration {house.folder}/unbound.conf", "OversignHeaders From", ""]))
        Filter(house, "opendkim", ["opendkim", "-f", "-x", configuration]).start()
        until((house.folder / "opendkim.sock").exists, "opendkim's socket")
        open_house(house)
    try:
        letter = compose(sender=address(signing, "alice"), recipient=address(verifying))
        signing.submit(letter, address(signing, "alice"), address(verifying))
        received = verifying.arrived(letter)
        assert values(received, "DKIM-Signature"), received
        results = " ".join(values(received, "Authentication-Results"))
        assert "dkim=pass" in results, received
        assert body_of(received) == body_of(letter.text)
    finally:
        town.remove(signing)
        town.remove(verifying)


EICAR = "X5O!P%@AP[4" + "\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.mark.skip(reason="clamd does not come up with a database of one hand-made signature")
@needs("clamd", "clamav-milter")
def test_clamav_refuses_a_virus(town):
    house = found_house(town)
    base = house.folder / "clamav"
    base.mkdir()
    (base / "town.ndb").write_text(f"Town.Eicar:0:*:{EICAR.encode().hex()}\n")
    (base / "clamd.conf").write_text(f"LocalSocket {base}/clamd.sock\nDatabaseDirectory {base}\nForeground yes\n"
                                     f"User root\nLogTime no\nLogFile {base}/clamd.log\nTemporaryDirectory {base}\n")
    (base / "milter.conf").write_text(f"MilterSocket unix:{house.folder}/clamav.sock\nClamdSocket unix:{base}/clamd.sock\n"
                                      "Foreground yes\nUser root\nOnInfected Reject\nOnFail Defer\nAddHeader Replace\n"
                                      "RejectMsg Infected by %v\n")
    house.milters = []
    scanner = Filter(house, "clamd", ["clamd", "--config-file", base / "clamd.conf"]).start()
    house.milters = []
    until((base / "clamd.sock").exists, "clamd's socket")
    Filter(house, "clamav", ["clamav-milter", "--config-file", base / "milter.conf"]).start()
    until((house.folder / "clamav.sock").exists, "clamav-milter's socket")
    open_house(house)
    try:
        clean = compose(recipient=address(house))
        house.submit(clean, "alice@a.test", address(house))
        assert "Clean" in " ".join(values(house.arrived(clean), "X-Virus-Status")), scanner.said()
        reply = refused(house, compose(recipient=address(house), body=EICAR.encode() + b"\r\n"))
        assert reply.code == 550 and "Infected by" in reply.text, reply
    finally:
        town.remove(house)


GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL" + "*C.34X"


@needs("rspamd")
def test_rspamd_refuses_spam_and_lets_ham_pass(town):
    house = found_house(town)
    base = house.folder / "rspamd"
    (base / "local.d").mkdir(parents=True)
    base.chmod(0o777)
    (base / "local.d/worker-proxy.inc").write_text(
        f'bind_socket = "{house.folder}/rspamd.sock mode=0666";\nmilter = yes;\ntimeout = 30s;\ncount = 1;\n'
        'upstream "local" {\n  default = yes;\n  self_scan = yes;\n}\n')
    (base / "local.d/worker-normal.inc").write_text("enabled = false;\n")
    (base / "local.d/worker-controller.inc").write_text("enabled = false;\n")
    (base / "local.d/worker-fuzzy.inc").write_text("enabled = false;\n")
    (base / "local.d/options.inc").write_text(f'dns {{\n  nameserver = ["{town.dns.address}"];\n  timeout = 500ms;\n}}\n')
    (base / "local.d/milter_headers.conf").write_text('use = ["x-spamd-bar", "x-spam-level"];\nskip_local = false;\n')
    Filter(house, "rspamd", ["rspamd", "-f", "-i", "-c", "/etc/rspamd/rspamd.conf", *(f"--var={name}={base}" for name in
                             ("LOCAL_CONFDIR", "RUNDIR", "DBDIR", "LOGDIR"))]).start()
    until((house.folder / "rspamd.sock").exists, "rspamd's socket")
    open_house(house)
    try:
        reply = refused(house, compose(recipient=address(house), body=GTUBE.encode() + b"\r\n"))
        assert reply.code == 554 and "GTUBE" in reply.text.upper() or reply.code == 554, reply
        ham = compose(recipient=address(house))
        house.submit(ham, "alice@a.test", address(house))
        assert body_of(house.arrived(ham)) == body_of(ham.text)
    finally:
        town.remove(house)
