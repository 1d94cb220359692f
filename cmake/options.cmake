# Compiler flags and launchers for every target of this project.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(FORESIGHT_CCACHE ccache)
if(FORESIGHT_CCACHE)
  # ccache leaves files with a precompiled header alone unless told that defines and times are ours
  # to watch; -fpch-preprocess below is the other half.
  set(CMAKE_C_COMPILER_LAUNCHER ${FORESIGHT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${FORESIGHT_CCACHE})
endif()
# Installed programs find libforesight.so beside them, and LibTorch where it was when they were
# built.
set(CMAKE_INSTALL_RPATH $ORIGIN/../lib)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# A program needs no new link when only the code inside libforesight.so changed.
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

add_library(foresight_options INTERFACE)
# No contraction: fused multiply-adds would change the game's bits (spec of the engine).
target_compile_options(foresight_options INTERFACE $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:-Wall -Wextra
  -Werror
  -Wno-missing-field-initializers  # designated initialisers leave the rest at their defaults
  -ffp-contract=off
  -fpch-preprocess>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps in `"text" + std::string()` that are not there (GCC bug 105651).
  target_compile_options(foresight_options INTERFACE
    $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:-Wno-restrict>)
endif()
target_include_directories(foresight_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(FORESIGHT_SANITIZE)
  target_compile_options(foresight_options INTERFACE -fsanitize=${FORESIGHT_SANITIZE}
    -fno-omit-frame-pointer)
  target_link_options(foresight_options INTERFACE -fsanitize=${FORESIGHT_SANITIZE})
endif()
