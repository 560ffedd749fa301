// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/fold.hpp"
#include "mail/mime.hpp"
#include "mail/text_extract.hpp"
#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"
#include "textindex/letter_cutter.hpp"
#include "textindex/text_index.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::textindex::tests {

inline std::string letter(const std::string& body, const std::string& subject = "nothing")
{
    return "From: ada@example.org\r\nSubject: " + subject +
           "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\n" +
           body;
}

/// What a search finds that opens the letter.
inline bool has(std::string_view whole, Within within, const std::string& folded_needle)
{
    const auto tree = mail::parse_mime(whole);
    mail::FoldedSearch looking({folded_needle});
    TextBorders borders;
    mail::TextRequest request;
    request.wanted =
        within == Within::body ? mail::TextRequest::Wanted::body : mail::TextRequest::Wanted::both;
    (void)mail::extract_text(whole, tree, request, [&](const mail::TextPiece& piece) {
        if (borders.begins_anew(piece))
            looking.begin_anew();
        looking.append(piece.text);
        return mail::Go::on;
    });
    looking.begin_anew();
    return looking.found_all();
}

using Letters = std::vector<std::pair<std::uint64_t, std::string>>;

inline std::string batch_of(const Letters& letters)
{
    LetterCutter cutter;
    for (const auto& [email, text] : letters)
        cutter.add(email, text);
    return cutter.finish();
}

/// An index on a disk in memory, that can be closed and opened again.
struct Rig {
    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::MemoryEngine> engine;
    std::shared_ptr<TextIndex> index;

    Rig() { reopen(); }

    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    /// What a restart has.
    void reopen()
    {
        index.reset();
        engine = std::make_unique<store::MemoryEngine>(io.get_executor(), disk);
        auto opened = run(TextIndex::open(*engine, partition_of(7)));
        if (opened)
            index = *opened;
    }
    store::Result<void> add(const Letters& letters) { return run(index->add(batch_of(letters))); }
    store::Result<void> add(std::uint64_t email, const std::string& body)
    {
        return add({{email, letter(body)}});
    }
    Found look_up(const std::string& needle, Within within = Within::body)
    {
        return run(index->look_up(within, mail::fold(needle)));
    }
    Presence presence(std::uint64_t email, const std::string& needle, Within within = Within::body)
    {
        return look_up(needle, within).of(email);
    }
    /// Until nothing is left to do, or something fails.
    bool tidy()
    {
        for (int i = 0; i < 1000; ++i) {
            const auto more = run(index->tidy());
            if (!more)
                return false;
            if (!*more)
                return true;
        }
        return false;
    }
    std::size_t rows() const
    {
        const auto found = disk->partitions.find(partition_of(7).name);
        return found == disk->partitions.end() ? 0 : found->second.rows.size();
    }
};

} // namespace posthouse::textindex::tests
