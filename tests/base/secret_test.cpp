// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fmt/format.h>
#include <memory>
#include <ostream>

namespace posthouse {
namespace {

template <class T>
concept Streams = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Formats = fmt::is_formattable<T>::value;

static_assert(Streams<std::string> && Formats<std::string>);
static_assert(!Streams<Secret> && !Formats<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<log::Field, std::string_view, Secret>);

TEST(Secret, WipesItselfWhenItGoes)
{
    // Short enough to lie in the object itself, where the test may look for it afterwards.
    alignas(Secret) std::array<char, sizeof(Secret)> place{};
    auto* secret =
        std::construct_at(reinterpret_cast<Secret*>(place.data()), std::string("hunter2"));
    EXPECT_EQ(secret->reveal(), "hunter2");
    EXPECT_TRUE(std::string_view(place.data(), place.size()).contains("hunter2"));
    std::destroy_at(secret);
    EXPECT_FALSE(std::string_view(place.data(), place.size()).contains("hunter"));
}

TEST(Secret, LeavesNothingWhereItWasMovedFrom)
{
    Secret from(std::string("hunter2"));
    const Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), "hunter2");
    EXPECT_TRUE(from.empty()); // NOLINT: that is the point.
    const std::string_view bytes(reinterpret_cast<const char*>(&from), sizeof from);
    EXPECT_FALSE(bytes.contains("hunter"));
}

TEST(Secret, WipesWhatItHeldBeforeItIsAssigned)
{
    Secret secret(std::string("hunter2"));
    secret = Secret(std::string("x"));
    EXPECT_EQ(secret.reveal(), "x");
    const std::string_view bytes(reinterpret_cast<const char*>(&secret), sizeof secret);
    EXPECT_FALSE(bytes.contains("unter"));
}

} // namespace
} // namespace posthouse
