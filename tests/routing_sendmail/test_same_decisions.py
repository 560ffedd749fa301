# SPDX-License-Identifier: Apache-2.0
"""The same tables, the same questions: sendmail and the routing engine decide alike, but for what docs/routing.md lists."""
import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest
from sendmail import NoSendmail, Sendmail

TABLES = {
    "logins": "root daemon bin nobody games",
    "local-host-names": "alias.example.net\n",
    "relay-domains": "relay.example\n198.51.100\n",
    "virtuser-domains": "virtual.example\nall.example\nbare.example\n",
    "generics-domains": "generic.example\nmx.example.net\n",
    "aliases": """
postmaster: root
info: daemon, somebody@other.example
list: daemon, bin, info, "|/etc/mail/smrsh/prog a b", /var/tmp/file
owner-list: bin
games: \\games, games@backup.example
kept: \\nobody
nested: list, info
plus: bin
plus+special: daemon
plus+*: nobody
far: user@far.else.example, joe@alias.example.net
loop: loop2
loop2: loop
bad: nosuchuser
""",
    "virtusertable": """
joe@mx.example.net        daemon
joe+spam@alias.example.net  error:5.7.1:550 no spam
joe+*@alias.example.net   bin
joe@alias.example.net     info
sales@virtual.example     list
gone@virtual.example      error:nouser 550 gone
one+two@virtual.example   exact@other.example
@all.example              %1@other.example
@bare.example             %1
twice@virtual.example     sales@virtual.example
detail@mx.example.net     %2@other.example
""",
    "mailertable": """
else.example       esmtp:[mail.else.example]
.else.example      relay:[hub.else.example]
deep.else.example  esmtp:[deep.else.example]
several.example    esmtp:[a.several.example]:[b.several.example]
refused.example    error:5.1.2:550 not there
users.example      local:nobody
""",
    "access": """
Connect:203.0.113           REJECT
Connect:203.0.113.7         OK
Connect:203.0.113.8         RELAY
Connect:bad.example         REJECT
Connect:good.bad.example    OK
Connect:friend.example      RELAY
Connect:IPv6:2001:db8:bad   REJECT
192.0.2.99                  REJECT
spam.example                REJECT
From:fine@spam.example      OK
From:cold@                  REJECT
From:throw@other.example    DISCARD
From:skip.spam.example      SKIP
To:bin@                     REJECT
To:nobody@mx.example.net    ERROR:5.2.2:552 full
To:partner.example          RELAY
To:ok.example               OK
To:daemon@alias.example.net DISCARD
""",
    "genericstable": """
bin                  binary@example.com
games@mx.example.net play@other.example
nobody               noone
@generic.example     %1@example.com
joe@generic.example  special@example.com
daemon+*@mx.example.net  %1@daemon.example
""",
}
LOCAL_PARTS = ["root", "daemon", "Daemon", "bin", "bin+tag", "nobody", "games", "info", "info+x", "list", "owner-list", "kept",
               "nested", "plus", "plus+special", "plus+other", "far", "loop", "bad", "joe", "joe+spam", "joe+x", "sales",
               "gone", "one+two", "one", "twice", "detail+abc", "zz", "postmaster", "abuse", "a%b", "daemon%other.example",
               "other.example!daemon", '"daemon@other.example"']
DOMAINS = ["mx.example.net", "alias.example.net", "localhost", "virtual.example", "all.example", "bare.example", "else.example",
           "x.else.example", "deep.else.example", "y.deep.else.example", "several.example", "refused.example",
           "users.example", "other.example", "relay.example", "[203.0.113.7]"]
OURS = ("mx.example.net", "alias.example.net", "localhost")
HERE = (*OURS, "bare.example")  # whose users are ours by the virtusertable

# What differs, and why: each is a row of docs/routing.md ("Beside sendmail").
def takes_apart(local, domain):
    return re.search(r"[%!@]", local) and domain in OURS + ("users.example",)


DIFFERENCES = {
    "a local part is never taken apart": takes_apart,
    "%1 does not take a local part apart":
        lambda local, domain: re.search(r"[%!@]", local) and domain == "bare.example",
    "abuse is the postmaster's where nobody looks after it": lambda local, domain: local == "abuse" and domain in HERE,
    "an alias loop is told": lambda local, domain: local == "loop" and domain in HERE,
}


