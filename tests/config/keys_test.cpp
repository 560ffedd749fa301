// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace posthouse::config {
namespace {

using testing::HasSubstr;

/// A document in which each key of `path` (with its wildcards filled in) has this value.
std::string document(std::string_view path, std::string_view value)
{
    const bool listener = path.starts_with("listen[].");
    std::string text;
    if (path != "hostname")
        text += "hostname = \"mx.example.org\"\n";
    if (path.starts_with("tls.")) // Its other half, so that only the value can be wrong.
        text += path == "tls.key" ? "tls.certificate = \"/c\"\n" : "tls.key = \"/k\"\n";
    if (path == "tls.minimum")
        text += "tls.certificate = \"/c\"\n";
    if (listener) {
        text += "[[listen]]\n";
        if (path != "listen[].address")
            text += "address = \"0.0.0.0:110\"\n";
        if (path != "listen[].protocol")
            text += "protocol = \"pop3\"\n";
        path.remove_prefix(9);
    }
    std::string name(path);
    if (const auto star = name.find('*'); star != name.npos)
        name.replace(star, 1, "\"example.org\"");
    return text + name + " = " + std::string(value) + "\n";
}

TEST(ConfigKeys, AreAllRead) // A key that nothing reads would take any value.
{
    for (const auto& key : keys()) {
        const auto config = load_text(document(key.path, "[[]]"), "t.toml");
        ASSERT_FALSE(config) << key.path;
        EXPECT_EQ(config.error().size(), 1u) << key.path;
        EXPECT_THAT(config.error()[0].right, expectation(key)) << key.path;
    }
}

TEST(ConfigKeys, NameTheDefaultsThatTheStructHas)
{
    const auto bare = load_text("hostname = \"mx.example.org\"\n", "t.toml");
    ASSERT_TRUE(bare);
    for (const auto& key : keys()) {
        if (key.by_default.empty() || key.path.starts_with("listen[]"))
            continue;
        auto text = key.path == "tls.minimum"
                        ? "hostname = \"mx.example.org\"\ntls.minimum = \"1.2\"\n"
                        : document(key.path, key.by_default);
        const auto config = load_text(text, "t.toml");
        ASSERT_TRUE(config) << key.path << ": " << config.error()[0].text();
        EXPECT_EQ(*config, *bare) << key.path;
    }
}

TEST(ConfigKeys, TakeTheirBoundsAndNothingBeyond)
{
    for (const auto& key : keys()) {
        if (key.maximum == 0)
            continue;
        const auto form = [&](std::int64_t value) {
            if (key.type == Type::duration)
                return "\"" + std::to_string(value) + "ms\"";
            if (key.type == Type::factor)
                return std::to_string(static_cast<double>(value) / 1000.0);
            return std::to_string(value);
        };
        const auto complaint = [&](std::int64_t value) {
            const auto config = load_text(document(key.path, form(value)), "t.toml");
            if (config)
                return false;
            for (const auto& problem : config.error())
                if (problem.wrong.ends_with("will not do"))
                    return true;
            return false; // Only at odds with another key.
        };
        EXPECT_FALSE(complaint(key.minimum)) << key.path;
        EXPECT_FALSE(complaint(key.maximum)) << key.path;
        EXPECT_TRUE(complaint(key.minimum - 1)) << key.path;
        EXPECT_TRUE(complaint(key.maximum + 1)) << key.path;
        EXPECT_TRUE(complaint(std::numeric_limits<std::int64_t>::max())) << key.path;
    }
}

TEST(ConfigKeys, AreAllExplained)
{
    for (const auto& key : keys()) {
        EXPECT_FALSE(key.meaning.empty()) << key.path;
        EXPECT_FALSE(key.type == Type::choice && key.choices.empty()) << key.path;
        EXPECT_EQ(find_key(key.path), &key) << "twice: " << key.path;
    }
}

std::string page()
{
    std::ifstream file(POSTHOUSE_SOURCE "/docs/configuration.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(ConfigurationPage, HoldsTheTableOfKeys)
{
    EXPECT_TRUE(page().contains(markdown_tables())) << "docs/configuration.md should hold this:\n"
                                                    << markdown_tables();
}

TEST(ConfigurationPage, HasExamplesThatLoad)
{
    const auto text = page();
    int examples = 0;
    for (std::size_t at = 0; (at = text.find("```toml\n", at)) != text.npos; ++examples) {
        at += 8;
        const auto end = text.find("```", at);
        const auto config = load_text(text.substr(at, end - at), "example");
        EXPECT_TRUE(config) << config.error()[0].text();
        at = end;
    }
    EXPECT_GE(examples, 2);
}

TEST(Nearest, FindsTyposAndNoStrangers)
{
    constexpr std::string_view names[] = {"hostname", "data_dir", "limits"};
    EXPECT_EQ(nearest("hostnmae", names), "hostname");
    EXPECT_EQ(nearest("datadir", names), "data_dir");
    EXPECT_EQ(nearest("LIMITS", names), "limits");
    EXPECT_EQ(nearest("quota", names), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), names), ""); // Its cost is bounded.
}

} // namespace
} // namespace posthouse::config
