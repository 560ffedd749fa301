// SPDX-License-Identifier: Apache-2.0
#include "envoy/pam_child.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <pwd.h>
#include <security/pam_appl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::envoy {
namespace {

constexpr unsigned most_seconds = 30; // should the parent be gone

[[noreturn]] void end_with(PamEnd end)
{
    ::_exit(static_cast<int>(end));
}

/// Modules see the world of a daemon of the system: its usual signals, no
/// descriptors of ours.
void become_ordinary()
{
    ::setsid();
    for (const int number : {SIGINT, SIGHUP, SIGPIPE, SIGTERM, SIGCHLD, SIGALRM})
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::alarm(most_seconds);
    ::clearenv();
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(null, STDOUT_FILENO) < 0 ||
        ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) != 0)
        end_with(PamEnd::unavailable);
}

struct Conversation {
    const Secret* password;
    bool given = false;
};

/// The password is the answer to the first question that hides what is typed;
/// there is no other.
int converse(int count, const pam_message** messages, pam_response** responses, void* data)
{
    auto& conversation = *static_cast<Conversation*>(data);
    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    auto* answers =
        static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count),
                                               sizeof(pam_response))); // libpam frees them.
    if (answers == nullptr)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i) {
        const int style = messages[i]->msg_style;
        if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO)
            continue;
        if (style != PAM_PROMPT_ECHO_OFF || conversation.given) {
            for (int j = 0; j < i; ++j)
                std::free(answers[j].resp);
            std::free(answers);
            return PAM_CONV_ERR;
        }
        conversation.given = true;
        answers[i].resp = ::strdup(conversation.password->reveal().data());
    }
    *responses = answers;
    return PAM_SUCCESS;
}

PamEnd end_of(int code)
{
    switch (code) {
    case PAM_AUTH_ERR:
    case PAM_MAXTRIES:
    case PAM_CONV_ERR: // It asked for more than a password.
    case PAM_CRED_INSUFFICIENT:
    case PAM_PERM_DENIED:
    case PAM_ACCT_EXPIRED:
    case PAM_CRED_EXPIRED:
    case PAM_AUTHTOK_EXPIRED:
        return PamEnd::wrong;
    case PAM_USER_UNKNOWN:
        return PamEnd::nobody;
    default:
        return PamEnd::unavailable;
    }
}

/// Nothing: the user database cannot say.
std::optional<bool> is_user(const std::string& user)
{
    errno = 0;
    if (const auto* entry = ::getpwnam(user.c_str()); entry != nullptr)
        return entry->pw_uid != 0; // Nobody reads mail as root.
    if (errno == 0 || errno == ENOENT || errno == ESRCH || errno == EBADF || errno == EPERM)
        return false;
    return std::nullopt;
}

bool is_root(const std::string& user)
{
    const auto* entry = ::getpwnam(user.c_str());
    return entry != nullptr && entry->pw_uid == 0;
}

} // namespace

bool is_askable(const std::string& user)
{
    return !user.empty() && user.size() <= 64 && user.front() != '-' && user.front() != '.' &&
           std::ranges::all_of(user, [](char c) {
               return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '+';
           });
}

void ask_pam(const std::string& service, const std::string& user, const Secret& password)
{
    become_ordinary();
    if (is_root(user))
        end_with(PamEnd::wrong);
    Conversation conversation{&password};
    const pam_conv conv{converse, &conversation};
    pam_handle_t* handle = nullptr;
    if (::pam_start(service.c_str(), user.c_str(), &conv, &handle) != PAM_SUCCESS)
        end_with(PamEnd::unavailable);
    ::pam_set_item(handle, PAM_RUSER, user.c_str());
    ::pam_set_item(handle, PAM_TTY, "posthouse");
    const int code = ::pam_authenticate(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (code != PAM_SUCCESS) {
        ::pam_end(handle, code);
        // Some modules say "wrong" of whom they do not know: the next source may
        // know him.
        const auto end = end_of(code);
        end_with(end == PamEnd::wrong && is_user(user) == false ? PamEnd::nobody : end);
    }
    const int account = ::pam_acct_mgmt(handle, PAM_SILENT);
    ::pam_end(handle, account);
    if (account == PAM_SUCCESS)
        end_with(PamEnd::right);
    end_with(end_of(account) == PamEnd::unavailable && account != PAM_NEW_AUTHTOK_REQD
                 ? PamEnd::unavailable
                 : PamEnd::right_but_disabled);
}

void ask_user_database(const std::string& user)
{
    become_ordinary();
    const auto there = is_user(user);
    end_with(!there ? PamEnd::unavailable : *there ? PamEnd::somebody : PamEnd::nobody);
}

} // namespace posthouse::envoy