def plain(delivery):
    """The engine's, as sendmail would tell it."""
    destination, final, user, target = delivery.split(" ", 3) if '"' not in delivery else re.match(
        r'(\S+) ("[^"]*"@\S+|\S+) (\S+) (.*)', delivery).groups()
    if destination.startswith("refused:"):
        return ("refused",)
    if destination == "agent:":
        kind, _, what = target.partition(":")
        return ("local", user) if kind == "mailbox" else (kind.replace("program", "prog"), what)
    host = destination.partition(":")[2].replace("|", ":")
    return ("smtp", host, final)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tables")
    for name, text in TABLES.items():
        (made / name).write_text(re.sub(r"^(\S+) +", r"\1\t", text.lstrip(), flags=re.MULTILINE)
                                 if name in ("virtusertable", "mailertable", "access", "genericstable") else text.lstrip())
    return made


@pytest.fixture(scope="module")
def sendmail(folder):
    try:
        return Sendmail(folder)
    except NoSendmail as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def ask(folder):
    binary = Path(os.environ["POSTHOUSE_BINARY"]).parent / "tests/route_lines"

    def asked(questions):
        done = subprocess.run([binary, folder], input="\n".join(questions) + "\n", text=True, capture_output=True,
                              timeout=120)
        assert done.returncode == 0, done.stderr
        answers = done.stdout.splitlines()
        assert len(answers) == len(questions)
        return answers

    return asked


def test_every_address_leads_to_the_same_places(sendmail, ask):
    addresses = list(itertools.product(LOCAL_PARTS, DOMAINS))
    texts = [f"{local}@{domain}" for local, domain in addresses]
    theirs = sendmail.deliveries(texts)
    ours = [{plain(one) for one in line.split("\t")} for line in ask([f"route {text}" for text in texts])]
    unexplained, used = [], set()
    for (local, domain), their, our in zip(addresses, theirs, ours):
        if their == our:
            continue
        reasons = [name for name, fits in DIFFERENCES.items() if fits(local, domain)]
        used.update(reasons)
        if not reasons:
            unexplained.append(f"{local}@{domain}: sendmail {sorted(their)}, we {sorted(our)}")
    assert not unexplained, "\n".join(unexplained)
    assert used == set(DIFFERENCES), "differences that are none any more"


def test_every_recipient_is_accepted_or_refused_alike(sendmail, ask):
    recipients = ["daemon@mx.example.net", "bin@mx.example.net", "bin+x@mx.example.net", "nobody@mx.example.net",
                  "daemon@alias.example.net", "bin@other.example", "x@other.example", "x@relay.example", "x@sub.relay.example",
                  "x@partner.example", "x@sub.partner.example", "x@ok.example", "x@spam.example"]
    clients = [("127.0.0.1", "localhost"), ("203.0.113.5", "-"), ("203.0.113.7", "-"), ("203.0.113.8", "-"),
               ("192.0.2.99", "-"), ("192.0.2.50", "h.bad.example"), ("192.0.2.50", "x.good.bad.example"),
               ("192.0.2.50", "h.friend.example"), ("192.0.2.50", "h.relay.example"), ("192.0.2.50", "-"),
               ("198.51.100.9", "-"), ("2001:db8:bad:0:0:0:0:1", "-"), ("2001:db8:9:0:0:0:0:1", "-"),
               ("192.0.2.51", "h.spam.example")]
    senders = ["a@other.example", "fine@spam.example", "x@spam.example", "x@deep.spam.example", "x@skip.spam.example",
               "x@in.skip.spam.example", "cold@other.example", "cold+x@other.example", "throw@other.example", "<>"]
    questions = [(recipient, *client, sender) for recipient, client, sender
                 in itertools.product(recipients, clients, senders)]
    theirs = sendmail.verdicts(questions)
    ours = [re.sub(r"^\d\d\d .*", "refused", line) for line in ask(["check " + " ".join(one) for one in questions])]
    different = [f"{' '.join(question)}: sendmail {their}, we {our}"
                 for question, their, our in zip(questions, theirs, ours) if their != our]
    assert not different, f"{len(different)} of {len(questions)}:\n" + "\n".join(different[:60])


def test_every_sender_is_seen_alike(sendmail, ask):
    locals_ = ["root", "daemon", "daemon+x", "bin", "bin+x", "games", "nobody", "joe", "joe+y", "Mixed"]
    domains = ["mx.example.net", "alias.example.net", "generic.example", "sub.generic.example", "other.example"]
    addresses = [f"{local}@{domain}" for local, domain in itertools.product(locals_, domains)]
    theirs = sendmail.senders(addresses)
    ours = ask([f"sender {address}" for address in addresses])
    different = [f"{address}: sendmail {their}, we {our}"
                 for address, their, our in zip(addresses, theirs, ours) if their != our]
    assert not different, "\n".join(different)
