// SPDX-License-Identifier: Apache-2.0
#include "sasl/gssapi.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <gsasl.h>
#include <utility>

/// GSSAPI: RFC 4752, by GNU SASL and the Kerberos library it was built with.
namespace posthouse::sasl {
namespace {

/// What Kerberos has proved.
struct Proved {
    std::string principal, as;
    bool done = false;
};

int on_question(Gsasl*, Gsasl_session* session, Gsasl_property what)
{
    if (what != GSASL_VALIDATE_GSSAPI)
        return GSASL_NO_CALLBACK;
    auto* proved = static_cast<Proved*>(gsasl_session_hook_get(session));
    const char* principal = gsasl_property_fast(session, GSASL_GSSAPI_DISPLAY_NAME);
    const char* as = gsasl_property_fast(session, GSASL_AUTHZID);
    if (proved == nullptr || principal == nullptr)
        return GSASL_AUTHENTICATION_ERROR;
    proved->principal = principal;
    proved->as = as == nullptr ? "" : as;
    proved->done = true;
    return GSASL_OK;
}

Gsasl* library()
{
    static Gsasl* const handle = [] {
        Gsasl* made = nullptr;
        expects(gsasl_init(&made) == GSASL_OK);
        gsasl_callback_set(made, on_question);
        return made;
    }();
    return handle;
}

class Gssapi final : public Dialogue {
public:
    Gssapi(Gsasl_session* session, const std::string& service, const std::string& hostname)
        : session_(session)
    {
        gsasl_session_hook_set(session_, &proved_);
        gsasl_property_set(session_, GSASL_SERVICE, service.c_str());
        gsasl_property_set(session_, GSASL_HOSTNAME, hostname.c_str());
    }
    ~Gssapi() override { gsasl_finish(session_); }
    Gssapi(const Gssapi&) = delete;

    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }

    Step receive(std::string response) override
    {
        if (++rounds_ > Limits::rounds)
            return Refused{Refusal::malformed};
        char* output = nullptr;
        std::size_t bytes = 0;
        const int result = gsasl_step(session_, response.data(), response.size(), &output, &bytes);
        std::string said(output == nullptr ? "" : output, output == nullptr ? 0 : bytes);
        gsasl_free(output);
        if (result == GSASL_NEEDS_MORE)
            return Challenge{std::move(said)};
        if (result != GSASL_OK || !proved_.done || proved_.principal.empty() ||
            !is_utf8(proved_.principal) || !is_utf8(proved_.as))
            return Refused{};
        return Accepted{proved_.principal, proved_.as, std::move(said)};
    }

private:
    Gsasl_session* session_;
    Proved proved_;
    int rounds_ = 0;
};

} // namespace

bool has_gssapi()
{
    return gsasl_server_support_p(library(), "GSSAPI") == 1;
}

std::unique_ptr<Dialogue> gssapi_dialogue(const std::string& service, const std::string& hostname)
{
    Gsasl_session* session = nullptr;
    if (gsasl_server_start(library(), "GSSAPI", &session) != GSASL_OK)
        return nullptr;
    return std::make_unique<Gssapi>(session, service, hostname);
}

} // namespace posthouse::sasl
