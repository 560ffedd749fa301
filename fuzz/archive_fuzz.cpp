// SPDX-License-Identifier: Apache-2.0
// fuzzes: archive
// The bytes of a repository may come from anywhere: manifests, ends and indexes of packs, chunks,
// rows, the table of bodies, accounts' rows that are taken over, and parts that a command sends.
#include "archive/account_parts.hpp"
#include "archive/account_rows.hpp"
#include "archive/compression.hpp"
#include "archive/manifest.hpp"
#include "archive/record_check.hpp"
#include "base/contract.hpp"

#include <cstdint>

using namespace posthouse;
using namespace posthouse::archive;

namespace {

void rows(std::string_view bytes, const std::string& partition)
{
    RecordCheck check(
        partition, [](store::BlobId) { return std::optional<std::uint64_t>(7); },
        [](const std::string&, const std::string&) {});
    AccountRows taken({});
    RowReader reader(bytes);
    while (auto row = reader.next()) {
        check.add(*row);
        if (const auto body = body_of(*row))
            expects(body_of(row_of(*body)) == body);
        (void)taken.take(*row);
    }
    check.finish();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const char kind = static_cast<char>(data[0]);
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (kind) {
    case 'm':
        if (const auto manifest = decode_manifest(bytes))
            expects(decode_manifest(encode(*manifest)) == *manifest);
        break;
    case 'p':
        if (bytes.size() >= pack_end_bytes) {
            const auto end =
                parse_pack_end(bytes.substr(bytes.size() - pack_end_bytes), bytes.size());
            if (!end)
                break;
            const auto index = bytes.substr(bytes.size() - pack_end_bytes - end->index_bytes(),
                                            end->index_bytes());
            if (const auto entries = parse_pack_index(index, *end, bytes.size()))
                for (const auto& entry : *entries)
                    (void)unpack(entry, bytes.substr(entry.offset, entry.stored));
        }
        break;
    case 'z':
        (void)expanded(bytes, 1000);
        break;
    case 'a':
        rows(bytes, "a/1");
        break;
    case 'q':
        rows(bytes, "q/01");
        break;
    case 'd':
        rows(bytes, "d/01");
        break;
    case 't':
        while (const auto part = take_part(bytes)) {
            std::string again;
            append_part(again, *part);
        }
        break;
    default:
        break;
    }
    return 0;
}
