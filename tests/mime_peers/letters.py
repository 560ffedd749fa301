# SPDX-License-Identifier: Apache-2.0
"""Letters made by chance from a seed, sound ones and broken ones; each says which oddities it has."""
import base64
import quopri
import random

WORDS = ["Hello", "meeting", "tomorrow", "--", "-- ", "From here", "x=y", "Grüße", "中文", "日本語", "한글", "привет", ".", ""]
CHARSETS = {"utf-8": WORDS, "gb2312": ["Hello", "中文", "你好"], "big5": ["中文"], "iso-2022-jp": ["日本語", "Hello"],
            "euc-kr": ["한글"], "koi8-r": ["привет", "Hello"], "iso-8859-1": ["Grüße", "Hello"], "us-ascii": ["Hello", "x=y", "--"]}
ODDITIES = ["unclosed", "repeated boundary", "prefix boundary", "padded delimiter", "junk delimiter", "no blank line",
            "missing boundary", "bad type", "junk in base64", "bad quoted-printable", "name without quotes", "8-bit header",
            "8-bit name", "2231 name", "2231 continuations", "encoded name", "bare subtype", "mixed line ends",
            "encoded message", "empty multipart", "text behind header", "split word", "no semicolon", "unclosed quote",
            "double type", "encoded multipart", "bad word", "unclosed comment", "digest"]


