# SPDX-License-Identifier: Apache-2.0
"""Letters made at random from a seed: right ones, and ones with the mistakes that are met."""
import random

WORDS = "apples pears plums harbour garden zeppelin engine copper silver winter".split()
PERSONS = ["alice@example.org", "<alice@example.org>", "Alice <alice@example.org>", '"Meyer, Alice" <alice@example.org>',
           "=?utf-8?q?J=C3=BCrgen?= <j@example.de>", "alice@example.org (Alice)", "(comment) bob@example.net", "Alice Meyer",
           "<>", "@broken", "a b c@example.org", '"quoted \\"inner\\"" <q@example.org>', "Group: a@example.org, B <b@example.org>;",
           "undisclosed-recipients:;", "<@relay.example:route@example.org>", "very.common@[192.0.2.1]", "root", "Ünï <u@example.org>",
           '"local part"@example.org', "Alice <alice@example.org", "a@example.org b@example.org", ""]
TYPES = ["text/plain", "text/plain; charset=utf-8", "text/html; charset=\"iso-8859-1\"", "TEXT/Plain; Charset=US-ASCII; format=flowed",
         "application/octet-stream", "image/png; name=\"a b.png\"", "image/jpeg; name=a.jpg; x=y", "text", "nonsense", "text/plain; broken",
         "text/plain;", "application/pdf; name*0=\"long\"; name*1=\"er.pdf\"", "text/csv; header=present", "audio/x-wav; codec=\"a;b\"",
         "message/delivery-status", "text/x(comment)y", "text/plain; charset=utf-8; charset=latin1", "application/x-y; a=\"\""]
ENCODINGS = ["7bit", "8bit", "base64", "quoted-printable", "BINARY", "x-uuencode", "", "7bit (comment)"]
DISPOSITIONS = ["attachment", "inline; filename=x.txt", 'attachment; filename="a \\"b\\".txt"; size=10', "ATTACHMENT", "", "inline;", "; filename=x"]
DATES = ["Mon, 02 Jan 2023 03:04:05 +0100", "2 Jan 23 3:04 GMT", "nonsense", "", "Mon, 2 Jan 2023 03:04:05 +0100 (CET)"]


class Maker:
    def __init__(self, seed):
        self.chance = random.Random(seed)

    def letter(self):
        fields = []
        for name in ("From", "Sender", "Reply-To", "To", "Cc", "Bcc"):
            if self.chance.random() < 0.6:
                fields.append(f"{name}: {self.people()}")
        if self.chance.random() < 0.9:
            fields.append("Subject: " + self.chance.choice([self.words(), "", "=?utf-8?b?R3LDvMOfZQ==?=", "\"quoted\" and \\", self.words() + "\n " + self.words(),
                                                            "Grüße", "  spaces  ", "tab\there"]))
        if self.chance.random() < 0.8:
            fields.append("Date: " + self.chance.choice(DATES))
        for name in ("Message-ID", "In-Reply-To"):
            if self.chance.random() < 0.7:
                fields.append(f"{name}: " + self.chance.choice(["<1@example.org>", " <2@example.org> ", "<a@b> <c@d>", "bare", "", "<3@example.org> (comment)"]))
        if self.chance.random() < 0.2:
            fields.append(self.chance.choice(["X-Long: " + "y" * 500, "X-Empty:", "Subject: a second one", "From: second@example.org", "To: more@example.org",
                                              "no colon here", ": no name", "X Space: y", "Received: from a by b"]))
        if self.chance.random() < 0.9:
            fields.append("MIME-Version: 1.0")
        self.chance.shuffle(fields)
        return "\n".join([*fields, self.entity(3)]).encode("utf-8").replace(b"\n", b"\r\n")

    def words(self):
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 6)))

    def people(self):
        return (", " if self.chance.random() < 0.9 else ",\n\t").join(self.chance.choices(PERSONS, k=self.chance.randint(1, 3)))

    def entity(self, depth):
        """Header fields about contents, a blank line, contents."""
        kind = self.chance.random()
        if depth and kind < 0.35:
            return self.multipart(depth)
        if depth and kind < 0.45:
            return self.more_fields("message/rfc822") + "\n\n" + f"From: {self.people()}\nSubject: {self.words()}\n" + self.entity(depth - 1)
        return self.more_fields(self.chance.choice(TYPES)) + "\n\n" + self.text()

    def more_fields(self, type_and_parameters):
        fields = [f"Content-Type: {type_and_parameters}"] if self.chance.random() < 0.95 or "/rfc822" in type_and_parameters else ["X-None: 1"]
        if self.chance.random() < 0.4 and "/rfc822" not in type_and_parameters and "multipart" not in type_and_parameters:
            fields.append("Content-Transfer-Encoding: " + self.chance.choice(ENCODINGS))
        if self.chance.random() < 0.3:
            fields.append("Content-Disposition: " + self.chance.choice(DISPOSITIONS))
        for name, values in (("Content-ID", ["<id@example.org>", "bare", ""]), ("Content-Description", [self.words(), "=?utf-8?q?=C3=BC?=", ""]),
                             ("Content-MD5", ["Q2hlY2s="]), ("Content-Language", ["de", "de, en", ""]), ("Content-Location", ["http://example.org/x"])):
            if self.chance.random() < 0.12:
                fields.append(f"{name}: {self.chance.choice(values)}")
        self.chance.shuffle(fields)
        return "\n".join(fields)

    def multipart(self, depth):
        boundary = self.chance.choice(["b", "in ner", "=_x'()+_,-./:=?", "0" * 70, "b" + "b" * depth]) + str(depth)
        kind = self.chance.choice(["mixed", "alternative", "related; type=\"text/html\"", "digest", "report; report-type=x", "MIXED"])
        given = f'"{boundary}"' if self.chance.random() < 0.8 or not boundary.isalnum() else boundary
        text = self.more_fields(f"multipart/{kind}; boundary={given}") + "\n\n"
        if self.chance.random() < 0.3:
            text += self.text()
        for _ in range(self.chance.choice([0, 1, 1, 2, 2, 3])):
            ending = self.chance.choice(["", "", "", " ", "\t"])
            part = self.entity(depth - 1) if self.chance.random() < 0.9 else "\n" + self.text()
            text += f"\n--{boundary}{ending}\n{part}"
        if self.chance.random() < 0.85:
            text += f"\n--{boundary}--" + self.chance.choice(["\n", "", "\nepilogue\n", "  \n"])
        return text

    def text(self):
        return "".join(self.words() + "\n" for _ in range(self.chance.randint(0, 4))) + self.chance.choice(["", "", "no end of line", "\n", "--\nsignature\n", "Grüße\n"])


DISPUTED = (b"no colon here", b": no name", b"X Space", b"a second one", b"second@", b"more@", b"tab\there")


class CarefulMaker(Maker):
    """Without what programs disagree about: broken addresses, lines and types."""

    def letter(self):
        while True:
            text = super().letter()
            if not any(words in text for words in DISPUTED):
                return text

    def people(self):
        return ", ".join(self.chance.choices([person for person in PERSONS if "@example" in person and "(" not in person and " b" not in person
                                              and "@relay" not in person and not person.endswith("alice@example.org,") and "<alice@example.org" != person[6:]],
                                             k=self.chance.randint(1, 3)))

    def more_fields(self, type_and_parameters):
        if type_and_parameters in ("text", "nonsense", "text/plain; broken", "text/x(comment)y", "text/plain; charset=utf-8; charset=latin1"):
            type_and_parameters = "text/plain"
        return super().more_fields(type_and_parameters)
