// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

/// What is understood, but not done yet, and not announced.
namespace posthouse::imap {

Task<Reply> carry_out(Dialogue&, const command::Unauthenticate&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Compress&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Replace&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Esearch&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Sort&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Thread&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::CancelUpdate&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::GetQuota&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::GetQuotaRoot&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::SetQuota&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::GetAcl&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::SetAcl&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::DeleteAcl&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::ListRights&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::MyRights&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::GetMetadata&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::SetMetadata&)
{
    co_return Reply::no("CANNOT", "Not supported");
}
Task<Reply> carry_out(Dialogue&, const command::Notify&)
{
    co_return Reply::no("CANNOT", "Not supported");
}

} // namespace posthouse::imap
