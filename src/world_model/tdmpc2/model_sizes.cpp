#include "world_model/tdmpc2/model_sizes.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

struct ModelSize {
  std::int64_t size = 0;
  std::int64_t encoder_dim = 0;
  std::int64_t num_encoder_layers = 0;  // the last one gives the latent state
  std::int64_t mlp_dim = 0;
  std::int64_t latent_dim = 0;
  std::int64_t num_q = 0;
};

constexpr ModelSize kSizes[] = {{1, 256, 2, 384, 128, 2},
                                {5, 256, 2, 512, 512, 5},
                                {19, 1024, 3, 1024, 768, 5},
                                {48, 1792, 4, 1792, 768, 5},
                                {317, 4096, 5, 4096, 1376, 8}};

constexpr std::int64_t kTaskDim = 96;
constexpr std::int64_t kMt30TaskDim = 64;     // of sizes 5, 19 and 48
constexpr std::int64_t kMt30LatentDim = 512;  // of size 19

const ModelSize* find_size(std::int64_t size) {
  const auto found = std::ranges::find(kSizes, size, &ModelSize::size);
  return found == std::end(kSizes) ? nullptr : found;
}

}  // namespace

bool is_model_size(std::int64_t size) { return find_size(size) != nullptr; }

void apply_model_size(Tdmpc2ModelConfig& config, std::int64_t size, const std::string& task_set) {
  const ModelSize* chosen = find_size(size);
  FS_CHECK(chosen != nullptr, "there is no size {}", size);
  const bool is_mt30 = task_set == "mt30";
  config.encoder_hidden.assign(static_cast<std::size_t>(chosen->num_encoder_layers - 1),
                               chosen->encoder_dim);
  for (auto* hidden : {&config.dynamics_hidden, &config.reward_hidden, &config.policy_hidden,
                       &config.q_hidden, &config.termination_hidden}) {
    *hidden = {chosen->mlp_dim, chosen->mlp_dim};
  }
  config.latent_dim = is_mt30 && size == 19 ? kMt30LatentDim : chosen->latent_dim;
  config.num_q = chosen->num_q;
  const bool is_narrow = is_mt30 && (size == 5 || size == 19 || size == 48);
  config.task_dim = is_narrow ? kMt30TaskDim : kTaskDim;
}

}  // namespace foresight
