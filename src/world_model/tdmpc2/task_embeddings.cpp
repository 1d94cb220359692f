#include "world_model/tdmpc2/task_embeddings.h"

#include "base/error.h"

namespace foresight {
namespace {

constexpr double kMaxNorm = 1.0;
constexpr const char* kName = "task_embedding.weight";
constexpr std::int64_t kInitFanIn = 2500;  // U(-0.02, 0.02) as the reference: 1 / sqrt(2500)

}  // namespace

TaskEmbeddings::TaskEmbeddings(ParameterSet& parameters, const Tdmpc2ModelConfig& config,
                               std::int64_t action_dim, const torch::Device& device)
    : num_tasks_(std::ssize(config.task_action_dims)), dim_(config.embedding_dim()) {
  if (num_tasks_ == 0) return;
  weight_ = parameters.declare(kName, {num_tasks_, dim_}, Init::kTorchUniform, kInitFanIn);
  masks_ = torch::zeros({num_tasks_, action_dim});
  for (std::int64_t task = 0; task < num_tasks_; ++task) {
    const std::int64_t own = config.task_action_dims[static_cast<std::size_t>(task)];
    FS_CHECK(own >= 1 && own <= action_dim, "task {} has {} of {} actions", task, own, action_dim);
    masks_[task].narrow(0, 0, own).fill_(1.0);
  }
  masks_ = masks_.to(device);
}

TaskContext TaskEmbeddings::look_up(const ParameterSet& parameters, const Tensor& ids) const {
  FS_CHECK(num_tasks_ > 0, "a model of one task looks none up");
  const Tensor& weight = parameters.at(weight_);
  const Tensor rows = ids.to(weight.device(), torch::kLong).contiguous();
  {
    const torch::NoGradGuard no_grad;
    Tensor table = weight.detach();
    torch::embedding_renorm_(table, rows, kMaxNorm, /*norm_type=*/2.0);
  }
  TaskContext task;
  task.embedding = weight.index_select(0, rows);
  task.action_mask = masks_.index_select(0, rows);
  task.num_actions = task.action_mask.sum(-1, /*keepdim=*/true);
  return task;
}

Tensor TaskEmbeddings::table(const ParameterSet& parameters) const {
  return parameters.at(weight_).detach();
}

Tensor TaskEmbeddings::appended(const Tensor& x, const TaskContext& task) const {
  if (num_tasks_ == 0) return x;
  FS_CHECK(task.embedding.defined(), "a model of {} tasks is not told which", num_tasks_);
  auto shape = x.sizes().vec();
  shape.back() = dim_;
  return torch::cat({x, task.embedding.expand(shape)}, -1);
}

}  // namespace foresight
