// SPDX-License-Identifier: Apache-2.0
#include "sorter/words.hpp"

#include "sorter/index.hpp"
#include "sorter/limits.hpp"
#include "textindex/letter_cutter.hpp"
#include "wire/indexing.pb.h"
#include "wire/parse.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string_view>

namespace posthouse::sorter {
namespace {

/// Is what came along what was ordered?
bool fits(const wire::CutWords& request, std::size_t raw_bytes)
{
    std::uint64_t bytes = 0;
    for (const auto& letter : request.letters()) {
        if (letter.bytes() > Limits::letter_bytes)
            return false;
        bytes += letter.bytes();
    }
    const bool read_on = request.letters_size() == 1 && raw_bytes == 0;
    return request.letters_size() > 0 && request.letters_size() <= Limits::letters_a_cut &&
           (read_on || bytes == raw_bytes);
}

} // namespace

Task<wire::Result<wire::Answer>> cut_words(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    const auto request = wire::parse<wire::CutWords>(frame.message);
    if (!request || !fits(*request, frame.raw.size()))
        co_return std::unexpected(wire::Failure::invalid);
    if (frame.raw.empty()) {
        auto letter = co_await read_indexed(std::move(keeper),
                                            {request->job(), request->letters(0).bytes()}, {});
        if (!letter)
            co_return std::unexpected(letter.error());
        frame.raw = std::move(*letter);
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    textindex::LetterCutter cutter;
    wire::WordsCut answer;
    std::string_view rest = frame.raw;
    for (const auto& letter : request->letters()) {
        // Letters that are routed or filed here come between.
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        const auto bytes = static_cast<std::size_t>(letter.bytes());
        cutter.add(letter.email(), rest.substr(0, bytes));
        rest.remove_prefix(bytes);
        answer.set_letters(answer.letters() + 1);
        if (cutter.full())
            break;
    }
    co_return wire::answer_with(answer, cutter.finish());
}

} // namespace posthouse::sorter
