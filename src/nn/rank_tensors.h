// Tensors of several ranks (base/ranks.h) put together: the mean of their gradients, and the rows
// of a batch that is spread over them; and whether they have the same. Wherever the tensors live.
#pragma once

#include "base/ranks.h"
#include "base/tensor.h"

namespace foresight {

// gradient [S] becomes the mean over the ranks: of equal shares of a batch, the whole batch's.
void average_over(Ranks& ranks, const Tensor& gradient);
// gradient [S] becomes the sum over the ranks.
void sum_over(Ranks& ranks, const Tensor& gradient);
// rows [B, ...] float, alike many on each rank -> [ranks * B, ...], in the order of ranks.
Tensor gather_rows(Ranks& ranks, const Tensor& rows);

// The checksum `sum` of what came before, with the tensor's bytes behind it.
std::uint32_t add_to_checksum(std::uint32_t sum, const Tensor& tensor);

}  // namespace foresight
