# cmake --install PREFIX: bin/laminar, and in lib/laminar the shared libraries that another machine may not have, found by a relative rpath:
# the tree runs wherever there is a C++ runtime and OpenSSL 3. cpack: .tar.gz, .deb.
install(TARGETS laminar RUNTIME DESTINATION bin)
install(FILES "${DUCKDB_LIB_DIR}/libduckdb.so" DESTINATION lib/laminar PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
foreach(library simdjson::simdjson spdlog::spdlog fmt::fmt)
  get_target_property(kind ${library} TYPE)
  if(kind STREQUAL SHARED_LIBRARY)
    install(FILES "$<TARGET_FILE:${library}>" DESTINATION lib/laminar RENAME "$<TARGET_SONAME_FILE_NAME:${library}>"
            PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endforeach()
# The metrics server's library and what it needs in turn; the codecs of Avro and of compressed records; the server's database.
foreach(library cpp-httplib brotlidec brotlienc brotlicommon z snappy zstd sqlite3)
  find_library(path ${library} REQUIRED NO_CACHE)
  execute_process(COMMAND objdump -p "${path}" COMMAND awk "$1 == \"SONAME\" { print $2 }" OUTPUT_VARIABLE soname OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  file(REAL_PATH "${path}" file)
  install(FILES "${file}" DESTINATION lib/laminar RENAME "${soname}"
          PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  unset(path)
endforeach()
# RPATH, not RUNPATH: it also holds for what the libraries need in turn.
target_link_options(laminar PRIVATE LINKER:--disable-new-dtags)
install(FILES "${DUCKDB_LIB_DIR}/LICENSE" DESTINATION share/doc/laminar RENAME LICENSE.duckdb)
install(FILES LICENSE README.md docs/deploy.md DESTINATION share/doc/laminar)
# Nobody enables it: systemctl enable --now laminar.
install(FILES deploy/systemd/laminar.service DESTINATION lib/systemd/system)
set_target_properties(laminar PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/laminar")

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_CONTACT "Laminar maintainers")
set(CPACK_PACKAGE_VENDOR "Laminar")
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${DUCKDB_LIB_DIR}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGE_FILE_NAME "laminar-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
include(CPack)
