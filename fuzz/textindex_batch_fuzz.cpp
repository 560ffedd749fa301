// SPDX-License-Identifier: Apache-2.0
// fuzzes: textindex
// A batch of letters' terms from a sorter: whatever its bytes, what is read out of it is in order
// and within its bounds, and packs to a batch that reads the same.
#include "base/contract.hpp"
#include "textindex/batch.hpp"
#include "textindex/limits.hpp"
#include "textindex/rows.hpp"

#include <algorithm>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::textindex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    (void)Manifest::unpack(input);

    BatchReader reader(input);
    if (reader.damaged())
        return 0;
    expects(reader.letters() <= Limits::batch_letters);
    expects(reader.covered().count_common(reader.given_up()) == 0);
    BatchPacker packer(reader.covered(), reader.given_up());
    BlockWriter writer(SegmentId(1), reader.letters());
    std::size_t entries = 0;
    while (const auto* entry = reader.next()) {
        expects(!entry->term.empty() && entry->term.size() <= longest_term);
        expects(std::ranges::is_sorted(entry->places) && entry->places.back() < reader.letters());
        packer.add(entry->kind, entry->term, entry->places);
        writer.add(entry->kind, entry->term, entry->places);
        ++entries;
    }
    writer.finish();
    for (const auto& row : writer.take_rows())
        expects(row.key.size() <= store::Limits::key && row.value.size() <= store::Limits::value);
    if (reader.damaged())
        return 0;
    const auto packed = std::move(packer).finish();
    BatchReader again(packed);
    expects(again.covered() == reader.covered() && again.given_up() == reader.given_up());
    while (again.next() != nullptr)
        --entries;
    expects(entries == 0 && !again.damaged());
    return 0;
}
