# SPDX-License-Identifier: Apache-2.0
# Language, warnings, hardening, sanitizers, linker, compiler cache.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_link_options(-fuse-ld=lld -pie -Wl,-z,relro,-z,now)
add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-omit-frame-pointer)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
  if(NOT POSTHOUSE_SANITIZE)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()
if(POSTHOUSE_SANITIZE)
  add_compile_options(-fsanitize=${POSTHOUSE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSTHOUSE_SANITIZE})
  add_compile_definitions(POSTHOUSE_SANITIZED)
endif()

# Our own code only; what a code generator writes is compiled without these.
set(POSTHOUSE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
