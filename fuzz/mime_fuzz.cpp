// SPDX-License-Identifier: Apache-2.0
// fuzzes: imap mail base
// Any letter, within any limits: its parts nest, everything that is found out about it is bounded
// and well-formed, and what is read in pieces is what is read at once.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "imap/body_structure.hpp"
#include "imap/index_message.hpp"
#include "mail/header_text.hpp"
#include "mail/text_extract.hpp"
#include "mail/transfer_decoder.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

void check_tree(std::string_view letter, const MimeLimits& limits)
{
    const auto tree = parse_mime(letter, limits);
    expects(!tree.parts.empty() && tree.parts.size() <= limits.parts);
    for (std::size_t i = 0; i < tree.parts.size(); ++i) {
        const auto& part = tree.parts[i];
        expects(part.header.end() == part.body.offset && part.body.end() <= letter.size());
        expects(part.header.length <= limits.header_bytes && part.depth < limits.depth);
        expects(part.lines ==
                static_cast<std::uint64_t>(std::ranges::count(part.body.of(letter), '\n')));
        expects(part.parameters.size() <= limits.parameters.count);
        expects(part.end > i && part.end <= tree.parts.size());
        expects(!part.type.empty() && !part.subtype.empty());
        auto behind = part.body.offset;
        for (const auto child : tree.children(i)) {
            expects(part.kind != MimePart::Kind::leaf && tree.parts[child].parent == i);
            expects(tree.parts[child].header.offset >= behind);
            behind = tree.parts[child].body.end();
        }
        expects(behind <= part.body.end());
        expects(is_utf8(file_name(part)) && is_utf8(header_text(part.description)));
    }
    for (const auto form : {imap::BodyForm::plain, imap::BodyForm::extended})
        expects(imap::body_structure_text(tree, letter, form).starts_with('('));
}

void check_decoding(TransferEncoding encoding, std::string_view text)
{
    std::string whole;
    std::string pieces;
    TransferDecoder at_once(encoding);
    at_once.decode(text, whole);
    at_once.finish(whole);
    TransferDecoder bytewise(encoding);
    for (const char c : text)
        bytewise.decode({&c, 1}, pieces);
    bytewise.finish(pieces);
    expects(whole == pieces && whole.size() <= text.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view letter(reinterpret_cast<const char*>(data), size);
    check_tree(letter, {});
    check_tree(letter, {.depth = 3,
                        .parts = 4,
                        .header_bytes = 60,
                        .fields = 3,
                        .all_header_bytes = 100,
                        .languages = 1,
                        .value_bytes = 9,
                        .parameters = {.count = 2, .value_bytes = 9}});
    for (const auto encoding :
         {TransferEncoding::base64, TransferEncoding::quoted_printable, TransferEncoding::uuencode})
        check_decoding(encoding, letter);

    const auto index = imap::index_message(letter);
    expects(index.bytes == size && index.header_bytes <= size && !index.parts.empty());
    expects(index.envelope.size() + index.body_structure.size() + index.body.size() < 48 << 10);
    expects(is_utf8(index.base_subject) && is_utf8(index.from_display));
    expects(!index.preview || (is_utf8(*index.preview) && index.preview->size() <= 256));
    for (const auto& part : index.parts)
        for (const auto& range : {part.mime, part.body, part.header, part.text})
            expects(range.end() <= size);

    std::size_t bytes = 0;
    const TextRequest request{
        .wanted = TextRequest::Wanted::both,
        .limits = {.header_bytes = 1000, .body_bytes = 500, .piece_bytes = 64}};
    extract_text(letter, parse_mime(letter), request, [&](const TextPiece& piece) {
        expects(is_utf8(piece.text));
        bytes += piece.text.size();
        return Go::on;
    });
    expects(bytes <= 1500);
    return 0;
}
