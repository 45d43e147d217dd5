# Compiler settings. No preset defines DEBUG or _GLIBCXX_DEBUG: they would change the layout of DuckDB's classes, whose library is compiled already.
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
# Of g++ 12: -Wrestrict sees overlaps in std::string that are not there (GCC bug 105651), -Wmissing-field-initializers is meant for positions and also
# tells of names left out in {.name = value}, -Wsubobject-linkage takes each file of a unity build for a header.
add_compile_options(-fno-omit-frame-pointer $<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wno-unused-parameter> $<$<COMPILE_LANGUAGE:CXX>:-Wno-redundant-move>
                    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-missing-field-initializers>
                    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)

set(LAMINAR_SANITIZE "" CACHE STRING "sanitizers, as in -fsanitize=")
if(LAMINAR_SANITIZE)
  # vptr needs the RTTI of DuckDB's classes as this compiler emits it; the library was compiled by another one.
  add_compile_options(-fsanitize=${LAMINAR_SANITIZE} -fno-sanitize-recover=all $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=vptr>)
  add_link_options(-fsanitize=${LAMINAR_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND LAMINAR_SANITIZE MATCHES address)
    add_compile_definitions(__SANITIZE_ADDRESS__)  # which g++ defines by itself
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # pch_defines,time_macros: else nothing that uses the precompiled header is cached. BASEDIR: a clean clone elsewhere hits the cache too.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=10G ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD mold)
if(MOLD AND NOT LAMINAR_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
# What lets ccache keep what uses a precompiled header.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess> "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
