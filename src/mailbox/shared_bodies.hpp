// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/ids.hpp"
#include "store/engine.hpp"

#include <cstdint>
#include <string>

namespace posthouse::mailbox {

/// Bodies that several accounts share: partition "b/<blob>", a claim row for each holder.
/// docs/queue.md, "Shared bodies".
class SharedBodies {
public:
    explicit SharedBodies(store::Engine& engine) : engine_(engine) {}
    static std::string claim_of(AccountId, std::uint64_t delivery);
    static constexpr const char* queue_claim = "q";

    /// The queue's claim and the account's, before any commit that names the body. Repeatable.
    Task<store::Result<void>> claim(store::BlobId, std::string claim);
    Task<store::Result<bool>> is_claimed(store::BlobId);
    /// The last claim takes body and partition along. Repeatable.
    Task<store::Result<void>> release(store::BlobId, std::string claim);

private:
    store::Engine& engine_;
};

} // namespace posthouse::mailbox
