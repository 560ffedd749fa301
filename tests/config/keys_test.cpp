// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

namespace posthouse::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view with_certificate = "tls.certificate = \"/c\"\ntls.key = \"/k\"\n";

/// What a key's table needs besides it, so that only its own value can be wrong.
std::string companions(std::string_view path)
{
    static const std::map<std::string_view, std::string_view> needed = {
        {"tls.certificate", "tls.key = \"/k\"\n"},
        {"tls.key", "tls.certificate = \"/c\"\n"},
        {"tls.minimum", with_certificate},
        {"tls.ocsp_response", with_certificate},
        {"tls.client_authorities", with_certificate},
        {"tls.site[].names", with_certificate},
        {"tls.site[].certificate", with_certificate},
        {"tls.site[].key", with_certificate},
        {"tls.site[].ocsp_response", with_certificate},
        {"outbound.smart_host_login.user",
         "outbound.smart_host = \"[a]\"\noutbound.smart_host_login.password_file = \"/p\"\n"},
        {"outbound.smart_host_login.password_file",
         "outbound.smart_host = \"[a]\"\noutbound.smart_host_login.user = \"u\"\n"},
        {"local_delivery.program", "local_delivery.format = \"program\"\n"},
    };
    // Of [login.oauth] three are required.
    if (path.starts_with("login.oauth.")) {
        std::string text;
        for (const auto& [key, value] :
             {std::pair("issuer", "\"i\""), std::pair("audiences", "\"a\""),
              std::pair("keys_file", "\"/k\"")})
            if (!path.ends_with(key))
                text += std::string("login.oauth.") + key + " = " + value + "\n";
        return text;
    }
    if (path.starts_with("mailboxes.domain["))
        return "domains.\"example.org\" = {}\n";
    const auto found = needed.find(path);
    return found == needed.end() ? std::string() : std::string(found->second);
}

/// The required keys of an array's table but this one.
std::string required(std::string_view path)
{
    static const std::map<std::string_view,
                          std::vector<std::pair<std::string_view, std::string_view>>>
        tables = {
            {"listen", {{"address", "\"0.0.0.0:110\""}, {"protocol", "\"pop3\""}}},
            {"destination",
             {{"match", "\"*\""}, {"login.user", "\"u\""}, {"login.password_file", "\"/p\""}}},
            {"tls.site",
             {{"names", "\"n.example\""}, {"certificate", "\"/c\""}, {"key", "\"/k\""}}},
            {"login.source", {{"name", "\"s\""}}},
            {"mailboxes.folder", {{"name", "\"f\""}}},
            {"mailboxes.domain", {{"name", "\"example.org\""}}},
            {"milter", {{"name", "\"m\""}, {"address", "\"unix:/m\""}}}};
    const auto bracket = path.find("[]");
    const auto name = path.substr(bracket + 3);
    auto text = "[[" + std::string(path.substr(0, bracket)) + "]]\n";
    for (const auto& [key, value] : tables.at(path.substr(0, bracket)))
        if (key != name)
            text += std::string(key) + " = " + std::string(value) + "\n";
    const bool of_socket =
        path.ends_with(".mode") || path.ends_with(".owner") || path.ends_with(".group");
    if (of_socket)
        return "[[listen]]\naddress = \"unix:/l\"\nprotocol = \"lmtp\"\n";
    return text;
}

/// A document in which each key of `path` (with its wildcards filled in) has this value.
std::string document(std::string_view path, std::string_view value)
{
    std::string text = companions(path);
    if (path != "hostname")
        text = "hostname = \"mx.example.org\"\n" + text;
    if (path.contains("[].")) {
        text += required(path);
        path.remove_prefix(path.find("[].") + 3);
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
    for (const auto& key : keys()) {
        if (key.by_default.empty())
            continue;
        const auto text = document(key.path, key.by_default);
        // The same without the key itself, in the table that it needs.
        const auto bare =
            load_text(key.path.starts_with("domains.")
                          ? "hostname = \"mx.example.org\"\n[domains.\"example.org\"]\n"
                          : text.substr(0, text.rfind('\n', text.size() - 2) + 1),
                      "t.toml");
        ASSERT_TRUE(bare) << key.path << ": " << bare.error()[0].text();
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

TEST(PackagedConfiguration, LoadsOnceItsMarksAreTakenAway)
{
    std::ifstream file(POSTHOUSE_SOURCE "/packaging/posthouse.toml");
    std::string text;
    for (std::string line; std::getline(file, line);)
        if (line.size() > 1 && line[0] == '#' && line[1] != ' ') // "# " begins a sentence.
            text += line.substr(1) + '\n';
    const auto config = load_text(text, "posthouse.toml");
    ASSERT_TRUE(config) << config.error()[0].text();
    EXPECT_EQ(config->milters.size(), 1u);
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
