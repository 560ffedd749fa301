// SPDX-License-Identifier: Apache-2.0
#include "mail/summary_fields.hpp"

#include "imap/index_message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mail {
namespace {

TEST(SummaryFields, BringAllAcross)
{
    const auto index = imap::index_message("From: a@example.org\r\nSubject: Re: x\r\n"
                                           "Date: Wed, 17 Jul 1996 02:23:25 -0700\r\n"
                                           "References: <1@a> <2@a>\r\nMessage-ID: <3@a>\r\n"
                                           "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                                           "--b\r\nContent-Type: message/rfc822\r\n\r\n"
                                           "Subject: inner\r\n\r\ntext\r\n--b--\r\n");
    ASSERT_GT(index.parts.size(), 2U);
    const auto packed = pack_parts(index.parts);
    EXPECT_EQ(unpack_parts(packed), index.parts);
    for (const auto& part : index.parts)
        EXPECT_EQ(find_part(packed, part.section), part);
    EXPECT_FALSE(find_part(packed, "7"));
    EXPECT_EQ(unpack_header_cache(pack_header_cache(index.header_cache)), index.header_cache);
    EXPECT_EQ(unpack_sort_keys(pack_sort_keys(sort_keys_of(index))), sort_keys_of(index));
    const ThreadLinks links{index.message_id, index.references};
    EXPECT_EQ(unpack_references(pack_references(links)), links);
}

RC_GTEST_PROP(SummaryFields, AreTotal, (const std::string& bytes))
{
    find_part(bytes, "1");
    unpack_parts(bytes);
    unpack_header_cache(bytes);
    unpack_sort_keys(bytes);
    unpack_references(bytes);
}

} // namespace
} // namespace posthouse::mail
