# SPDX-License-Identifier: Apache-2.0
"""Letters of every make, for what a server tells of their structure."""


def made(text):
    return text.strip("\n").encode("utf-8", "surrogateescape").replace(b"\n", b"\r\n") + b"\r\n"


HEAD = "From: Alice <alice@example.org>\nTo: bob@example.net\nDate: Mon, 02 Jan 2023 03:04:05 +0100\nMessage-ID: <{0}@example.org>\nSubject: {0}\n"

SPECIMENS = {name: made(text) for name, text in {
    "plain": HEAD.format("plain") + "\nHello, this is plain text with a zeppelin.\nSecond line.\n",
    "no-body": HEAD.format("no-body") + "\n",
    "groups": "From: \"Meyer, Alice\" <alice@example.org>, Carol <carol@example.com>\nSender: secretary@example.org\n"
              "Reply-To: \"A. Group\": one@example.org, Two <two@example.org>;\nTo: undisclosed-recipients:;\n"
              "Cc: =?utf-8?q?J=C3=BCrgen?= <j@example.de>, plain@example.de\nBcc: hidden@example.org\n"
              "In-Reply-To: <earlier@example.org>\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?= and\n more\nDate: Tue, 3 Jan 2023 10:00:00 GMT\n\nText\n",
    "no-fields": "Subject: nothing else\n\nBody\n",
    "comments": "From: alice@example.org (Alice Meyer)\nTo: (nobody) bob@example.net\nSubject: comments (kept)\n"
                "Date: Mon, 2 Jan 2023 03:04:05 +0100 (CET)\nMessage-ID:  <spaced@example.org>  \n\nText\n",
    "alternative": HEAD.format("alternative") + "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"b1\"\n\npreamble\n--b1\n"
                   "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\nzwei\n"
                   "--b1\nContent-Type: text/html; charset=utf-8\n\n<p>Grüße</p>\n--b1--\nepilogue\n",
    "nested": HEAD.format("nested") + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n"
              "Content-Type: multipart/related; boundary=\"in ner\"; type=\"text/html\"\n\n--in ner\nContent-Type: text/html\n\n<b>bold</b>\n"
              "--in ner\nContent-Type: image/png; name=\"a b.png\"\nContent-ID: <image@example.org>\nContent-Transfer-Encoding: base64\n"
              "Content-Disposition: inline; filename=\"a b.png\"; size=9\nContent-Description: a picture\n\nAAECAwQFBgcI\n--in ner--\n\n--outer\n"
              "Content-Type: application/octet-stream\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Language: de, en\n"
              "Content-Location: http://example.org/x\nContent-Disposition: attachment\n\ndata\n--outer--\n",
    "enclosed": HEAD.format("enclosed") + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nSee below.\n--x\n"
                "Content-Type: message/rfc822\nContent-Description: the old letter\n\n" + HEAD.format("inner") +
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\ninner text\n--y\nContent-Type: text/csv\n\n1,2\n--y--\n--x--\n",
    "only-enclosed": HEAD.format("only-enclosed") + "Content-Type: message/rfc822\n\nSubject: within\nFrom: x@example.org\n\nwithin text\n",
    "digest": HEAD.format("digest") + "MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: first\n\none\n--d\n\nSubject: second\n\ntwo\n--d--\n",
    "unclosed": HEAD.format("unclosed") + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=u\n\n--u\nContent-Type: text/plain\n\nnever closed\n",
    "no-parts": HEAD.format("no-parts") + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=none\n\nno boundary in sight\n",
    "parameters": HEAD.format("parameters") + "MIME-Version: 1.0\nContent-Type: text/plain; charset=\"us-ascii\"; format=flowed; x-q=\"a\\\"b\"\n"
                  "Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.txt\n\nText\n",
    "eight-bit": HEAD.format("eight-bit") + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nNaïve café über\n",
    "long-line": HEAD.format("long-line") + "\n" + "x" * 3000 + "\nlast\n",
    "delivery-status": HEAD.format("delivery-status") + "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n"
                       "--r\n\nIt failed.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example.org\n\n"
                       "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n--r\nContent-Type: text/rfc822-headers\n\nSubject: gone\n--r--\n",
}.items()}
