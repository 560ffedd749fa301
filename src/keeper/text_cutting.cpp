// SPDX-License-Identifier: Apache-2.0
#include "keeper/text_cutting.hpp"

#include "base/log.hpp"
#include "textindex/batch.hpp"
#include "textindex/letter_cutter.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

namespace {

static_assert(TextCutting::Limits::batch_bytes + TextCutting::Limits::large <=
              wire::FrameLimits::raw_bytes);

constexpr int conflicts = 3;

std::uint64_t number(const mailbox::Account& account)
{
    return static_cast<std::uint64_t>(account.id());
}

/// Of these letters from the front, as many as it says, and of no others: what a batch covers and
/// no term of it names is not found any more.
bool is_of(const wire::Typed<wire::WordsCut>& words, const std::deque<std::uint64_t>& emails)
{
    const auto count = words.message.letters();
    if (count == 0 || count > emails.size())
        return false;
    textindex::EmailSet ordered;
    for (std::size_t i = 0; i < count; ++i)
        ordered.add(emails[i]);
    const textindex::BatchReader batch(words.raw);
    return !batch.damaged() && batch.covered().united(batch.given_up()) == ordered;
}

} // namespace

Task<bool> TextCutting::add_some(Account account, Index index, std::deque<std::uint64_t>& emails)
{
    const Work work{account, index};
    auto batch = co_await next_batch(account, emails);
    if (!batch)
        co_return false;
    std::deque<Letter> readable;
    for (auto& letter : *batch) {
        if (letter.readable)
            readable.push_back(std::move(letter));
        else if (!co_await leave_out(work, letter.email))
            co_return false;
    }
    co_return co_await add(work, std::move(readable));
}

// ---- letters --------------------------------------------------------------------------------

Task<std::optional<TextCutting::Letter>> TextCutting::read(Account account, std::uint64_t email)
{
    Letter letter;
    auto message = co_await account->message(email);
    if (!message && message.error() == mailbox::Error::nonexistent)
        co_return letter;
    letter.email = email;
    letter.readable = message.has_value();
    if (!message)
        co_return message.error() == mailbox::Error::corrupt ? std::optional(letter) : std::nullopt;
    auto text = std::make_shared<const LetterText>(*message);
    if (text->bytes() > Limits::large) {
        letter.text = std::move(text);
        co_return letter;
    }
    auto bytes = co_await text->read(office_.engine, 0, text->bytes());
    if (bytes) {
        letter.bytes = std::move(*bytes);
        co_return letter;
    }
    // Its last name may have gone meanwhile, and its body with it.
    letter.readable = false;
    if (!co_await account->message(email))
        co_return Letter();
    co_return bytes.error() == store::Error::corrupt ? std::optional(letter) : std::nullopt;
}

Task<std::optional<std::deque<TextCutting::Letter>>>
TextCutting::next_batch(Account account, std::deque<std::uint64_t>& emails)
{
    std::deque<Letter> batch;
    std::uint64_t bytes = 0;
    while (!emails.empty() && batch.size() < Limits::batch_letters && bytes < Limits::batch_bytes) {
        // Reading is done on the keeper's own thread: others come between.
        co_await boost::asio::post(office_.executor(), boost::asio::use_awaitable);
        auto letter = co_await read(account, emails.front());
        if (!letter)
            co_return std::nullopt;
        // What is read on is a batch alone.
        if (letter->text && !batch.empty())
            break;
        emails.pop_front();
        if (letter->email == 0)
            continue;
        bytes += letter->size();
        const bool alone = letter->text != nullptr;
        batch.push_back(std::move(*letter));
        if (alone)
            break;
    }
    co_return batch;
}

