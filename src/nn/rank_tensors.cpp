#include "nn/rank_tensors.h"

#include "base/error.h"
#include "base/profile.h"
#include "io/crc32c.h"
#include "nn/torch.h"

namespace foresight {
namespace {

std::span<float> values_of(const Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

void sum_over(Ranks& ranks, const Tensor& gradient) {
  if (ranks.size() == 1) return;
  const ProfileScope scope("update/ranks");
  const torch::NoGradGuard no_grad;
  FS_CHECK(gradient.is_contiguous(), "a gradient of several ranks lies in one piece");
  if (gradient.is_cpu()) {
    ranks.sum(values_of(gradient));
    return;
  }
  if (ranks.sum_on_gpu(gradient.data_ptr<float>(), gradient.numel())) return;
  const Tensor copy = gradient.cpu();
  ranks.sum(values_of(copy));
  gradient.copy_(copy);
}

void average_over(Ranks& ranks, const Tensor& gradient) {
  if (ranks.size() == 1) return;
  sum_over(ranks, gradient);
  const torch::NoGradGuard no_grad;
  gradient.div_(static_cast<double>(ranks.size()));
}

Tensor gather_rows(Ranks& ranks, const Tensor& rows) {
  if (ranks.size() == 1) return rows;
  const torch::NoGradGuard no_grad;
  const Tensor own = rows.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  auto sizes = own.sizes().vec();
  sizes[0] *= ranks.size();
  const Tensor all = torch::empty(sizes, torch::kFloat32);
  ranks.gather(std::as_bytes(values_of(own)), std::as_writable_bytes(values_of(all)));
  return all.to(rows.device());
}

std::uint32_t add_to_checksum(std::uint32_t sum, const Tensor& tensor) {
  const Tensor values = tensor.detach().to(torch::kCPU).contiguous();
  return crc32c({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}, sum);
}

}  // namespace foresight
