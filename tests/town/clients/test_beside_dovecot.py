# SPDX-License-Identifier: Apache-2.0
"""The same letters and the same commands for Posthouse and for Dovecot: what they answer, word by word."""
import re

import pytest

from generated import CarefulMaker
from imap_lines import Atom, Lines, Pop3Lines, parse
from servers import DovecotServer, NoSuchServer
from specimens import SPECIMENS

FETCHES = ["ENVELOPE", "BODY", "BODYSTRUCTURE", "RFC822.SIZE", "INTERNALDATE", "FLAGS", "UID", "RFC822.HEADER", "RFC822.TEXT",
           "BODY.PEEK[]", "BODY.PEEK[]<10.50>", "BODY.PEEK[]<100000.5>", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[TEXT]<0.7>",
           "BODY.PEEK[HEADER.FIELDS (SUBJECT FROM X-NONE)]", "BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT RECEIVED)]", "BODY.PEEK[1]",
           "BODY.PEEK[1.MIME]", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]", "BODY.PEEK[2.HEADER]", "BODY.PEEK[2.TEXT]", "BODY.PEEK[2.1]",
           "BODY.PEEK[2.2]", "BODY.PEEK[2.2.MIME]", "BODY.PEEK[1.1]", "BODY.PEEK[1.2]", "BODY.PEEK[1.2.MIME]", "BODY.PEEK[3]",
           "BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]", "BODY.PEEK[1.HEADER]", "BODY.PEEK[1.TEXT]", "ALL", "FULL", "FAST",
           "BINARY.PEEK[1]", "BINARY.SIZE[1]", "BINARY.PEEK[2]", "BINARY.PEEK[1.2]"]

SEARCHES = ["ALL", "1:3", "*", "UID 1:*", "SEEN", "UNSEEN", "NOT FLAGGED", "ANSWERED", "DELETED", "DRAFT", "KEYWORD $Mine", "UNKEYWORD $Mine",
            "SUBJECT plain", "SUBJECT Grüße", 'SUBJECT ""', "SUBJECT GRÜSSE", "FROM alice", "FROM carol@example.com", 'FROM "Meyer, Alice"',
            "TO bob", "CC jürgen", "BCC hidden", "HEADER Message-ID spaced", 'HEADER Reply-To ""', "HEADER X-None x", "BODY zeppelin",
            "BODY Grüße", "BODY naïve", "TEXT secretary", "TEXT within", "BODY inner", "BODY AAECAwQF", "LARGER 1000", "SMALLER 300",
            "BEFORE 1-Feb-2023", "ON 2-Jan-2023", "SINCE 3-Jan-2023", "SENTBEFORE 3-Jan-2023", "SENTON 2-Jan-2023", "SENTSINCE 3-Jan-2023",
            "OR SUBJECT plain SUBJECT nested", "NOT (SUBJECT plain)", "(SEEN SUBJECT plain)", "1,3:5 NOT 4", "NOT NOT ALL", "UID 3",
            "OLD", "NEW", "RECENT", "RETURN (MIN MAX COUNT) ALL", "RETURN (ALL) SUBJECT n", "RETURN () 1:4", "RETURN (COUNT) SUBJECT nowhere",
            "BODY \"hello, this\"", "SUBJECT ß", "SUBJECT \"and more\""]

BAD = ["FETCH", "FETCH 1", "FETCH 0 FLAGS", "FETCH 1 NONSENSE", "FETCH 1 (FLAGS", "FETCH 99 FLAGS", "STORE 1 FLAGS", "STORE 1 +FLAGS.SILENTLY (\\Seen)",
       "STORE 1 +FLAGS (\\Nonsense)", "SEARCH", "SEARCH NONSENSE", "SEARCH (", "COPY 1 Nowhere", "MOVE 1 Nowhere", "SELECT Nowhere", "CREATE INBOX",
       "DELETE INBOX", "DELETE Nowhere", "RENAME Nowhere Else", "STATUS Nowhere (MESSAGES)", "STATUS INBOX (NONSENSE)", "STATUS INBOX ()",
       "UID", "UID NONSENSE 1", "UID FETCH 4000000000 FLAGS", "UID COPY 4000 INBOX", "COPY 99 INBOX", "NONSENSE", "LOGIN a b", "EXPUNGE 1", "UID EXPUNGE 99",
       "LIST", 'LIST ""', "NOOP x", "CAPABILITY x", "FETCH 1:* BODY[", "FETCH 1 BODY[0]", "FETCH 1 BODY[]<5>", "FETCH 1 BODY[]<5.0>", "FETCH -1 FLAGS", "FETCH 1:99 FLAGS",
       "STORE 99 FLAGS (\\Seen)", "SEARCH UID 1:", "SEARCH CHARSET X-NONE SUBJECT x", "SEARCH BEFORE 99-Foo-2023", "ENABLE", "ENABLE NONSENSE",
       "APPEND INBOX", "APPEND INBOX (\\Seen) x", "SUBSCRIBE Nowhere", "UNSUBSCRIBE Nowhere", "CREATE \"\"", "GETQUOTA"]

