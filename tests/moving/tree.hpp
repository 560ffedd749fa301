// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/source.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::moving::tests {

/// Files in memory, by their paths; directories are what is before a slash.
class Tree final : public Files {
public:
    struct Item {
        std::string text;
        std::int64_t changed = 1'700'000'000'000'000;
    };
    std::map<std::string, Item> files;

    FileKind kind(const std::string& path) override
    {
        if (files.contains(path))
            return FileKind::file;
        const auto below = path.empty() ? path : path + "/";
        const auto found = files.lower_bound(below);
        return found != files.end() && found->first.starts_with(below) ? FileKind::directory
                                                                       : FileKind::other;
    }
    Result<std::vector<Entry>> list(const std::string& path) override
    {
        if (kind(path) != FileKind::directory)
            return std::unexpected(std::string("it is no directory"));
        const auto below = path.empty() ? path : path + "/";
        std::map<std::string, FileKind> names;
        for (const auto& [file, item] : files) {
            if (!file.starts_with(below))
                continue;
            const auto rest = file.substr(below.size());
            const auto slash = rest.find('/');
            if (const auto name = rest.substr(0, slash); !name.empty())
                names[name] = slash == rest.npos ? FileKind::file : FileKind::directory;
        }
        std::vector<Entry> entries;
        for (const auto& [name, found] : names)
            entries.push_back({name, found});
        return entries;
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override
    {
        const auto found = files.find(path);
        if (found == files.end())
            return std::unexpected(std::string("it is not there"));
        return std::make_unique<Opened>(found->second);
    }

private:
    class Opened final : public File {
    public:
        explicit Opened(Item item) : item_(std::move(item)) {}
        std::uint64_t bytes() const override { return item_.text.size(); }
        std::int64_t changed() const override { return item_.changed; }
        Result<std::string> read(std::uint64_t offset, std::size_t length) override
        {
            if (offset >= item_.text.size())
                return std::string();
            return item_.text.substr(static_cast<std::size_t>(offset), length);
        }

    private:
        Item item_;
    };
};

/// All that a source tells.
struct Told {
    Contents contents;
    std::vector<Letter> letters;
    std::vector<std::string> texts; ///< "!why" of what cannot be read
    std::vector<std::optional<std::int64_t>> dates;
};

inline Told told_by(Source& source, std::size_t folder)
{
    Told told;
    auto contents = source.open(folder);
    if (!contents)
        return told;
    told.contents = *contents;
    while (told.letters.size() < contents->letters) {
        auto page = source.letters(told.letters.size());
        if (!page || page->empty())
            break;
        std::ranges::move(*page, std::back_inserter(told.letters));
    }
    for (std::size_t i = 0; i < told.letters.size(); ++i) {
        auto begun = source.begin(i);
        std::string text = begun ? "" : "!" + begun.error();
        while (begun) {
            auto piece = source.read();
            if (!piece)
                text = "!" + piece.error();
            if (!piece || piece->empty())
                break;
            text += *piece;
        }
        told.texts.push_back(std::move(text));
        told.dates.push_back(begun ? begun->internal_date : std::nullopt);
    }
    return told;
}

inline std::unique_ptr<Source> source_of(const Tree& tree, const SourceOptions& options = {})
{
    auto source = source_in(std::make_unique<Tree>(tree), options);
    return source ? std::move(*source) : nullptr;
}

} // namespace posthouse::moving::tests
