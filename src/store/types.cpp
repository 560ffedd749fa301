// SPDX-License-Identifier: Apache-2.0
#include "store/types.hpp"

#include "base/text.hpp"

namespace posthouse::store {

std::string_view describe(Error error)
{
    switch (error) {
    case Error::conflict:
        return "the partition has changed meanwhile";
    case Error::exists:
        return "the blob is there already";
    case Error::not_found:
        return "not found";
    case Error::too_large:
        return "larger than the store allows";
    case Error::no_space:
        return "the disk is full";
    case Error::unavailable:
        return "the store cannot be used at the moment";
    case Error::unknown:
        return "the outcome is not known";
    case Error::fenced:
        return "shut out of the store";
    case Error::corrupt:
        return "stored data is damaged";
    }
    return "unknown error";
}

std::string BlobId::bytes() const
{
    std::string to;
    to.reserve(16);
    append_u64(to, incarnation);
    append_u64(to, sequence);
    return to;
}

std::optional<BlobId> BlobId::from_bytes(std::string_view bytes)
{
    if (bytes.size() != 16)
        return std::nullopt;
    return BlobId{read_u64(bytes.substr(0, 8)), read_u64(bytes.substr(8))};
}

} // namespace posthouse::store
