// SPDX-License-Identifier: Apache-2.0
#include "tables/mapped.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

namespace posthouse::tables {

std::expected<std::shared_ptr<const Mapped>, std::string> Mapped::map(Table table, int descriptor)
{
    constexpr int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    const int seals = ::fcntl(descriptor, F_GET_SEALS);
    if (seals < 0 || (seals & needed) != needed)
        return std::unexpected("the image is not sealed");
    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || status.st_size <= 0 ||
        std::cmp_greater(status.st_size, Limits::image_bytes))
        return std::unexpected("the image has no size that an image can have");
    const auto size = static_cast<std::size_t>(status.st_size);
    const void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (bytes == MAP_FAILED) // NOLINT
        return std::unexpected(std::string("the image cannot be mapped: ") + std::strerror(errno));

    const std::shared_ptr<Mapped> mapped(new Mapped(bytes, size));
    auto image = Image::open({static_cast<const char*>(bytes), size});
    if (!image)
        return std::unexpected(image.error());
    if (image->table() != std::to_underlying(table))
        return std::unexpected("the image is of another table");
    mapped->image_ = *image;
    return mapped;
}

Mapped::~Mapped()
{
    ::munmap(const_cast<void*>(bytes_), size_); // NOLINT: what mmap gave
}

} // namespace posthouse::tables
