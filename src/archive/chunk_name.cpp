// SPDX-License-Identifier: Apache-2.0
#include "archive/chunk_name.hpp"

#include "base/contract.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace posthouse::archive {

struct Digest::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context{::EVP_MD_CTX_new(),
                                                                      ::EVP_MD_CTX_free};
};

Digest::Digest() : state_(std::make_unique<State>())
{
    static const EVP_MD* const sha256 = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
    expects(::EVP_DigestInit_ex(state_->context.get(), sha256, nullptr) == 1);
}

Digest::~Digest() = default;

void Digest::add(std::string_view bytes)
{
    expects(::EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

ChunkName Digest::finish()
{
    ChunkName name;
    expects(::EVP_DigestFinal_ex(state_->context.get(),
                                 reinterpret_cast<unsigned char*>(name.digest.data()),
                                 nullptr) == 1);
    return name;
}

ChunkName ChunkName::of(std::string_view bytes)
{
    Digest digest;
    digest.add(bytes);
    return digest.finish();
}

std::optional<ChunkName> ChunkName::from_bytes(std::string_view bytes)
{
    ChunkName name;
    if (bytes.size() != name.digest.size())
        return std::nullopt;
    std::ranges::copy(bytes, name.digest.begin());
    return name;
}

} // namespace posthouse::archive
