// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "sources/sql.hpp"

namespace posthouse::sources {

/// PostgreSQL over libpq, which reads nothing of the environment or of files but the certificates
/// that are named.
std::shared_ptr<const SqlDatabase> make_postgresql(const config::LoginSource::Connection&,
                                                   Secret password, SqlTls);

} // namespace posthouse::sources
