// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// Envelope addresses: what may stand in MAIL and RCPT. RFC 5321 §4.1.2, RFC 6531 §3.3.
/// Header addresses (RFC 5322 §3.4) are in mail/address_list.hpp.
namespace posthouse::mail {

/// May an address hold UTF-8 (the SMTPUTF8 extension was asked for)?
enum class Charset : std::uint8_t { ascii, utf8 };

/// Why an address is none; for the text of a reply.
struct AddressError {
    std::string what;
};

/// A domain name, or an address literal such as [192.0.2.1] or [IPv6:2001:db8::1].
/// Kept in lower case (ASCII letters) and without a final dot; at most 255 bytes, labels at
/// most 63. Only parse() makes one, so holding a Domain means that its syntax is right.
class Domain {
public:
    static std::expected<Domain, AddressError> parse(std::string_view, Charset = Charset::utf8);

    const std::string& text() const { return text_; }
    bool is_literal() const { return text_.starts_with('['); }
    auto operator<=>(const Domain&) const = default;

private:
    explicit Domain(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// local-part@domain. The local part is kept as it was meant: unquoted, case kept.
class Mailbox {
public:
    /// `text` is the whole address without angle brackets. Local part at most 64 bytes
    /// (RFC 5321 §4.5.3.1.1), all of it at most 254.
    static std::expected<Mailbox, AddressError> parse(std::string_view text,
                                                      Charset = Charset::utf8);

    const std::string& local_part() const { return local_part_; }
    const Domain& domain() const { return domain_; }
    /// As it goes on the wire: the local part quoted if it needs to be.
    std::string text() const;
    bool is_ascii() const;
    auto operator<=>(const Mailbox&) const = default;

private:
    Mailbox(std::string local_part, Domain domain)
        : local_part_(std::move(local_part)),
          domain_(std::move(domain))
    {
    }
    std::string local_part_;
    Domain domain_;
};

/// The sender that a notification would go to; empty for `<>`, to which none is ever sent.
class ReversePath {
public:
    ReversePath() = default; // <>
    explicit ReversePath(Mailbox mailbox) : mailbox_(std::move(mailbox)) {}
    /// What stood in MAIL FROM:, without the angle brackets; a source route is dropped
    /// (RFC 5321 appendix C). "" is the null path.
    static std::expected<ReversePath, AddressError> parse(std::string_view,
                                                          Charset = Charset::utf8);

    bool is_null() const { return !mailbox_; }
    const std::optional<Mailbox>& mailbox() const { return mailbox_; }
    std::string text() const { return mailbox_ ? mailbox_->text() : std::string(); }
    bool is_ascii() const { return !mailbox_ || mailbox_->is_ascii(); }
    auto operator<=>(const ReversePath&) const = default;

private:
    std::optional<Mailbox> mailbox_;
};

/// A recipient: a mailbox, or `Postmaster` alone (RFC 5321 §4.1.1.3), which is the server's own.
class ForwardPath {
public:
    explicit ForwardPath(Mailbox mailbox) : mailbox_(std::move(mailbox)) {}
    static ForwardPath postmaster() { return ForwardPath(); }
    /// What stood in RCPT TO:, without the angle brackets; a source route is dropped.
    static std::expected<ForwardPath, AddressError> parse(std::string_view,
                                                          Charset = Charset::utf8);

    bool is_bare_postmaster() const { return !mailbox_; }
    const std::optional<Mailbox>& mailbox() const { return mailbox_; }
    std::string text() const { return mailbox_ ? mailbox_->text() : std::string("postmaster"); }
    bool is_ascii() const { return !mailbox_ || mailbox_->is_ascii(); }
    auto operator<=>(const ForwardPath&) const = default;

private:
    ForwardPath() = default;
    std::optional<Mailbox> mailbox_;
};

} // namespace posthouse::mail
