// SPDX-License-Identifier: Apache-2.0

/// A test that cuts the power leaves coroutines suspended for good, as the cut does. Asio hands
/// their frames to a loop that runs no more, so they are never freed.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:boost::asio::\nleak:posthouse::keeper::\nleak:posthouse::wire::Link::\n";
}
