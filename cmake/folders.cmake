# Each folder of src/ is an OBJECT library, its sources globbed: adding a file edits no list.
#   foresight_folder(name [TORCH] [LINK target...])
# collects src/<name>/*.cpp; TORCH folders share one precompiled torch/torch.h and are left out when
# FORESIGHT_TORCH is off.
set_property(GLOBAL PROPERTY FORESIGHT_FOLDERS "")

function(foresight_folder name)
  cmake_parse_arguments(ARG "TORCH" "" "LINK" ${ARGN})
  if(ARG_TORCH AND NOT FORESIGHT_TORCH)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target foresight_${name})
  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PUBLIC foresight_options fmt::fmt Threads::Threads ${ARG_LINK})
  if(ARG_TORCH)
    target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
    target_precompile_headers(${target} REUSE_FROM foresight_torch_pch)
  endif()
  set_property(GLOBAL APPEND PROPERTY FORESIGHT_FOLDERS ${target})
endfunction()
