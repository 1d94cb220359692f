#include "nn/matmul_format.h"

#include <ATen/Context.h>

#include "base/error.h"
#include "nn/torch.h"

namespace foresight {
namespace {

thread_local RoundedWeights* current = nullptr;

}  // namespace

MatmulFormat matmul_format(const std::string& word) {
  if (word == "tf32") return MatmulFormat::kTf32;
  return word == "bf16" ? MatmulFormat::kBf16 : MatmulFormat::kFp32;
}

const Tensor& RoundedWeights::operator[](const Tensor& weight) {
  Entry& entry = rounded_[{weight.storage().unsafeGetStorageImpl(), weight.storage_offset()}];
  if (!entry.weight.defined()) entry = {weight, weight.to(torch::kBFloat16)};
  FS_CHECK(entry.weight.sizes() == weight.sizes(), "two weights at one place");
  return entry.rounded;
}

Tensor linear_in_bf16(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      RoundedWeights& rounded) {
  const Tensor& w = rounded[weight];
  const Tensor& b = rounded[bias];
  const Tensor rows = x.to(torch::kBFloat16);
  if (w.dim() == 2) return torch::addmm(b, rows, w.t()).to(torch::kFloat32);
  const Tensor all = rows.dim() == 3 ? rows : rows.unsqueeze(0).expand({w.size(0), -1, -1});
  return torch::baddbmm(b.unsqueeze(1), all, w.transpose(1, 2)).to(torch::kFloat32);
}

MatmulFormatScope::MatmulFormatScope(MatmulFormat format, RoundedWeights& rounded)
    : had_tf32_(at::globalContext().allowTF32CuBLAS()), outer_(current) {
  at::globalContext().setAllowTF32CuBLAS(format == MatmulFormat::kTf32);
  current = format == MatmulFormat::kBf16 ? &rounded : nullptr;
}

MatmulFormatScope::~MatmulFormatScope() {
  at::globalContext().setAllowTF32CuBLAS(had_tf32_);
  current = outer_;
}

RoundedWeights* MatmulFormatScope::rounded_weights() { return current; }

}  // namespace foresight
