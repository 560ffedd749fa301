// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "sources/sql.hpp"

namespace posthouse::sources {

/// Loads what the library would load later, of ways to log in: before the process is confined and
/// before its threads.
void prepare_mariadb();

/// MariaDB and MySQL over MariaDB's library, which reads no option files.
std::shared_ptr<const SqlDatabase> make_mariadb(const config::LoginSource::Connection&,
                                                Secret password, SqlTls);

} // namespace posthouse::sources
