// SPDX-License-Identifier: Apache-2.0
// fuzzes: moving
#include "base/contract.hpp"
#include "moving/lists.hpp"
#include "tests/moving/tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace moving = posthouse::moving;

namespace {

moving::tests::Tree tree_of(std::string_view input)
{
    // Lines "=path" begin files; what is before the first is a single file.
    moving::tests::Tree tree;
    std::string path;
    while (!input.empty()) {
        const auto end = std::min(input.find('\n'), input.size() - 1) + 1;
        const auto line = input.substr(0, end);
        input.remove_prefix(end);
        if (line.starts_with('=') && tree.files.size() < 50)
            path = std::string(line.substr(1, line.ends_with('\n') ? line.size() - 2 : line.npos));
        else
            tree.files[path].text += line;
    }
    if (tree.files.size() > 1)
        tree.files.erase("");
    return tree;
}

void read_all(const moving::tests::Tree& tree, const moving::SourceOptions& options)
{
    const auto source = moving::tests::source_of(tree, options);
    if (!source)
        return;
    const auto folders = source->folders();
    for (std::size_t i = 0; folders && i < std::min<std::size_t>(folders->size(), 8); ++i) {
        const auto told = moving::tests::told_by(*source, i);
        std::uint32_t last = 0;
        for (const auto& letter : told.letters) {
            posthouse::expects(letter.identity.size() == 16);
            posthouse::expects(letter.uidl.size() <= moving::Limits::uidl_bytes);
            // What came without UIDs comes last, and no UID comes twice.
            posthouse::expects(letter.uid == 0 || letter.uid > last || last == 0);
            posthouse::expects(letter.uid == 0 || letter.uid < told.contents.uid_next);
            last = letter.uid == 0 ? last : letter.uid;
        }
        for (const auto& text : told.texts)
            for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1))
                posthouse::expects(text.starts_with('!') || (at > 0 && text[at - 1] == '\r'));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto tree = tree_of(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
    moving::SourceOptions options;
    options.quoting = static_cast<moving::SourceOptions::Quoting>(data[0] & 3);
    options.uidls = static_cast<moving::UidlForm>((data[0] >> 2) % 3);
    read_all(tree, options);
    return 0;
}
