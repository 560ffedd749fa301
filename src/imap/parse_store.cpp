// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

/// STORE, COPY, MOVE, UID EXPUNGE: RFC 9051 §6.4, RFC 7162 §3.1.3, RFC 6851, RFC 4315.
namespace posthouse::imap::grammar {

CommandBody store(Reader& reader, Numbering by)
{
    command::Store store;
    store.by = by;
    reader.space();
    store.messages = reader.sequence_set();
    reader.space();
    if (reader.peek() == '(') {
        reader.filled_list([&] {
            if (!reader.take_keyword("UNCHANGEDSINCE")) {
                reader.fail("Unknown modifier of STORE");
                return;
            }
            reader.space();
            store.unchanged_since = reader.mod_seq();
        });
        reader.space();
    }
    if (reader.take('+'))
        store.change = command::StoreChange::add;
    else if (reader.take('-'))
        store.change = command::StoreChange::remove;
    const auto item = reader.keyword();
    store.silent = item == "FLAGS.SILENT";
    if (item != "FLAGS" && !store.silent)
        reader.fail("STORE changes FLAGS alone");
    reader.space();
    if (reader.peek() == '(') {
        store.flags = reader.flag_list();
        return store;
    }
    std::size_t count = 0;
    do {
        reader.limit(count++);
        reader.flag(store.flags);
    } while (reader.take_space() && !reader.rest().empty());
    return store;
}

CommandBody copy(Reader& reader, Numbering by, command::Transfer how)
{
    command::Copy copy{.how = how, .by = by, .messages = {}, .mailbox = {}};
    reader.space();
    copy.messages = reader.sequence_set();
    reader.space();
    copy.mailbox = reader.mailbox();
    return copy;
}

CommandBody uid_expunge(Reader& reader)
{
    reader.space();
    return command::Expunge{reader.sequence_set()};
}

} // namespace posthouse::imap::grammar
