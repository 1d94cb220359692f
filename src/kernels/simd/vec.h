// Vec: as many floats as one register holds, for the instruction set this file is compiled for.
// Kernels are written once over Vec in X_body.h; X_avx512.cpp, X_avx2.cpp and X_plain.cpp include
// that body (cmake/folders.cmake gives them their compiler flags) and export one struct of
// functions. Everything here and in the bodies has internal linkage and nothing else is included:
// an inline function compiled for AVX-512 in one file must not become the copy that the linker
// keeps for all.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#include "kernels/simd/vec_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "kernels/simd/vec_avx2.h"
#else
#include "kernels/simd/vec_plain.h"
#endif
