#include <algorithm>

#include "base/error.h"
#include "kernels/rollout/rollout_tile.h"
#include "kernels/two_hot/two_hot.h"

namespace foresight {
namespace {

void check_ends(const char* name, const PackedMlp& mlp, std::int64_t num_inputs,
                std::int64_t num_outputs) {
  FS_CHECK(!mlp.empty(), "the {} network has no layers", name);
  FS_CHECK(mlp.num_inputs() == num_inputs && mlp.num_outputs() == num_outputs,
           "the {} network maps {} numbers to {}, expected {} to {}", name, mlp.num_inputs(),
           mlp.num_outputs(), num_inputs, num_outputs);
}

}  // namespace

const PolicyKernel& policy_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kPolicyAvx512;
  if (level == CpuLevel::kAvx2) return kPolicyAvx2;
#else
  static_cast<void>(level);
#endif
  return kPolicyPlain;
}

void PackedNetworks::reserve(const RolloutNetworks& networks, const RolloutOptions& options,
                             const PackFormat& format, std::vector<PackTask>& tasks) {
  PackFormat full = format;
  full.precision = Precision::kFp32;
  PackFormat of_actions = format;
  of_actions.num_actions = options.action_dim;
  reserve_opponents(networks, options, format, tasks);
  PackFormat of_all_actions = format;
  of_all_actions.num_actions = num_dynamics_actions(options.action_dim);
  const bool ends_by_action =
      options.termination_input == RolloutOptions::TerminationInput::kLatentAndAction;
  encoder.reserve(networks.encoder, full, tasks);
  dynamics.reserve(networks.dynamics, of_all_actions, tasks);
  reward.reserve(networks.reward, of_actions, tasks);
  termination.reserve(networks.termination, ends_by_action ? of_actions : format, tasks);
  policy_trunk.reserve(networks.policy_trunk, format, tasks);
  policy_mean.reserve({networks.policy_mean}, full, tasks);
  policy_log_std.reserve(
      networks.policy_log_std.weight ? MlpView{networks.policy_log_std} : MlpView{}, full, tasks);
  q.resize(networks.q.size());
  for (std::size_t i = 0; i < q.size(); ++i) q[i].reserve(networks.q[i], of_actions, tasks);
  bins = two_hot_bins(options.num_bins, options.vmin, options.vmax);
  two_hot = &two_hot_kernel(format.level);
  policy = &policy_kernel(format.level);

  const std::int64_t z = options.latent_dim;
  const std::int64_t a = options.action_dim;
  if (!encoder.empty()) check_ends("encoder", encoder, encoder.num_inputs(), z);
  check_ends("dynamics", dynamics, z + num_dynamics_actions(a), z);
  check_ends("reward", reward, z + a, options.num_bins);
  if (options.termination != RolloutOptions::Termination::kNone) {
    check_ends("termination", termination, ends_by_action ? z + a : z, 1);
  }
  check_ends("policy", policy_trunk, z, policy_mean.num_inputs());
  check_ends("policy mean", policy_mean, policy_trunk.num_outputs(), a);
  if (!policy_log_std.empty()) {
    check_ends("policy log-std", policy_log_std, policy_trunk.num_outputs(), a);
  }
  for (const PackedMlp& member : q) check_ends("Q", member, z + a, options.num_bins);
}

std::int64_t PackedNetworks::max_width() const {
  std::int64_t width = 0;
  for (const PackedMlp* mlp :
       {&encoder, &dynamics, &reward, &termination, &policy_trunk, &policy_mean, &policy_log_std}) {
    width = std::max(width, mlp->max_width());
  }
  for (const PackedMlp& member : q) width = std::max(width, member.max_width());
  for (const PackedOpponent& opponent : opponents) {
    width = std::max({width, opponent.trunk.max_width(), opponent.mean.max_width()});
  }
  return width;
}

std::int64_t PackedNetworks::memory_bytes() const {
  std::int64_t bytes = 0;
  for (const PackedMlp* mlp :
       {&encoder, &dynamics, &reward, &termination, &policy_trunk, &policy_mean, &policy_log_std}) {
    bytes += mlp->memory_bytes();
  }
  for (const PackedMlp& member : q) bytes += member.memory_bytes();
  for (const PackedOpponent& opponent : opponents) {
    bytes += opponent.trunk.memory_bytes() + opponent.mean.memory_bytes();
  }
  return bytes;
}

}  // namespace foresight
