// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "tables/formats.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

/// A host with tables and users, for tests, fuzzers and benchmarks.
namespace posthouse::routing::house {

inline mail::Domain domain(std::string_view text)
{
    return mail::Domain::parse(text).value();
}
inline mail::Mailbox mailbox(std::string_view text)
{
    return mail::Mailbox::parse(text).value();
}
inline mail::ReversePath from(std::string_view text)
{
    return mail::ReversePath::parse(text).value();
}
inline mail::ForwardPath to(std::string_view text)
{
    return mail::ForwardPath::parse(text).value();
}

/// Everyone it was not told of does not exist; or, for a while, is not known.
class People : public Directory {
public:
    People& account(std::string name)
    {
        persons_[{Person::Kind::account, std::move(name)}] = {++last_, true};
        return *this;
    }
    People& login(std::string name)
    {
        persons_[{Person::Kind::login, std::move(name)}] = {0, true};
        return *this;
    }
    const Standing* find(const Person& person) const override
    {
        asked.insert(person);
        if (const auto found = persons_.find(person); found != persons_.end())
            return &found->second;
        static const Standing nobody;
        return &nobody;
    }
    mutable std::set<Person> asked;

private:
    std::map<Person, Standing> persons_;
    std::uint64_t last_ = 100;
};

/// Knows what it was told of another directory, and nothing else.
class Told : public Directory {
public:
    explicit Told(const Directory& all) : all_(all) {}
    void learn(const Person& person) { known_[person] = *all_.find(person); }
    const Standing* find(const Person& person) const override
    {
        const auto found = known_.find(person);
        return found == known_.end() ? nullptr : &found->second;
    }

private:
    const Directory& all_;
    std::map<Person, Standing> known_;
};

class House {
public:
    House() : rules{.hostname = domain("mx.example.net")}
    {
        rules.domains[domain("example.org")] = {};
        rules.domains[domain("unix.example")] = {.catch_all = {}, .users = Users::system};
        rules.trusted_networks = {"127.0.0.0/8", "::1", "192.0.2.0/24"};
        rules.programs_allowed = {"/usr/bin/vacation", "/etc/smrsh/"};
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    /// Without any problem.
    House& table(tables::Table which, std::string text)
    {
        const std::array sources{
            tables::Source{std::string(tables::name_of(which)), std::move(text)}};
        auto compiled = tables::compile(which, sources);
        for (const auto& problem : compiled.problems)
            if (problem.weight == tables::Problem::Weight::skipped)
                throw std::logic_error(problem.file + ": " + problem.what);
        image(which, std::move(compiled.image));
        return *this;
    }
    void image(tables::Table which, std::string bytes)
    {
        auto& kept = images_[which];
        kept.bytes = std::make_unique<std::string>(std::move(bytes));
        kept.image = std::make_unique<tables::Image>(tables::Image::open(*kept.bytes).value());
        slot(which) = kept.image.get();
    }

    Outcome route(std::vector<std::string> recipients, std::string_view sender = "a@remote.example",
                  Telling telling = Telling::brief) const
    {
        return routing::route({.sender = from(sender),
                               .recipients = std::move(recipients),
                               .client = {},
                               .copies = true},
                              rules, tables, people, telling);
    }
    Verdict check(std::string_view recipient, std::string_view sender = "a@remote.example",
                  Client client = stranger()) const
    {
        return routing::check(from(sender), to(recipient), client, rules, tables, people,
                              Telling::steps);
    }
    /// One recipient's only delivery: "destination final_address [user] [target]", or
    /// "refused 5.1.1 …".
    std::string goes(std::string recipient) const
    {
        std::string text;
        for (const auto& delivery : route({std::move(recipient)}).deliveries) {
            if (!text.empty())
                text += "; ";
            text += told(delivery);
        }
        return text;
    }
    static std::string told(const Delivery& delivery)
    {
        if (delivery.destination.empty())
            return "refused " + delivery.status + " " + delivery.text;
        auto text = delivery.destination + ' ' + delivery.final_address;
        for (const auto* more : {&delivery.user, &delivery.target})
            if (!more->empty())
                text += ' ' + *more;
        return text;
    }

    static Client stranger() { return {.address = "203.0.113.9", .name = {}, .login = {}}; }

    Rules rules;
    Tables tables;
    People people;

private:
    const tables::Image*& slot(tables::Table which)
    {
        using tables::Table;
        switch (which) {
        case Table::aliases:
            return tables.aliases;
        case Table::virtusers:
            return tables.virtusers;
        case Table::mailers:
            return tables.mailers;
        case Table::access:
            return tables.access;
        case Table::generics:
            return tables.generics;
        case Table::local_hosts:
            return tables.local_hosts;
        case Table::relay_domains:
            return tables.relay_domains;
        case Table::sender_relays:
            return tables.sender_relays;
        case Table::generics_domains:
            return tables.generics_domains;
        case Table::copies:
            return tables.copies;
        case Table::callers:
            break;
        }
        throw std::logic_error("no table of routing");
    }

    struct Kept {
        std::unique_ptr<std::string> bytes;
        std::unique_ptr<tables::Image> image;
    };
    std::map<tables::Table, Kept> images_;
};

} // namespace posthouse::routing::house
