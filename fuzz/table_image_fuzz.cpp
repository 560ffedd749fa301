// SPDX-License-Identifier: Apache-2.0
// fuzzes: tables mail base
// Whatever the bytes of an image: if it opens, no lookup leaves them. The first byte says how many
// changes of five bytes (offset, value) follow, which are made to a sound image; 0: the rest is
// one.

#include "tables/formats.hpp"
#include "tables/image.hpp"
#include "tables/network.hpp"

#include "base/contract.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace {

using namespace posthouse;
using namespace posthouse::tables;

std::string sound_image()
{
    const std::array<Source, 1> sources = {
        Source{"access", "Connect:192.0.2 RELAY\n192.0.2.1 OK\nexample.org REJECT\n"
                         "From:bob@example.org ERROR:5.7.1:550 No\n2001:db8::/32 SKIP\n"}};
    return compile(Table::access, sources).image;
}

std::string image_of(std::string_view input)
{
    if (input.empty() || input.front() == 0)
        return std::string(input.substr(std::min<std::size_t>(1, input.size())));
    auto image = sound_image();
    auto changes = static_cast<unsigned char>(input.front());
    for (input.remove_prefix(1); changes > 0 && input.size() >= 5; --changes) {
        std::uint32_t offset = 0;
        std::memcpy(&offset, input.data(), sizeof offset);
        image[offset % image.size()] = input[4];
        input.remove_prefix(5);
    }
    return image;
}

std::size_t read_all(const Entry& entry)
{
    std::size_t sum = entry.line() + entry.place().size();
    const auto add = [&](std::string_view text) {
        for (const auto c : text)
            sum += static_cast<unsigned char>(c);
    };
    add(entry.key());
    add(entry.file());
    for (std::size_t i = 0; i < entry.size(); ++i)
        add(entry.item(i).text);
    return sum;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = image_of({reinterpret_cast<const char*>(data), size});
    // Of exactly that size, so that the sanitizer sees one byte too many.
    const auto bytes = std::make_unique<char[]>(text.size());
    std::memcpy(bytes.get(), text.data(), text.size());
    const auto image = Image::open({bytes.get(), text.size()});
    if (!image)
        return 0;
    volatile std::size_t sum = 0;
    for (std::size_t i = 0; i < image->size(); ++i) {
        const auto entry = image->entry(i);
        sum = sum + read_all(entry);
        if (const auto found = image->find(entry.key()))
            sum = sum + read_all(*found);
    }
    for (const auto* key : {"", "example.org", "connect:192.0.2.0/24"})
        if (const auto found = image->find(key))
            sum = sum + read_all(*found);
    if (const auto found = find_network(*image, "connect:", "192.0.2.7"))
        sum = sum + read_all(*found);
    return 0;
}