class Maker:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.odd = set()
        self.count = 0
        self.wanted = set(self.chance.sample(ODDITIES, self.chance.choice([0, 0, 1, 1, 2])))

    def is_odd(self, name, one_in=2):
        if name in self.wanted and self.chance.randrange(one_in) == 0:
            self.odd.add(name)
            return True
        return False

    def text(self, charset):
        lines = []
        for _ in range(self.chance.randrange(5)):
            lines.append(" ".join(self.chance.choice(CHARSETS[charset]) for _ in range(self.chance.randrange(8))))
        return "\n".join(lines).encode(charset, "ignore") + self.chance.choice([b"", b"\n", b"\n\n"])

    def subject(self):
        charset = self.chance.choice(list(CHARSETS))
        text = " ".join(self.chance.choice(CHARSETS[charset]) for _ in range(3)).strip()
        if self.is_odd("8-bit header"):
            return text.encode("utf-8")
        if self.is_odd("split word"):
            data = "中文和日本語".encode()
            at = self.chance.randrange(1, len(data))
            return b" ".join(b"=?utf-8?B?" + base64.b64encode(piece) + b"?=" for piece in (data[:at], data[at:]))
        if self.is_odd("bad word"):
            return self.chance.choice([b"=?utf-8?B?!!?=", b"=?utf-8?Q?never", b"=?utf-8?X?abc?=", b"=??Q?abc?=", b"=?x-none?Q?abc?=",
                                       b"a=?utf-8?Q?b?=c", b"=?utf-8?Q?a b?="])
        if text.isascii():
            return text.encode()
        if self.chance.randrange(2):
            return b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(text.encode(charset)))
        quoted = "".join(f"={byte:02X}" for byte in text.encode(charset))
        return b"=?%s?Q?%s?=" % (charset.encode(), quoted.encode())

    def name(self):
        """The parameter, with its name."""
        if self.is_odd("2231 name"):
            return b"filename*=utf-8''%e4%b8%ad%20x.txt"
        if self.is_odd("2231 continuations"):
            return b"filename*0*=utf-8''%e4%b8%ad; filename*1=\"a b\";\n filename*2*=%2etxt"
        if self.is_odd("encoded name"):
            return b'filename="=?gb2312?B?1tDOxA==?="'
        if self.is_odd("name without quotes"):
            return b"filename=my report (1).pdf"
        if self.is_odd("8-bit name"):
            return 'filename="文件.txt"'.encode()
        if self.is_odd("unclosed quote"):
            return b'filename="never'
        return b'filename="file %d.txt"' % self.chance.randrange(10)

    def leaf(self):
        charset = self.chance.choice(list(CHARSETS))
        kind = self.chance.choice([b"text/plain", b"text/html", b"application/octet-stream", b"image/png"])
        data = self.text(charset) if kind.startswith(b"text") else self.chance.randbytes(self.chance.randrange(200))
        header = []
        if self.is_odd("bad type"):
            header.append(b"Content-Type: " + self.chance.choice([b"", b"foo", b"/plain", b"text/", b";x=y"]))
        elif self.is_odd("bare subtype"):
            header.append(b"Content-Type: text; charset=utf-8")
        elif self.is_odd("no semicolon"):
            header.append(b"Content-Type: " + kind + b" charset=" + charset.encode())
        elif self.is_odd("unclosed comment"):
            header.append(b"Content-Type: " + kind + b" (no end; charset=" + charset.encode())
        elif kind.startswith(b"text"):
            if not (kind == b"text/plain" and charset == "us-ascii"):
                header.append(b"Content-Type: " + kind + b'; charset="' + charset.encode() + b'"')
        else:
            header.append(b"Content-Type: " + kind)
        if self.is_odd("double type"):
            header.append(b"Content-Type: text/x-second; charset=koi8-r")
        if self.chance.randrange(3) == 0:
            header.append(b"Content-Disposition: attachment; " + self.name())
        how = self.chance.randrange(3) if kind.startswith(b"text") and b"\0" not in data else 1
        if how == 1:
            header.append(b"Content-Transfer-Encoding: base64")
            data = base64.encodebytes(data)
            if self.is_odd("junk in base64", 1):
                data = b"!" + data[:20] + b"*" + data[20:]
        elif how == 2:
            header.append(b"Content-Transfer-Encoding: quoted-printable")
            data = quopri.encodestring(data)
            if self.is_odd("bad quoted-printable", 1):
                data += b"=zz = x =3\n= \nend="
        if self.is_odd("text behind header", 3):
            header.append(b"this is no field")
        return header, data

    def multipart(self, depth):
        self.count += 1
        boundary = b"=_%d_%d" % (self.count, self.chance.randrange(1000))
        if self.is_odd("repeated boundary"):
            boundary = b"same"
        if self.is_odd("prefix boundary"):
            boundary = b"p" * self.count
        kind = b"digest" if self.is_odd("digest", 1) else self.chance.choice([b"mixed", b"alternative", b"related"])
        header = [b"Content-Type: multipart/" + kind + (b";\n boundary=\"" + boundary + b'"'
                                                        if not self.is_odd("missing boundary") else b"")]
        if self.is_odd("encoded multipart"):
            header.append(b"Content-Transfer-Encoding: " + self.chance.choice([b"base64", b"quoted-printable"]))
        body = self.chance.choice([b"", b"preamble\n", b"\n"])
        for _ in range(0 if self.is_odd("empty multipart") else self.chance.randrange(1, 4)):
            padding = b" \t" if self.is_odd("padded delimiter") else b""
            junk = b"junk" if self.is_odd("junk delimiter", 4) else b""
            body += b"--" + boundary + junk + padding + b"\n" + self.entity(depth + 1) + b"\n"
        if not self.is_odd("unclosed"):
            body += b"--" + boundary + b"--" + self.chance.choice([b"", b"\n", b"\nepilogue\n"])
        return header, body

    def entity(self, depth):
        choice = self.chance.randrange(6)
        if choice < 2 and depth < 4:
            header, body = self.multipart(depth)
        elif choice == 2 and depth < 4:
            header = [b"Content-Type: message/rfc822"]
            body = self.letter(depth + 1)
            if self.is_odd("encoded message"):
                header.append(b"Content-Transfer-Encoding: base64")
                body = base64.encodebytes(body)
        else:
            header, body = self.leaf()
        self.chance.shuffle(header)
        if header and header[0] == b"this is no field":
            header.append(header.pop(0))
        blank = b"" if self.is_odd("no blank line", 4) else b"\n"
        return b"".join(line + b"\n" for line in header) + blank + body

    def letter(self, depth=0):
        header = b"From: a@example.net\nSubject: " + self.subject() + b"\nMIME-Version: 1.0\n"
        return header + self.entity(depth)

    def make(self):
        text = self.letter()
        if self.is_odd("mixed line ends", 1):
            return b"".join(line + self.chance.choice([b"\n", b"\r\n"]) for line in text.split(b"\n"))
        return text.replace(b"\n", b"\r\n")


def made(seed):
    maker = Maker(seed)
    return maker.make(), maker.odd
