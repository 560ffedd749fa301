// SPDX-License-Identifier: Apache-2.0
#include "mail/text_extract.hpp"

#include "mail/charset.hpp"
#include "mail/header_block.hpp"
#include "mail/header_text.hpp"
#include "mail/html_text.hpp"
#include "mail/transfer_decoder.hpp"
#include "mail/utf8.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

using Where = TextPiece::Where;
using Wanted = TextRequest::Wanted;

class Extractor {
public:
    Extractor(std::string_view letter, const MimeTree& tree, const TextRequest& request,
              const std::function<Go(const TextPiece&)>& take)
        : letter_(letter),
          tree_(tree),
          request_(request),
          take_(take),
          header_left_(request.limits.header_bytes),
          body_left_(request.limits.body_bytes)
    {
    }

    bool extract() &&
    {
        for (std::size_t i = 0; i < tree_.parts.size() && going_; ++i) {
            const auto& part = tree_.parts[i];
            const bool letters_own =
                i == 0 || tree_.parts[part.parent].kind == MimePart::Kind::message;
            if (letters_own && request_.wanted != Wanted::body)
                give_header(i);
            if (!letters_own && request_.wanted != Wanted::header) {
                give_text(file_name(part), i);
                give_text(header_text(part.description), i);
            }
            if (part.kind == MimePart::Kind::leaf && part.is("text") &&
                request_.wanted != Wanted::header)
                give_body(i);
        }
        return going_ && !cut_;
    }

private:
    void give(const TextPiece& piece)
    {
        if (going_ && !piece.text.empty())
            going_ = take_(piece) == Go::on;
    }

    void give_header(std::size_t index)
    {
        const auto header = HeaderBlock::parse(tree_.parts[index].header.of(letter_));
        for (const auto& field : header.fields()) {
            if (!going_)
                return;
            const auto text = header_text(field.raw_value());
            if (text.size() > header_left_) {
                cut_ = true;
                return;
            }
            header_left_ -= text.size();
            give({.where = Where::header, .field = field.name, .part = index, .text = text});
        }
    }

    /// Of a part's body, no more than is left.
    void give_text(std::string_view text, std::size_t index)
    {
        const auto front = utf8_front(text, body_left_);
        cut_ |= front.size() < text.size();
        body_left_ = front.size() < text.size() ? 0 : body_left_ - front.size();
        give({.where = Where::body, .field = {}, .part = index, .text = front});
    }

    void give_body(std::size_t index)
    {
        const auto& part = tree_.parts[index];
        const bool html = part.subtype == "html";
        TransferDecoder transfer(part.encoding);
        CharsetDecoder charset(parameter_text(part.parameters, "charset"));
        HtmlText shown;
        auto rest = part.body.of(letter_);
        std::string held; // Behind the last piece given, which ends with a whole character.
        for (bool last = false; !last && going_ && body_left_ > 0;) {
            const auto piece = rest.substr(0, request_.limits.piece_bytes);
            rest.remove_prefix(piece.size());
            last = rest.empty();
            std::string bytes;
            std::string text;
            transfer.decode(piece, bytes);
            if (last)
                transfer.finish(bytes);
            charset.decode(bytes, text);
            if (last)
                charset.finish(text);
            if (html) {
                shown.append(text, held);
                if (last)
                    shown.finish(held);
            } else {
                held += text;
            }
            const auto whole = last ? held.size() : held.size() - unfinished_utf8(held);
            give_text(std::string_view(held).substr(0, whole), index);
            held.erase(0, whole);
        }
        cut_ |= body_left_ == 0 && !rest.empty();
    }

    std::string_view letter_;
    const MimeTree& tree_;
    const TextRequest& request_;
    const std::function<Go(const TextPiece&)>& take_;
    std::size_t header_left_;
    std::size_t body_left_;
    bool going_ = true;
    bool cut_ = false;
};

} // namespace

bool extract_text(std::string_view letter, const MimeTree& tree, const TextRequest& request,
                  const std::function<Go(const TextPiece&)>& take)
{
    return Extractor(letter, tree, request, take).extract();
}

} // namespace posthouse::mail
