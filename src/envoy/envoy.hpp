// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::envoy {

/// The role that asks one [[login.source]] for the clerk: a passwd-file, an
/// LDAP directory or a database; or that asks the issuer of tokens, or has the keytab. Its
/// libraries parse what a directory says in a process that knows nothing but this source's own
/// secret, and that can do nothing but connect to its ports. Where the source's terms change, it
/// ends and is started anew.
process::Exit run_envoy(process::StartUp);

/// The role that asks PAM. Its modules may do anything, and so it is not
/// confined, and runs as whoever started the house; each check is a process of
/// its own, which is ended when it takes too long.
process::Exit run_pam(process::StartUp);

} // namespace posthouse::envoy
