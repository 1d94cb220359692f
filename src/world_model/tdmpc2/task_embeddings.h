// What tells one task from another in a model of several: a learned vector a task, which every
// network reads behind the observation or latent state, and which of the padded actions the task
// has. A vector's L2 norm is at most 1: longer ones are shortened in place when they are looked up.
// Reference: nicklashansen/tdmpc2@e9f5932, common/world_model.py, WorldModel.task_emb (an Embedding
// with max_norm 1) and _action_masks. Axes: B rows, K tasks, D embedding, A action (padded).
#pragma once

#include "nn/parameters.h"
#include "world_model/tdmpc2/model_config.h"

namespace foresight {

// The tasks of a batch, looked up once for all networks. With undefined tensors: a model of one
// task. They broadcast against the leading axes of what they meet: [B, .] meets [H, B, .], and
// [1, .] everything.
struct TaskContext {
  Tensor embedding;    // [B, D]; gradients reach the table
  Tensor action_mask;  // [B, A], 1 for an action of the task's own, 0 for padding
  Tensor num_actions;  // [B, 1], how many are its own
};

class TaskEmbeddings {
 public:
  TaskEmbeddings() = default;
  // Declares `task_embedding.weight` [K, D] if the config names tasks.
  TaskEmbeddings(ParameterSet& parameters, const Tdmpc2ModelConfig& config, std::int64_t action_dim,
                 const torch::Device& device);

  std::int64_t num_tasks() const { return num_tasks_; }  // 0: a model of one task
  std::int64_t dim() const { return dim_; }              // D; 0 likewise

  // ids [B] int64 on any device. Shortens the rows that it reads: never between a forward pass and
  // its backward pass.
  TaskContext look_up(const ParameterSet& parameters, const Tensor& ids) const;
  // The table as it is: [K, D], detached.
  Tensor table(const ParameterSet& parameters) const;

  // x [..., N] -> [..., N + D]: the embedding behind it. Without tasks x itself.
  Tensor appended(const Tensor& x, const TaskContext& task) const;

 private:
  std::int64_t num_tasks_ = 0;
  std::int64_t dim_ = 0;
  std::size_t weight_ = 0;
  Tensor masks_;  // [K, A]
};

}  // namespace foresight
