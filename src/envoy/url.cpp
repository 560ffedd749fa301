// SPDX-License-Identifier: Apache-2.0
// Boost.URL's own sources: Debian has no library of it.
#include <boost/url/src.hpp>
