// SPDX-License-Identifier: Apache-2.0
#include "smtp/chunk_checker.hpp"
#include "smtp/data_decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::smtp {
namespace {

struct Decoded {
    std::string text;
    std::string rest; // What came after the end.
    bool done = false;
    bool malformed = false;
    bool line_too_long = false;
    bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, DataDecoder decoder = {}, std::size_t piece = 1'000'000)
{
    Decoded result;
    while (!bytes.empty() && !decoder.done()) {
        const auto part = bytes.substr(0, piece);
        const auto consumed = decoder.feed(part, result.text);
        EXPECT_TRUE(consumed == part.size() || decoder.done());
        bytes.remove_prefix(consumed);
    }
    result.rest = bytes;
    result.done = decoder.done();
    result.malformed = decoder.malformed();
    result.line_too_long = decoder.line_too_long();
    return result;
}

/// The same by the letter of RFC 5321 §4.5.2, over the whole of the data, with no thought of speed.
Decoded decode_plainly(std::string_view bytes)
{
    Decoded result;
    while (!bytes.empty()) {
        const auto end = bytes.find("\r\n");
        auto line = bytes.substr(0, end);
        if (line == "." && end != bytes.npos) {
            result.done = true;
            result.rest = bytes.substr(3);
            return result;
        }
        if (line.starts_with('.'))
            line.remove_prefix(1);
        for (std::size_t i = 0; i < line.size(); ++i) {
            const bool last = i + 1 == line.size() && end == bytes.npos;
            if (line[i] == '\n' || (line[i] == '\r' && !last))
                result.malformed = true;
            else if (line[i] != '\r')
                result.text += line[i];
        }
        if (end == bytes.npos)
            return result;
        result.text += "\r\n";
        bytes.remove_prefix(end + 2);
    }
    return result;
}

TEST(SmtpServerDataDecoder, UndoesDotStuffing)
{
    EXPECT_EQ(decode("..\r\n.a\r\n...\r\nb.\r\n.\r\nQUIT").text, ".\r\na\r\n..\r\nb.\r\n");
    EXPECT_EQ(decode("..\r\n.a\r\n...\r\nb.\r\n.\r\nQUIT").rest, "QUIT");
    EXPECT_EQ(decode(".\r\n").text, "");
    EXPECT_TRUE(decode(".\r\n").done);
}

TEST(SmtpServerDataDecoder, KeepsNulBytesAndAllOthers)
{
    std::string all;
    for (int c = 0; c < 256; ++c)
        if (c != '\r' && c != '\n')
            all += static_cast<char>(c);
    const auto decoded = decode(all + "\r\n.\r\n");
    EXPECT_EQ(decoded.text, all + "\r\n");
    EXPECT_FALSE(decoded.malformed);
}

TEST(SmtpServerDataDecoder, EndsAtNothingButCrLfDotCrLf)
{
    for (const auto* trick : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r\r\n",
                              "\r\n.\n\r\n", "\n\r.\r\n", "\r\n..\r\n", "\r\n. \r\n"}) {
        for (const auto choice : {BareLineEnds::refuse, BareLineEnds::repair}) {
            const auto decoded = decode("a" + std::string(trick) + "b", DataDecoder(choice));
            EXPECT_FALSE(decoded.done) << trick;
            EXPECT_TRUE(decoded.text.ends_with('b'));
        }
    }
}

TEST(SmtpServerDataDecoder, RepairsBareLineEnds)
{
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"a\nb\r\n", "a\r\nb\r\n"},           {"a\rb\r\n", "a\r\nb\r\n"},
        {"a\r\r\nb\r\n", "a\r\n\r\nb\r\n"},   {"a\n\r\n", "a\r\n\r\n"},
        {"a\n.\r\nb\r\n", "a\r\n.\r\nb\r\n"}, // No line began at that dot: it is no stuffing.
        {"a\n..\r\n", "a\r\n..\r\n"},         {".\n\r\n", "\r\n\r\n"},
        {"\n\n\r\n", "\r\n\r\n\r\n"},
    };
    for (const auto& [data, text] : cases) {
        const auto decoded = decode(std::string(data) + ".\r\n", DataDecoder(BareLineEnds::repair));
        EXPECT_EQ(decoded.text, text) << data;
        EXPECT_TRUE(decoded.done);
        EXPECT_FALSE(decoded.malformed);
    }
}

