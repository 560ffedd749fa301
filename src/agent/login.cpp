// SPDX-License-Identifier: Apache-2.0
#include "agent/login.hpp"

#include "agent/limits.hpp"
#include "agent/names.hpp"

#include <array>
#include <cerrno>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

constexpr std::size_t largest_record_bytes = std::size_t{1} << 20;

bool drop_capabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0;
}

} // namespace

std::expected<Login, LookupError> look_up_login(std::string_view asked)
{
    if (!is_plain_login(asked))
        return std::unexpected(LookupError::none);
    const std::string name(asked);
    std::vector<char> space(4096);
    passwd record{};
    passwd* found = nullptr;
    int code = 0;
    do {
        code = ::getpwnam_r(name.c_str(), &record, space.data(), space.size(), &found);
        if (code == ERANGE)
            space.resize(space.size() * 2);
    } while (code == EINTR || (code == ERANGE && space.size() <= largest_record_bytes));
    // getpwnam(3): what "not found" looks like differs from source to source.
    if (found == nullptr)
        return std::unexpected(code == 0 || code == ENOENT || code == ESRCH || code == EBADF ||
                                       code == EPERM
                                   ? LookupError::none
                                   : LookupError::unavailable);
    Login login{.name = found->pw_name,
                .home = found->pw_dir,
                .user = found->pw_uid,
                .group = found->pw_gid,
                .groups = {}};
    if (!is_plain_login(login.name))
        return std::unexpected(LookupError::none);
    int count = static_cast<int>(Limits::groups);
    login.groups.resize(Limits::groups);
    if (::getgrouplist(login.name.c_str(), login.group, login.groups.data(), &count) < 0)
        count = static_cast<int>(Limits::groups);
    login.groups.resize(static_cast<std::size_t>(count));
    return login;
}

bool become(const Login& login, gid_t other_group)
{
    if (::geteuid() != 0)
        return ::geteuid() == login.user;
    if (::setgroups(login.groups.size(), login.groups.data()) != 0 ||
        ::setresgid(login.group, login.group, other_group) != 0 ||
        ::setresuid(login.user, login.user, login.user) != 0 || !drop_capabilities())
        return false;
    uid_t real = 0, effective = 0, saved = 0;
    if (::getresuid(&real, &effective, &saved) != 0 || real != login.user ||
        effective != login.user || saved != login.user)
        return false;
    return login.user == 0 || ::setresuid(0, 0, 0) != 0;
}

} // namespace posthouse::agent
