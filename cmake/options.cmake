# Compiler flags and launchers for every target of this project.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(FORESIGHT_CCACHE ccache)
if(FORESIGHT_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FORESIGHT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FORESIGHT_CCACHE})
endif()

add_library(foresight_options INTERFACE)
# No contraction: fused multiply-adds would change the game's bits (spec of the engine).
target_compile_options(foresight_options INTERFACE -Wall -Wextra -Werror -ffp-contract=off)
target_include_directories(foresight_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
if(FORESIGHT_SANITIZE)
  target_compile_options(foresight_options INTERFACE -fsanitize=${FORESIGHT_SANITIZE}
    -fno-omit-frame-pointer)
  target_link_options(foresight_options INTERFACE -fsanitize=${FORESIGHT_SANITIZE})
endif()