Task<wire::Result<wire::Answer>> TextCutting::read_on(const wire::Link* sorter,
                                                      wire::ReadLetter request)
{
    const auto found = large_.find(request.letter());
    if (found == large_.end() || found->second.sorter != sorter)
        co_return std::unexpected(Failure::refused);
    const auto text = found->second.text;
    auto bytes = co_await text->read(office_.engine, request.offset(),
                                     std::min(request.length(), Limits::piece));
    if (!bytes)
        co_return std::unexpected(failure_of(bytes.error()));
    wire::Piece answer;
    answer.set_last(request.offset() + bytes->size() >= text->bytes());
    co_return wire::answer_with(answer, std::move(*bytes));
}

// ---- words ----------------------------------------------------------------------------------

Task<bool> TextCutting::add(const Work& work, std::deque<Letter> letters)
{
    while (!letters.empty()) {
        auto words = co_await cut(letters, Workers::Company::shared);
        if (!words && (words.error() == Failure::damaged || words.error() == Failure::invalid)) {
            // One of them it must be.
            for (auto& letter : letters)
                if (!co_await add_alone(work, std::move(letter)))
                    co_return false;
            co_return true;
        }
        if (!words)
            co_return false;
        const auto count = words->message.letters();
        if (!co_await put(work, std::move(words->raw)))
            co_return false;
        letters.erase(letters.begin(), letters.begin() + static_cast<std::ptrdiff_t>(count));
    }
    co_return true;
}

Task<bool> TextCutting::add_alone(const Work& work, Letter letter)
{
    const auto email = letter.email;
    std::deque<Letter> alone;
    alone.push_back(std::move(letter));
    for (int attempt = 0; attempt < Limits::attempts; ++attempt) {
        auto words = co_await cut(alone, Workers::Company::alone);
        if (words)
            co_return co_await put(work, std::move(words->raw));
        if (words.error() != Failure::damaged && words.error() != Failure::invalid)
            co_return false;
    }
    co_return co_await leave_out(work, email);
}

/// For good, until the index is made anew: every search then looks at the letter itself.
Task<bool> TextCutting::leave_out(const Work& work, std::uint64_t email)
{
    log::warning("text_index.letter_left_out",
                 {{"account", number(*work.account)}, {"email", email}});
    textindex::LetterCutter cutter;
    cutter.give_up(email);
    co_return co_await put(work, cutter.finish());
}

Task<wire::Result<wire::Typed<wire::WordsCut>>> TextCutting::cut(const std::deque<Letter>& letters,
                                                                 Workers::Company company)
{
    wire::CutWords order;
    const auto job = own_jobs | ++last_job_;
    order.set_job(job);
    std::string raw;
    std::deque<std::uint64_t> emails;
    for (const auto& letter : letters) {
        emails.push_back(letter.email);
        auto* one = order.add_letters();
        one->set_email(letter.email);
        one->set_bytes(letter.size());
        raw += letter.bytes;
    }
    co_await give_way();
    auto place = co_await sorters_.take(company);
    if (letters.front().text)
        large_[job] = {place.link().get(), letters.front().text};
    auto words =
        co_await place.link()->call<wire::WordsCut>(Method::cut_words, order, std::move(raw));
    large_.erase(job);
    if (!words && words.error() == Failure::closed && co_await place.loss() == spool::Loss::crashed)
        co_return std::unexpected(Failure::damaged);
    if (words && !is_of(*words, emails))
        co_return std::unexpected(Failure::invalid);
    co_return words;
}

Task<bool> TextCutting::put(const Work& work, std::string batch)
{
    auto added = co_await work.index->add(batch);
    for (int again = 0; !added && added.error() == store::Error::conflict && again < conflicts;
         ++again)
        added = co_await work.index->add(batch);
    if (!added)
        log::warning("text_index.failed", {{"account", number(*work.account)},
                                           {"reason", store::describe(added.error())}});
    co_return added.has_value();
}

/// While others wait for a sorter.
Task<void> TextCutting::give_way()
{
    const auto until = Instant::clock::now() + Limits::gives_way;
    boost::asio::steady_timer timer(office_.executor());
    while (sorters_.waiting() > 0 && Instant::clock::now() < until) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

} // namespace posthouse::keeper
