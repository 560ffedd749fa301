// SPDX-License-Identifier: Apache-2.0
#include "milter/draft.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <variant>

namespace posthouse::milter {
namespace {

using Done = std::expected<void, Fault>;

Done fault(std::string_view what)
{
    return std::unexpected(Fault{std::string(what)});
}

/// As filters are shown a value: libmilter's lines end with LF alone.
std::string with_bare_feeds(std::string_view value)
{
    std::string out;
    out.reserve(value.size());
    for (std::size_t at = 0; at < value.size(); ++at)
        if (value.substr(at, 2) != "\r\n")
            out += value[at] == '\0' ? '?' : value[at];
    while (out.ends_with('\n') || out.ends_with('\r'))
        out.pop_back();
    return out;
}

/// A body whose every line ends with CRLF, whatever the filter's end with.
std::string with_line_ends(std::string_view body)
{
    std::string out;
    out.reserve(body.size() + 2);
    for (std::size_t at = 0; at < body.size(); ++at) {
        const char c = body[at];
        if (c == '\r' || c == '\n') {
            at += body.substr(at, 2) == "\r\n";
            out += "\r\n";
        } else {
            out += c;
        }
    }
    if (!out.empty() && !out.ends_with("\r\n"))
        out += "\r\n";
    return out;
}

bool same(const mail::ForwardPath& a, const mail::ForwardPath& b)
{
    return a == b;
}

} // namespace

std::string_view Draft::Field::shown_name() const
{
    return changed ? std::string_view(changed->name) : name;
}

Draft::Draft(std::string_view letter, Envelope envelope, const Limits& limits)
    : limits_(limits),
      letter_(letter),
      envelope_(std::move(envelope))
{
    const auto block = mail::HeaderBlock::parse(letter);
    Field own;
    own.own = true;
    fields_.push_back(own);
    for (const auto& came : block.fields()) {
        fields_.push_back(
            {.name = came.name, .offset = came.offset, .length = came.raw.size(), .changed = {}});
        header_end_ = came.offset + came.raw.size();
    }
    end_ = block.end();
    body_offset_ = block.body_offset();
}

std::vector<Draft::Shown> Draft::show()
{
    std::erase_if(fields_, [](const Field& field) { return field.removed && field.length == 0; });
    std::vector<Shown> shown;
    for (auto& field : fields_) {
        if (field.removed) {
            field.name = {}; // Not counted any more.
            field.changed.reset();
        }
        if (field.removed || field.own || field.shown_name().empty())
            continue;
        auto value = field.changed ? std::string_view(field.changed->value)
                                   : letter_.substr(field.offset, field.length);
        if (!field.changed)
            value.remove_prefix(value.find(':', field.name.size()) + 1);
        shown.push_back({std::string(field.shown_name()), with_bare_feeds(value)});
    }
    return shown;
}

Done Draft::apply(const std::vector<Modification>& modifications)
{
    auto before = *this;
    body_begun_ = false;
    for (const auto& modification : modifications)
        if (auto done = make_one(modification); !done) {
            *this = std::move(before);
            return done;
        }
    if (body_begun_)
        body_ = with_line_ends(*body_);
    return {};
}

Done Draft::make_one(const Modification& modification)
{
    return std::visit([this](const auto& what) { return make(what); }, modification);
}

// ---- The header -----------------------------------------------------------------------------

Done Draft::count(std::size_t header_bytes)
{
    header_bytes_ += header_bytes;
    if (++header_edits_ > limits_.header_edits || header_bytes_ > limits_.header_bytes)
        return fault("more header changes than the limit");
    return {};
}

Done Draft::insert(std::size_t at, const NewField& field)
{
    Field added;
    added.changed = field;
    fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(at), std::move(added));
    return count(field.text().size());
}

Done Draft::make(const modification::AddHeader& add)
{
    return insert(fields_.size(), add.field);
}

Done Draft::make(const modification::InsertHeader& added)
{
    auto before = added.index;
    std::size_t at = 0;
    for (; at < fields_.size() && before > 0; ++at)
        before -= !fields_[at].removed;
    return insert(at, added.field);
}