TEST(SmtpServerDataDecoder, MeasuresLinesWithTheirEndAndWithoutTheirStuffing)
{
    const DataDecoder limited(BareLineEnds::refuse, 10);
    for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
        EXPECT_FALSE(
            decode("12345678\r\n12345678\r\n.12345678\r\n.\r\n", limited, piece).line_too_long);
        EXPECT_TRUE(decode("1\r\n123456789\r\n1\r\n.\r\n", limited, piece).line_too_long);
        EXPECT_TRUE(decode("12345678901", limited, piece).line_too_long);
        EXPECT_FALSE(decode("123456789", limited, piece).line_too_long);
    }
}

/// Bytes of which many matter.
rc::Gen<std::string> data()
{
    const auto token = rc::gen::weightedElement<std::string>({{30, "\r\n"},
                                                              {10, "."},
                                                              {1, "\r"},
                                                              {1, "\n"},
                                                              {20, "abc"},
                                                              {1, "\r\n.\r\n"},
                                                              {2, "\r\n."}});
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(token),
                        [](const std::vector<std::string>& tokens) {
                            std::string all;
                            for (const auto& t : tokens)
                                all += t;
                            return all;
                        });
}

RC_GTEST_PROP(SmtpServerDataDecoder, DecodesAsTheStandardSaysInPiecesOfAnySize, ())
{
    const auto bytes = *data();
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    const auto plain = decode_plainly(bytes);
    RC_ASSERT(decode(bytes) == decode(bytes, {}, piece));
    RC_ASSERT(decode(bytes).text == plain.text || (!plain.done && bytes.ends_with(".")));
    RC_ASSERT(decode(bytes).rest == plain.rest);
    RC_ASSERT(decode(bytes).done == plain.done);
    RC_ASSERT(decode(bytes).malformed == plain.malformed);
}

RC_GTEST_PROP(SmtpServerDataDecoder, DecodesLongLettersAsItDecodesShortOnes, ())
{
    // Long enough for many windows, with something odd in a few places.
    std::string bytes;
    for (const auto& part :
         *rc::gen::resize(6, rc::gen::container<std::vector<std::string>>(data()))) {
        for (std::size_t i = *rc::gen::inRange<std::size_t>(0, 200); i != 0; --i)
            bytes += "A line that is like many others\r\n";
        bytes += part;
    }
    const auto plain = decode_plainly(bytes);
    const auto decoded = decode(bytes);
    RC_ASSERT(decoded.text == plain.text || !plain.done);
    RC_ASSERT(decoded.rest == plain.rest);
    RC_ASSERT(decoded.malformed == plain.malformed);
    RC_ASSERT(decode(bytes, {}, 1448) == decoded);
}

RC_GTEST_PROP(SmtpServerDataDecoder, NeverHandsOnABareLineEnd, ())
{
    const auto bytes = *data() + "\r\n.\r\n";
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    const auto decoded = decode(bytes, DataDecoder(BareLineEnds::repair), piece);
    RC_ASSERT(decoded.done);
    RC_ASSERT(decoded == decode(bytes, DataDecoder(BareLineEnds::repair)));
    ChunkChecker checker;
    checker.feed(decoded.text);
    checker.finish();
    RC_ASSERT(!checker.malformed());
}

RC_GTEST_PROP(SmtpServerChunkChecker, JudgesTheSameHoweverTheChunksAreCut, ())
{
    const auto bytes = *data();
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    ChunkChecker whole(12), cut(12);
    whole.feed(bytes);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        cut.feed(std::string_view(bytes).substr(at, piece));
    whole.finish();
    cut.finish();
    bool bare = false;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bare |= (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) ||
                (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'));
    RC_ASSERT(whole.malformed() == bare);
    RC_ASSERT(cut.malformed() == bare);
    RC_ASSERT(whole.line_too_long() == cut.line_too_long());
}

RC_GTEST_PROP(SmtpServerLineMeter, FindsTheSameAsCountingEachLine, ())
{
    const auto bytes = *data();
    const auto limit = *rc::gen::inRange<std::size_t>(1, 20);
    std::size_t line = 0, longest = 0;
    for (const char c : bytes) {
        longest = std::max(longest, ++line);
        if (c == '\n')
            line = 0;
    }
    LineMeter meter(limit);
    meter.measure(bytes);
    RC_ASSERT(meter.exceeded() == (longest > limit));
}

} // namespace
} // namespace posthouse::smtp
