// SPDX-License-Identifier: Apache-2.0
// Tells how letters, whose paths it reads a line each, are understood, in lines parted by tabs:
//   letter  SUBJECT
//   part    DEPTH KIND TYPE/SUBTYPE CHARSET FILE-NAME CONTENT
//   end
// Texts are hexadecimal; KIND is leaf, multipart or message; a leaf's content is decoded.
#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "mail/header_text.hpp"
#include "mail/mime.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

using namespace posthouse;
using namespace posthouse::mail;

namespace {

constexpr std::size_t most_bytes = 1 << 24;

const char* kind_name(MimePart::Kind kind)
{
    switch (kind) {
    case MimePart::Kind::leaf:
        return "leaf";
    case MimePart::Kind::multipart:
        return "multipart";
    case MimePart::Kind::message:
        return "message";
    }
    return "";
}

void tell(std::string_view letter)
{
    const auto tree = parse_mime(letter);
    const auto header = HeaderBlock::parse(tree.parts[0].header.of(letter));
    const auto* const subject = header.first("Subject");
    std::cout << "letter\t" << hex(subject != nullptr ? header_text(subject->raw_value()) : "")
              << '\n';
    for (const auto& part : tree.parts) {
        const bool leaf = part.kind == MimePart::Kind::leaf;
        std::cout << "part\t" << part.depth << '\t' << kind_name(part.kind) << '\t' << part.type
                  << '/' << part.subtype << '\t' << hex(parameter_text(part.parameters, "charset"))
                  << '\t' << hex(file_name(part)) << '\t'
                  << (leaf ? hex(decoded_body(part, letter, most_bytes)) : "") << '\n';
    }
    std::cout << "end\n";
}

} // namespace

int main()
{
    for (std::string path; std::getline(std::cin, path);) {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        tell(text.str());
    }
    return 0;
}
