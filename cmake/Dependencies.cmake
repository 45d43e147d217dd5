# Imported targets for everything we did not write. The archives of dependencies.lock lie in the cache folder that scripts/dependencies filled.
execute_process(COMMAND "${CMAKE_SOURCE_DIR}/scripts/dependencies" --print OUTPUT_VARIABLE LAMINAR_CACHE OUTPUT_STRIP_TRAILING_WHITESPACE)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/dependencies.lock")
file(STRINGS "${CMAKE_SOURCE_DIR}/dependencies.lock" lock_lines REGEX "^[a-z]")
foreach(line ${lock_lines})
  string(REGEX REPLACE " +" ";" fields "${line}")
  list(GET fields 0 name)
  list(GET fields 3 version)
  set(dir "${LAMINAR_CACHE}/${name}-${version}")
  if(NOT EXISTS "${dir}")
    message(FATAL_ERROR "${name} ${version} is not in ${LAMINAR_CACHE}: run scripts/dependencies first")
  endif()
  string(TOUPPER "${name}" key)
  string(REPLACE "-" "_" key "${key}")
  set(${key}_DIR "${dir}")
  set(${key}_VERSION "${version}")
endforeach()

if(LAMINAR_SANITIZE MATCHES thread)
  # ThreadSanitizer overlooks what libduckdb.so does with its own locks (test/tsan.supp), so none of it may run in code of ours or of another
  # library: nothing of the program stands in for the library's inline functions, and the library comes first where symbols are looked up. Only
  # its allocator is replaced (src/duck/visible_allocator.cc).
  add_link_options("LINKER:--version-script=${CMAKE_SOURCE_DIR}/test/sanitizers/local.map" "LINKER:--no-as-needed" "${DUCKDB_LIB_DIR}/libduckdb.so"
                   "LINKER:-rpath,${DUCKDB_LIB_DIR}")
  set(AWS_CRT_DIR "${LAMINAR_CACHE}/aws-crt-tsan-${AWS_CRT_VERSION}")  # its atomics must be seen
  if(NOT EXISTS "${AWS_CRT_DIR}")
    message(FATAL_ERROR "${AWS_CRT_DIR} is missing: run scripts/dependencies --tsan first")
  endif()
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(ZLIB REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)

add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION "${DUCKDB_LIB_DIR}/libduckdb.so" IMPORTED_NO_SONAME ON)
target_include_directories(duckdb SYSTEM INTERFACE "${DUCKDB_HEADERS_DIR}/include")
target_compile_definitions(duckdb INTERFACE LAMINAR_DUCKDB_VERSION="v${DUCKDB_HEADERS_VERSION}")

add_library(aws_crt STATIC IMPORTED)
set_target_properties(aws_crt PROPERTIES IMPORTED_LOCATION "${AWS_CRT_DIR}/lib/libaws_crt.a")
target_include_directories(aws_crt SYSTEM INTERFACE "${AWS_CRT_DIR}/include")
target_link_libraries(aws_crt INTERFACE OpenSSL::Crypto Threads::Threads ${CMAKE_DL_LIBS})
