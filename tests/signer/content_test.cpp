// SPDX-License-Identifier: Apache-2.0
#include "signer/content.hpp"

#include <gtest/gtest.h>

#include <string>

namespace posthouse::signer {
namespace {

using namespace std::string_literals;

std::string certificate_verify(std::size_t hash = 32)
{
    return std::string(64, ' ') + "TLS 1.3, server CertificateVerify\0"s + std::string(hash, 'h');
}

std::string key_exchange(const std::string& curve = "\x00\x1d"s, std::size_t point = 32)
{
    const auto first = point == 32 ? "p"s : "\x04"s;
    return std::string(32, 'c') + std::string(24, 's') + "DOWNGRD\x01" + "\x03" + curve +
           static_cast<char>(point) + first + std::string(point - 1, 'p');
}

TEST(SignedContent, IsWhatServersSignInTls13)
{
    for (const auto scheme :
         std::initializer_list<std::uint16_t>{0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0807}) {
        EXPECT_TRUE(is_handshake(scheme, certificate_verify(32)));
        EXPECT_TRUE(is_handshake(scheme, certificate_verify(48)));
    }
    for (const auto scheme :
         std::initializer_list<std::uint16_t>{0x0401, 0x0501, 0x0601, 0x0201, 0x0202, 0})
        EXPECT_FALSE(is_handshake(scheme, certificate_verify())) << scheme;
}

TEST(SignedContent, IsAnEphemeralKeyExchangeInTls12)
{
    for (const auto scheme :
         std::initializer_list<std::uint16_t>{0x0401, 0x0601, 0x0403, 0x0804, 0x0807}) {
        EXPECT_TRUE(is_handshake(scheme, key_exchange()));
        EXPECT_TRUE(is_handshake(scheme, key_exchange("\x00\x17"s, 65)));
        EXPECT_TRUE(is_handshake(scheme, key_exchange("\x00\x18"s, 97)));
    }
    EXPECT_FALSE(is_handshake(0x0201, key_exchange())); // SHA-1
    EXPECT_FALSE(is_handshake(0x0403, key_exchange("\x00\x17"s, 32)));
    EXPECT_FALSE(is_handshake(0x0403, key_exchange("\x00\x15"s, 32))); // Another curve.
}

TEST(SignedContent, IsNothingElse)
{
    for (const std::string& foreign :
         {""s, "a letter"s, std::string(32, 'h'), std::string(64, ' '),
          // A client's, with which a certificate logs in.
          std::string(64, ' ') + "TLS 1.3, client CertificateVerify\0"s + std::string(32, 'h'),
          certificate_verify(20), certificate_verify(33), certificate_verify() + "x",
          key_exchange() + "x", key_exchange().substr(0, 99),
          std::string(32, 'c') + std::string(32, 's') + key_exchange().substr(64)})
        for (const auto scheme :
             std::initializer_list<std::uint16_t>{0x0401, 0x0403, 0x0804, 0x0807})
            EXPECT_FALSE(is_handshake(scheme, foreign)) << foreign;
}

TEST(SignedContent, IsNotCutShort)
{
    for (const auto& whole : {certificate_verify(), key_exchange()})
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(is_handshake(0x0403, whole.substr(0, size))) << size;
}

} // namespace
} // namespace posthouse::signer
