# SPDX-License-Identifier: Apache-2.0
# One target a folder of docs/design.md ("The house"). What a folder may use stands once, in folder(… USES …):
# the linker enforces it here, and script/lint reads the same lines to check every #include.

# folder(NAME [USES folders…] [LIBRARIES targets…]): src/NAME/*.cpp (not its subfolders) becomes the target NAME;
# a NAME with a slash, store/rocksdb, becomes store_rocksdb. *.proto in it are compiled in.
function(folder name)
  cmake_parse_arguments(F "" "" "USES;LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" target ${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.proto)
  string(REPLACE "/" "_" uses "${F_USES}")
  if(NOT sources AND NOT protos)
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${uses} ${F_LIBRARIES})
    return()
  endif()
  set(generated)
  foreach(proto ${protos})
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${CMAKE_BINARY_DIR}/generated/${name}/${stem}.pb)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
    add_custom_command(OUTPUT ${out}.cc ${out}.h DEPENDS ${proto} VERBATIM
      COMMAND protobuf::protoc --cpp_out=${CMAKE_BINARY_DIR}/generated -I ${CMAKE_SOURCE_DIR}/src ${proto})
    list(APPEND generated ${out}.cc)
  endforeach()
  add_library(${target} STATIC ${sources} ${generated})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  if(generated)
    target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf-lite)
    set_source_files_properties(${generated} PROPERTIES COMPILE_OPTIONS -Wno-everything)
  endif()
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${POSTHOUSE_WARNINGS}")
  target_link_libraries(${target} PUBLIC ${uses} ${F_LIBRARIES})
  set(impure ${F_LIBRARIES})
  list(REMOVE_ITEM impure asio PkgConfig::ICU PkgConfig::SODIUM PkgConfig::CRYPT PkgConfig::ZSTD OpenSSL::Crypto) # For Task, for names, for hashes: without I/O.
  if(POSTHOUSE_FUZZ AND NOT impure) # Coverage for the fuzzers, in pure folders.
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()
