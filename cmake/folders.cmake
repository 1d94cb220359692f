# Each folder of src/ is an OBJECT library, its sources globbed: adding a file edits no list.
#   foresight_folder(name [TORCH] [LINK target...])
# collects src/<name>/*.cpp; TORCH folders share one precompiled nn/torch.h and are left out when
# FORESIGHT_TORCH is off.
set_property(GLOBAL PROPERTY FORESIGHT_FOLDERS "")

# Kernels for one instruction set: *_avx512.cpp (vnni or bf16 behind it: that extension too) and
# *_avx2.cpp are compiled for it, and chosen at run time (src/kernels/simd/cpu_level.h). They must
# not include headers with inline functions that other files share: the linker might keep the copy
# that other machines cannot run.
function(foresight_instruction_sets)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  set(quiet "")
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC's own AVX-512 headers start from undefined registers (GCC bug 105593).
    set(quiet "-Wno-uninitialized;-Wno-maybe-uninitialized")
  endif()
  foreach(source ${ARGN})
    if(source MATCHES "_avx512([a-z0-9]*)\\.cpp$")
      set(extra "")
      if(CMAKE_MATCH_1)
        set(extra "-mavx512${CMAKE_MATCH_1}")
      endif()
      set_source_files_properties(${source} PROPERTIES
        COMPILE_OPTIONS "-mavx512f;-mavx512dq;-mavx512bw;-mavx512vl;-mfma;${extra};${quiet}")
    elseif(source MATCHES "_avx2\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    endif()
  endforeach()
endfunction()

function(foresight_folder name)
  cmake_parse_arguments(ARG "TORCH" "" "LINK" ${ARGN})
  if(ARG_TORCH AND NOT FORESIGHT_TORCH)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(FORESIGHT_CUDA_KERNELS)
    file(GLOB cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cu)
    list(APPEND sources ${cuda_sources})
  endif()
  if(NOT sources)
    return()
  endif()
  foresight_instruction_sets(${sources})
  string(REPLACE "/" "_" target foresight_${name})
  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PUBLIC foresight_options fmt::fmt Threads::Threads ${ARG_LINK})
  target_compile_definitions(${target} PRIVATE
    $<$<BOOL:${FORESIGHT_CUDA_KERNELS}>:FORESIGHT_CUDA_KERNELS=1>)
  if(ARG_TORCH)
    target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
    target_precompile_headers(${target} REUSE_FROM foresight_torch_pch)
  endif()
  set_property(GLOBAL APPEND PROPERTY FORESIGHT_FOLDERS ${target})
endfunction()
