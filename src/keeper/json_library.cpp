// SPDX-License-Identifier: Apache-2.0
// Boost.JSON is compiled here, once, for the keeper and for the command line above it.
#include <boost/json/src.hpp>
