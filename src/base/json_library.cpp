// SPDX-License-Identifier: Apache-2.0
// Boost.JSON is compiled here, once for all.
#include <boost/json/src.hpp>
