// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/convert.hpp"
#include "config/document.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::config {

/// Collects what is wrong with one file.
class Problems {
public:
    explicit Problems(std::string file) : file_(std::move(file)) {}
    void add(Place, std::string key, std::string wrong, std::string right);
    bool none() const { return found_.empty(); }
    /// In the order of their places.
    std::vector<Problem> take();

private:
    std::string file_;
    std::vector<Problem> found_;
};

/// Complains about every name in the document that no key has.
void check_names(const Node& document, Problems&);

/// One table of the document. Each read() looks its key up in keys(), so that type and range
/// come from there; an absent key leaves the value as it is, a wrong one adds a problem.
class Section {
public:
    /// `table` may be null (the whole table is absent). `pattern` is how its keys' paths begin
    /// ("limits."), `shown` how problems call it ("listen[0].").
    Section(const Node* table, std::string pattern, std::string shown, Problems&);

    template <class T>
    void read(std::string_view name, T& to) const
    {
        const Key& key = key_of(name);
        if (const Member* member = find(name); member && !convert(key, member->value, to))
            complain(key, *member);
    }
    /// By the choices' order in keys().
    template <class T>
    void read_choice(std::string_view name, T& to) const
    {
        if (const auto index = choice(name))
            to = static_cast<T>(*index);
    }
    template <class T>
    void read_choice(std::string_view name, std::optional<T>& to) const
    {
        if (const auto index = choice(name))
            to = static_cast<T>(*index);
    }

    /// The table under `name`; one without a node where it is absent or not a table.
    Section section(std::string_view name) const;
    /// The tables of the array [[name]].
    std::vector<Section> tables(std::string_view name) const;
    /// The table under a name of the administrator's own, which is one of table()->members.
    Section section(const Member&) const;

    const Member* find(std::string_view name) const
    {
        return table_ ? table_->find(name) : nullptr;
    }
    /// Is the key there, with more than an empty list? Whether its value will do or not.
    bool says(std::string_view name) const;
    std::string shown(std::string_view name) const { return shown_ + std::string(name); }
    const Node* table() const { return table_; }
    /// That the key is there; otherwise a problem.
    void require(std::string_view name) const;
    /// Something wrong that concerns more than this key's own value; where there is no such key,
    /// it is shown at the table.
    void problem(std::string_view name, std::string wrong, std::string right) const;
    /// The same of a member with a name of the administrator's own.
    void problem(const Member&, std::string wrong, std::string right) const;
    /// That both keys are there or none.
    void together(std::string_view one, std::string_view other) const;

private:
    const Key& key_of(std::string_view name) const;
    void complain(const Key&, const Member&) const;
    std::optional<std::size_t> choice(std::string_view name) const;

    const Node* table_;
    std::string pattern_, shown_;
    Problems* problems_;
};

} // namespace posthouse::config
