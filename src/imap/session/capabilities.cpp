// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <initializer_list>

namespace posthouse::imap {

namespace {

/// In any state.
constexpr std::initializer_list<std::string_view> always = {"IMAP4rev2", "IMAP4rev1", "SASL-IR",
                                                            "ID", "ENABLE"};

/// Once it is known who the client is: before that, only what a stranger can use.
constexpr std::initializer_list<std::string_view> known = {
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "CHILDREN",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LIST-METADATA",
    "LIST-MYRIGHTS",
    "STATUS=SIZE",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "SEARCH=FUZZY",
    "MULTISEARCH",
    "PARTIAL",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "I18NLEVEL=1",
    "MULTIAPPEND",
    "CATENATE",
    "BINARY",
    "REPLACE",
    "CONDSTORE",
    "QRESYNC",
    "UIDONLY",
    "OBJECTID",
    "SAVEDATE",
    "PREVIEW",
    "NOTIFY",
    "METADATA",
    "METADATA-SERVER",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "QUOTASET",
    "ACL",
    "RIGHTS=kxte",
    "UTF8=ACCEPT",
    "INPROGRESS",
};

} // namespace

bool offers(const Dialogue& dialogue, std::string_view capability)
{
    return !dialogue.settings.without.contains(uppercase(capability));
}

std::string capabilities(const Dialogue& dialogue)
{
    std::string all;
    const auto add = [&](std::string_view name) {
        if (!offers(dialogue, name))
            return;
        if (!all.empty())
            all += ' ';
        all += name;
    };
    for (const auto name : always)
        add(name);
    add(dialogue.settings.limits.framing.mode == LiteralMode::plus ? "LITERAL+" : "LITERAL-");
    if (!dialogue.backend) {
        if (dialogue.settings.offer_tls && !dialogue.secured)
            add("STARTTLS");
        if (!dialogue.may_login_plainly())
            add("LOGINDISABLED");
        for (const auto& mechanism : dialogue.login.mechanisms())
            add("AUTH=" + mechanism);
        return all;
    }
    for (const auto name : known)
        add(name);
    add(fmt::format("APPENDLIMIT={}", dialogue.append_limit()));
    if (const auto most = dialogue.settings.message_limit)
        add(fmt::format("MESSAGELIMIT={}", most));
    if (!dialogue.compressed) {
        add("UNAUTHENTICATE");
        if (dialogue.settings.offer_compression)
            add("COMPRESS=DEFLATE");
    }
    return all;
}

} // namespace posthouse::imap
