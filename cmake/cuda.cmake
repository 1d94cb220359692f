# nvcc, if it is somewhere: what CUDACXX or PATH names, or the one of the Python packages beside
# LibTorch (nvidia-cuda-nvcc). Sets FORESIGHT_CUDA_KERNELS.
include(CheckLanguage)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  file(GLOB _nvcc ${LibTorch_ROOT_DIR}/../nvidia/cu*/bin/nvcc)
  if(_nvcc)
    # That package keeps its libraries in lib, where nvcc does not look by itself.
    get_filename_component(_cuda_root ${_nvcc}/../.. ABSOLUTE)
    set(CMAKE_CUDA_COMPILER ${_nvcc})
    set(CMAKE_CUDA_FLAGS_INIT "-L${_cuda_root}/lib")
  endif()
endif()
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90)  # and what is newer, translated when it first runs
endif()
if(NOT CMAKE_CUDA_COMPILER)
  check_language(CUDA)
endif()
if(CMAKE_CUDA_COMPILER)
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 17)  # CMake 3.25 knows no newer one
  set(FORESIGHT_CUDA_KERNELS ON)
endif()
