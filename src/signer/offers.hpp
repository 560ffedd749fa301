// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "signer/keys.hpp"
#include "wire/signing.pb.h"

#include <optional>
#include <vector>

namespace posthouse::signer {

/// Certificates and keys that the supervisor hands over, page by page, and what is thought of
/// each.
class Offers {
public:
    struct Limits {
        static constexpr std::size_t pairs = 2048;
        static constexpr std::size_t certificate_bytes = 1 << 20;
        static constexpr std::size_t key_bytes = 64 << 10;
    };

    /// After the last page: the verdicts; the keys that will do have gone into `keys`.
    std::optional<wire::KeyWord::Judged> take(const wire::KeyWord::Offer&, std::vector<UniqueFd>,
                                              Keys& keys);

private:
    std::uint64_t round_ = 0;
    std::vector<UniqueFd> files_;
};

} // namespace posthouse::signer