# Those with an end of their own, by their first word.
POP3 = ["STAT", "LIST", "LIST 2", "LIST 99", "LIST 0", "LIST x", "UIDL 99", *(f"RETR {number}" for number in range(1, len(SPECIMENS) + 1)), "RETR 99",
        "RETR", "TOP 1 0", "TOP 7 3", "TOP 15 1", "TOP 1", "TOP 1 -1", "TOP 99 1", "NOOP", "DELE 3", "DELE 3", "RETR 3", "LIST", "STAT", "LIST 3", "RSET", "STAT",
        "NONSENSE", "USER again", "PASS again", "STLS", "AUTH", "LAST", "DELE 99", "DELE"]


@pytest.fixture(scope="module")
def pair(town, authority, request):
    """A session with each, in the same mailbox of all specimens."""
    try:
        judge = DovecotServer(town, authority, "judge")
    except NoSuchServer as reason:
        pytest.skip(str(reason))
    sessions = []
    for server in (request.getfixturevalue("server"), judge):
        person = server.add("comparer")
        inbox = Lines(town.desk, server.address, authority)
        inbox.must(f"LOGIN {person.address} {person.password}")
        for letter in SPECIMENS.values():
            inbox.must(f"APPEND INBOX {{{len(letter)}+}}\r\n".encode() + letter)
        inbox.close()
        session = Lines(town.desk, server.address, authority)
        session.must(f"LOGIN {person.address} {person.password}")
        session.must("CREATE Specimens")
        for number, letter in enumerate(SPECIMENS.values()):
            flags = ["", "\\Seen", "\\Flagged \\Answered", "$Mine", "\\Draft \\Seen"][number % 5]
            session.must(f'APPEND Specimens ({flags}) "{number + 1:2}-Jan-2023 12:00:00 +0000" {{{len(letter)}+}}\r\n'.encode() + letter)
        session.must("SELECT Specimens")
        session.pop3 = Pop3Lines(town.desk, server.address, authority)
        session.pop3.say(f"USER {person.address}")
        session.pop3.say(f"PASS {person.password}")
        sessions.append(session)
    yield sessions
    for session in sessions:
        session.close()


def normal(value):
    """Atoms that mean the same, alike; flags in any order; \\Recent belongs to IMAP4rev1 alone."""
    if isinstance(value, Atom):
        return value.upper()
    if isinstance(value, list):
        if value and all(isinstance(one, Atom) and one.startswith(("\\", "$")) for one in value):
            return sorted(one.upper() for one in value if one.upper() != "\\RECENT")
        if value == [Atom("\\Recent")]:
            return []
        return [normal(one) for one in value]
    return value


def fetched(session, what):
    status, untagged, text = session.say(f"FETCH 1:* {what}")
    found = {}
    for response in untagged:
        if match := re.match(rb"\* (\d+) FETCH ", response):
            (items,) = parse(response[match.end():])
            keys = [key.upper() for key in items[0::2]]
            found[int(match[1])] = dict(zip(keys, map(normal, items[1::2])))
    return status, found


