# Everything that is not ours. From the distribution: fmt, spdlog, CLI11, toml++, nlohmann-json,
# Cairo, GoogleTest, google-benchmark. From PyPI: LibTorch, MuJoCo and the Box2D sources.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)  # checksums of zip archives; recordings are .gz
find_package(PkgConfig REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
include(cmake/Box2d.cmake)
# Another version is another physics (dogs by a lot): the recordings are of this one.
find_package(MuJoCo 3.17.0 EXACT REQUIRED)
# With a LibTorch that has CUDA, plans and updates are recorded as CUDA graphs (src/nn/cuda); with
# nvcc besides, *_cuda.cu are built, too.
set(FORESIGHT_CUDA OFF)
set(FORESIGHT_CUDA_KERNELS OFF)
if(FORESIGHT_TORCH)
  find_package(LibTorch REQUIRED)
  if(LIBTORCH_TORCH_CUDA_LIBRARY)
    set(FORESIGHT_CUDA ON)
    include(cmake/cuda.cmake)
  endif()
  message(STATUS "CUDA graphs: ${FORESIGHT_CUDA}, CUDA kernels: ${FORESIGHT_CUDA_KERNELS}")
endif()
if(FORESIGHT_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(FORESIGHT_BENCH)
  find_package(benchmark REQUIRED)
endif()
# For ranks that mpirun or srun starts; without it they are processes of one machine only.
find_package(MPI QUIET COMPONENTS C)
