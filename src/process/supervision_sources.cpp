// SPDX-License-Identifier: Apache-2.0
// Files of outside sources of users: watched, and handed on when they have
// changed.
#include "base/log.hpp"
#include "process/supervision.hpp"

namespace posthouse::process {

void Supervision::watch_source_files()
{
    for (const auto& [path, text] : premises_.documents.sources.passwd_files)
        source_watch_.add(path);
    for (const auto& [path, secret] : premises_.documents.sources.secrets)
        source_watch_.add(path);
    if (const auto& keytab = premises_.documents.config.logins.keytab; !keytab.empty())
        source_watch_.add(keytab);
}

/// One that cannot be read any more leaves what was in force.
void Supervision::look_at_source_files()
{
    auto files = read_source_files(premises_.documents.config);
    if (!files)
        return log::error("configuration.refused", {{"reason", files.error()}});
    auto& now = premises_.documents.sources;
    const auto before = std::exchange(now, std::move(*files));
    for (const auto& child : children_) {
        const auto& config = premises_.documents.config;
        if (child->control && child->member.role == Role::envoy &&
            before.share_of(child->member, config) != now.share_of(child->member, config))
            configure(*child);
    }
}

} // namespace posthouse::process
