# SPDX-License-Identifier: Apache-2.0
# The libraries of docs/design.md, all of them Debian 12 packages. Their headers count as system headers.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(RocksDB REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)

# Boost.Asio, headers only. (Found by path: the imported target would pull all of Boost's CMake in.)
add_library(asio INTERFACE)
find_path(ASIO_INCLUDE boost/asio.hpp REQUIRED)
target_link_libraries(asio INTERFACE Threads::Threads)
target_compile_definitions(asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TYPEID)

# (Its .pc file asks for libevent, which the plain interface does not need.)
add_library(unbound INTERFACE)
find_library(UNBOUND_LIBRARY unbound REQUIRED)
target_link_libraries(unbound INTERFACE ${UNBOUND_LIBRARY})
