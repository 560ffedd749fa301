// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts_impl.hpp"

#include "base/text.hpp"
#include "sasl/digest.hpp"

namespace posthouse::directory {
namespace {

constexpr std::string_view secret_row = "s"; // Of the first shard; part of the store's format.
constexpr std::size_t secret_bytes = 32;

} // namespace

Task<Result<std::string>> Accounts::Impl::read_decoy_secret()
{
    if (!decoy_secret.empty())
        co_return decoy_secret;
    const Claim claim(*this, std::string(secret_row)); // (No address is like this.)
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    std::vector<std::string> keys{std::string(secret_row)};
    const auto page = co_await engine.partitions().read(partition_of(0), std::move(keys));
    if (!page)
        co_return std::unexpected(from(page.error()));
    if (!page->rows.empty()) {
        decoy_secret = page->rows[0].value;
        co_return decoy_secret;
    }
    std::string made;
    while (made.size() < secret_bytes)
        append_u64(made, random.next());
    auto& at = shard[0];
    const auto done = co_await at.writer.apply(
        [&](store::Writer::Batch& batch) { batch.put(std::string(secret_row), made); });
    ++at.changes;
    if (!done) {
        at.settled = at.settled && done.error() != store::Error::unknown;
        co_return std::unexpected(from(done.error()));
    }
    decoy_secret = std::move(made);
    co_return decoy_secret;
}

Task<Result<std::string>> Accounts::decoy_salt(std::string user)
{
    const auto secret = co_await impl_->read_decoy_secret();
    if (!secret)
        co_return std::unexpected(secret.error());
    const auto address = mail::Mailbox::parse(user);
    co_return sasl::hmac(sasl::ScramHash::sha_256, *secret, address ? account_key(*address) : user)
        .substr(0, sasl::ScramKeys::salt_bytes);
}

} // namespace posthouse::directory