/// Fields that this filter has removed keep their number: it counts by what it was shown.
Done Draft::make(const modification::ChangeHeader& change)
{
    auto left = change.index;
    const auto found = std::ranges::find_if(fields_, [&](const Field& field) {
        return !field.own && equal_ignoring_case(field.shown_name(), change.field.name) &&
               --left == 0;
    });
    if (found == fields_.end())
        return change.remove ? Done{} : insert(fields_.size(), change.field);
    if (change.remove) {
        found->removed = true;
        if (found->changed) // It is to be found by its name.
            found->changed->value.clear();
        return count(0);
    }
    found->removed = false;
    auto field = change.field;
    if (found->length != 0) // As the sender spelt it.
        field.name = std::string(found->name);
    const auto bytes = field.text().size();
    found->changed = std::move(field);
    return count(bytes);
}

std::string Draft::front() const
{
    std::string text;
    for (const auto& field : fields_) {
        if (field.own)
            break;
        if (!field.removed)
            text += field.changed->text();
    }
    return text;
}

/// Between two fields that stand as they came, whatever there was is read as what there is now.
std::vector<mail::Edit> Draft::edits() const
{
    std::vector<mail::Edit> edits;
    std::size_t from = 0;
    std::string text;
    const auto close = [&](std::size_t to) {
        if (to != from || !text.empty())
            edits.push_back({from, to - from, std::move(text)});
        text.clear();
    };
    bool behind_own = false;
    for (const auto& field : fields_) {
        if (field.stands_as_it_came()) {
            close(field.offset);
            from = field.offset + field.length;
        } else if (behind_own && !field.removed && field.changed) {
            text += field.changed->text();
        }
        behind_own = behind_own || field.own;
    }
    if (!text.empty() && from > 0 && letter_[from - 1] != '\n')
        text.insert(0, "\r\n"); // The last line had no end.
    if (!text.empty() && end_ == mail::HeaderEnd::no_field && body_offset_ == header_end_)
        text += "\r\n"; // There was no blank line.
    close(header_end_);
    return edits;
}

std::string Draft::header_text() const
{
    std::string text;
    std::uint64_t at = 0;
    for (const auto& edit : edits()) {
        text += letter_.substr(at, edit.offset - at);
        text += edit.text;
        at = edit.offset + edit.length;
    }
    text += letter_.substr(at, body_offset_ - at);
    return text;
}

std::string Draft::rewritten() const
{
    auto text = header_text();
    if (!text.empty() && !text.ends_with('\n'))
        text += "\r\n";
    if (end_ != mail::HeaderEnd::blank_line && !text.ends_with("\r\n\r\n"))
        text += "\r\n";
    return text + body_.value_or(std::string());
}

// ---- The rest -------------------------------------------------------------------------------

Done Draft::make(const modification::ReplaceBody& replace)
{
    if (!body_begun_)
        body_ = std::string();
    body_begun_ = true;
    if (body_->size() + replace.piece.size() > limits_.body_bytes)
        return fault("a body over the limit");
    *body_ += replace.piece;
    return {};
}

Done Draft::make(const modification::AddRecipient& add)
{
    if (std::ranges::any_of(envelope_.recipients,
                            [&](const auto& there) { return same(there.path, add.path); }))
        return {};
    if (++recipients_added_ > limits_.recipients_added ||
        envelope_.recipients.size() >= limits_.recipients)
        return fault("more recipients than the limit");
    envelope_.recipients.push_back({add.path, std::nullopt, add.arguments});
    return {};
}

Done Draft::make(const modification::DeleteRecipient& remove)
{
    std::erase_if(envelope_.recipients,
                  [&](const auto& there) { return same(there.path, remove.path); });
    return {};
}

Done Draft::make(const modification::ChangeSender& change)
{
    envelope_.sender = change.path;
    envelope_.sender_changed = true;
    envelope_.sender_arguments = change.arguments;
    return {};
}

Done Draft::make(const modification::Quarantine& quarantine)
{
    if (quarantine_.empty())
        quarantine_ = quarantine.reason;
    return {};
}

} // namespace posthouse::milter
