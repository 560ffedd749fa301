// SPDX-License-Identifier: Apache-2.0
#include "moving/source.hpp"

#include "moving/limits.hpp"
#include "moving/maildir.hpp"
#include "moving/mbox.hpp"

#include <algorithm>

namespace posthouse::moving {

std::vector<Letter> page_of(const std::vector<Letter>& letters, std::size_t from)
{
    from = std::min(from, letters.size());
    const auto end = std::min(from + Limits::page, letters.size());
    return {letters.begin() + static_cast<std::ptrdiff_t>(from),
            letters.begin() + static_cast<std::ptrdiff_t>(end)};
}

Result<std::unique_ptr<Source>> source_in(std::unique_ptr<Files> files,
                                          const SourceOptions& options)
{
    using Format = SourceOptions::Format;
    switch (files->kind("")) {
    case FileKind::file:
        if (options.format == Format::maildir)
            return std::unexpected(std::string("it is a file, and a Maildir is a directory"));
        return mbox_source(std::move(files), options);
    case FileKind::directory:
        break;
    case FileKind::other:
        if (auto why = files->list(""); !why)
            return std::unexpected(why.error());
        return std::unexpected(std::string("it is neither a file nor a directory"));
    }
    if (options.format == Format::maildir || (options.format == Format::any && has_maildir(*files)))
        return maildir_source(std::move(files), options);
    return mbox_source(std::move(files), options);
}

} // namespace posthouse::moving