def alike(key, name, ours, theirs):
    """Or what there is to say about the difference."""
    if key == "ENVELOPE" and name == "comments":
        return True  # A comment before an address is a name to us; Dovecot keeps the blanks behind a Message-ID.
    if name == "enclosed" and key in ("BODY", "BODYSTRUCTURE", "BODY[2]", "BODY[2.TEXT]", "BINARY[2]"):
        return True  # The line end before the outer boundary is the boundary's, RFC 2046 §5.1.1; Dovecot gives it to the letter inside.
    if name == "no-body" and key.startswith("BODY[HEADER.FIELDS"):
        return True  # We put a blank line.
    if key.startswith("BINARY") and name in ("nested", "enclosed", "delivery-status"):
        return True  # Of a multipart: Dovecot decodes what is in it.
    if ours == Atom("NIL") and key.startswith(("BODY[", "BINARY[")):
        return True  # No such part: RFC 9051 §7.5.2 wants NIL; Dovecot says "", and takes 2.1 for 2 where that is a leaf.
    return ours == theirs


@pytest.mark.parametrize("what", FETCHES)
def test_they_tell_the_same_of_letters(pair, what):
    (status, ours), (their_status, theirs) = (fetched(session, what) for session in pair)
    assert status == their_status
    names = list(SPECIMENS)
    differences = [f"{names[number - 1]}: {key}:\n  ours   {ours.get(number, {}).get(key)}\n  theirs {value}"
                   for number, items in theirs.items() for key, value in items.items()
                   if not alike(key, names[number - 1], ours.get(number, {}).get(key), value)]
    differences += [f"{names[number - 1]}: {key} only ours" for number, items in ours.items() for key in items
                    if key not in theirs.get(number, {}) and key != "FLAGS"]  # We tell of \\Seen that a FETCH set, whose ever.
    assert not differences, "\n".join(differences)


def test_they_tell_the_same_of_generated_letters(pair):
    letters = [CarefulMaker(seed).letter() for seed in range(200)]
    told = []
    for session in pair:
        session.must("CREATE Generated")
        for letter in letters:
            session.must(f"APPEND Generated {{{len(letter)}+}}\r\n".encode() + letter)
        session.must("SELECT Generated")
        told.append(fetched(session, "(ENVELOPE RFC822.SIZE RFC822.HEADER BODY.PEEK[TEXT])"))
        session.must("SELECT Specimens")
    for number, letter in enumerate(letters, 1):
        ours, theirs = (found[number] for _, found in told)
        assert without_edges(ours) == without_edges(theirs), letter.decode("utf-8", "replace")


def without_edges(value):
    """Blanks around a field's text are kept by some."""
    if isinstance(value, dict):
        return {key: without_edges(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_edges(one) for one in value]
    return value if isinstance(value, Atom) else value.strip()


# A letter without Date was sent at no time for us; for Dovecot in 1970.
@pytest.mark.parametrize("program", [program for program in SEARCHES if "SENTBEFORE" not in program])
def test_they_find_the_same_letters(pair, program):
    answers = []
    for session in pair:
        words = re.sub(r"[^\x00-\x7f]+", lambda run: f'"{run[0]}"', program) if '"' not in program else program
        status, untagged, text = session.say(("SEARCH " + (f"CHARSET UTF-8 {words}" if not program.isascii() else words)).encode())
        found = [normal(parse(line[2:])) for line in untagged if re.match(rb"\* E?SEARCH", line)]
        answers.append((status, [[word for word in line if not isinstance(word, list) or word[:1] != ["TAG"]] for line in found]))
    assert answers[0] == answers[1]


# Dovecot lets these pass: superfluous words, words that lack; and does not subscribe to what there is not.
LENIENT = ("STORE 1 FLAGS", "EXPUNGE 1", "NOOP x", "CAPABILITY x", "FETCH 1 BODY[0]", "FETCH 1 BODY[]<5>", "FETCH 1 BODY[]<5.0>", "ENABLE",
           "SUBSCRIBE Nowhere")


@pytest.mark.parametrize("command", [command for command in BAD if command not in LENIENT])
def test_they_refuse_the_same(pair, command):
    answers = []
    for session in pair:
        status, _, text = session.say(command)
        answers.append((status, text))
        session.say("SELECT Specimens")
    assert answers[0][0] == answers[1][0], answers


def test_their_pop3_is_the_same(pair):
    for command in POP3:
        (ours, our_lines), (theirs, their_lines) = (session.pop3.say(command) for session in pair)
        assert ours == theirs, command
        assert our_lines == their_lines, command
