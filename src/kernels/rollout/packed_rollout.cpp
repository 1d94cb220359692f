#include "kernels/rollout/packed_rollout.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/error.h"
#include "kernels/rollout/rollout_tile.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

// Without a deadline not even the clock is read.
bool is_past(Clock::time_point deadline) {
  return deadline != Clock::time_point::max() && Clock::now() >= deadline;
}

// Fewer rows leave the multipliers waiting for weights; more only cost cache.
constexpr std::int64_t kMinTileRows = 12;
constexpr std::int64_t kMaxTileRows = 128;

std::int64_t second_level_cache_bytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0) return bytes;
#endif
  return 512 * 1024;
}

// The rows of every environment cut into tiles of nearly equal size.
struct Tiling {
  std::int64_t rows_per_env = 0;
  std::int64_t tiles_per_env = 0;

  struct Tile {
    std::int64_t env;
    std::int64_t row;  // in its environment
    std::int64_t num_rows;
  };
  Tile operator[](std::int64_t index) const {
    const std::int64_t part = index % tiles_per_env;
    const std::int64_t row = rows_per_env * part / tiles_per_env;
    const std::int64_t row_end = rows_per_env * (part + 1) / tiles_per_env;
    return {index / tiles_per_env, row, row_end - row};
  }
};

}  // namespace

class PackedRollout::Engine {
 public:
  Engine(const RolloutOptions& options, RolloutThreads threads)
      : options_(options),
        format_{.simnorm_dim = options.simnorm_dim,
                .level = threads.level,
                .precision = threads.precision},
        team_(threads.num_threads) {
    FS_CHECK(options.latent_dim > 0 && options.action_dim > 0, "latent_dim {}, action_dim {}",
             options.latent_dim, options.action_dim);
    for (int i = 0; i < team_.size(); ++i) tiles_.emplace_back(options_, networks_);
  }

  void pack(const RolloutNetworks& networks) {
    tasks_.clear();
    networks_.reserve(networks, options_, format_, tasks_);
    team_.run(static_cast<std::int64_t>(tasks_.size()),
              [this](std::int64_t task, int) { tasks_[static_cast<std::size_t>(task)].run(); });
    const std::int64_t row_bytes =
        4 *
        (spread_stride(options_.latent_dim + networks_.num_dynamics_actions(options_.action_dim)) +
         2 * spread_stride(networks_.max_width()));
    max_tile_rows_ =
        std::clamp(second_level_cache_bytes() * 5 / 8 / row_bytes, kMinTileRows, kMaxTileRows);
    for (RolloutTile& tile : tiles_) tile.reserve(max_tile_rows_);
    is_packed_ = true;
    is_begun_ = false;
  }

  void set_discount(float discount) {
    options_.discount = discount;
    is_begun_ = false;
  }
  void encode(std::int64_t num_envs, const float* observation, float* z);
  void propose(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
               const float* z0, const float* eps, float* actions, const std::int64_t* opponents);
  void begin(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
             const float* z0, const float* proposals, const std::int64_t* opponents);
  bool score(const ScoreCall& call, float* values);
  void act(std::int64_t num_envs, const float* z, const float* eps, float* actions);
  std::int64_t memory_bytes() const;

 private:
  Tiling cut(std::int64_t num_envs, std::int64_t rows_per_env) const;
  void multiply_first_step(std::int64_t num_envs, const float* z0);
  FirstStep first_step(std::int64_t env) const;
  void begin_tile(RolloutTile& tile, std::int64_t env, std::int64_t num_rows) const;
  void begin_proposals(RolloutTile& tile, const Tiling::Tile& where, std::int64_t num_proposals,
                       const float* z0) const;
  void reserve_proposals();
  RowState proposal_state(std::int64_t row);
  // False: the deadline passed before the tile's end.
  bool score_samples(const Tiling::Tile& tile, int thread, const ScoreCall& call, float* values);
  void score_proposals(const Tiling::Tile& tile, int thread, const ScoreCall& call, float* values);
  const float* last_eps(const ScoreCall& call, std::int64_t index) const;
  QPair q_pair(const ScoreCall& call, std::int64_t index) const;
  void check_score(const ScoreCall& call) const;

  RolloutOptions options_;
  const PackFormat format_;
  ThreadTeam team_;
  PackedNetworks networks_;
  std::vector<PackTask> tasks_;
  std::vector<RolloutTile> tiles_;  // one a thread
  std::int64_t max_tile_rows_ = kMinTileRows;
  bool is_packed_ = false;

  // Of the plan that begin() opened.
  bool is_begun_ = false;
  std::int64_t num_envs_ = 0;
  std::int64_t num_proposals_ = 0;
  std::int64_t horizon_ = 0;
  AlignedFloats first_dynamics_, first_reward_, first_termination_;  // [B, width of the layer]
  CodeBuffer first_codes_;                                           // [B]
  AlignedFloats first_z_;                                            // [B, Z], for opponents
  AlignedFloats proposal_z_;                                         // [B * P, Z]
  AlignedFloats proposal_heads_;                                     // [2, B * P, A]
  AlignedFloats proposal_numbers_;                                   // [2, B * P]
  float last_discount_ = 1.0f;                                       // gamma^H
};

Tiling PackedRollout::Engine::cut(std::int64_t num_envs, std::int64_t rows_per_env) const {
  const std::int64_t threads = team_.size();
  const std::int64_t most = std::max<std::int64_t>(1, rows_per_env / kMinTileRows);
  std::int64_t tiles = (rows_per_env + max_tile_rows_ - 1) / max_tile_rows_;
  // With few tiles, a whole number of them for each thread.
  if (num_envs * tiles < 8 * threads) {
    while (num_envs * tiles % threads != 0 && tiles < most) ++tiles;
  }
  return {rows_per_env, tiles};
}

void PackedRollout::Engine::multiply_first_step(std::int64_t num_envs, const float* z0) {
  const auto multiply = [&](const PackedMlp& mlp, AlignedFloats& share) {
    share.reserve(num_envs * mlp.first_layer_width());
    mlp.share_of_first_inputs(z0, options_.latent_dim, num_envs, first_codes_.rows(), share.data());
  };
  first_codes_.reserve(num_envs, options_.latent_dim);
  multiply(networks_.dynamics, first_dynamics_);
  multiply(networks_.reward, first_reward_);
  if (options_.termination != RolloutOptions::Termination::kNone &&
      options_.termination_input == RolloutOptions::TerminationInput::kLatentAndAction) {
    multiply(networks_.termination, first_termination_);
  }
}

FirstStep PackedRollout::Engine::first_step(std::int64_t env) const {
  const auto row = [env](const PackedMlp& mlp, const AlignedFloats& share) {
    return share.size() > 0 ? share.data() + env * mlp.first_layer_width() : nullptr;
  };
  return {.dynamics = row(networks_.dynamics, first_dynamics_),
          .reward = row(networks_.reward, first_reward_),
          .termination = networks_.termination.empty()
                             ? nullptr
                             : row(networks_.termination, first_termination_)};
}

// A tile of rows at the beginning of their plan.
void PackedRollout::Engine::begin_tile(RolloutTile& tile, std::int64_t env,
                                       std::int64_t num_rows) const {
  const bool needs_z = !networks_.opponents.empty();
  tile.begin(num_rows, first_step(env),
             needs_z ? first_z_.data() + env * options_.latent_dim : nullptr);
}

// A tile of the proposals of all environments. They are few an environment: a tile of one has too
// few rows for the weights that it reads, so that it is better to multiply some rows' z0 once more.
void PackedRollout::Engine::begin_proposals(RolloutTile& tile, const Tiling::Tile& where,
                                            std::int64_t num_proposals, const float* z0) const {
  const std::int64_t env = where.row / num_proposals;
  if ((where.row + where.num_rows - 1) / num_proposals == env) {
    tile.begin(where.num_rows, first_step(env), z0 + env * options_.latent_dim);
  } else {
    tile.begin_across(where.num_rows, z0, where.row, num_proposals);
  }
}

void PackedRollout::Engine::encode(std::int64_t num_envs, const float* observation, float* z) {
  FS_CHECK(is_packed_ && !networks_.encoder.empty(), "no encoder was packed");
  const std::int64_t width = networks_.encoder.num_inputs();
  const Tiling tiling = cut(1, num_envs);
  team_.run(tiling.tiles_per_env, [&](std::int64_t task, int thread) {
    const Tiling::Tile tile = tiling[task];
    networks_.encoder.forward_into(
        {.x = observation + tile.row * width, .x_stride = width, .num_rows = tile.num_rows},
        tiles_[static_cast<std::size_t>(thread)].scratch(),
        {z + tile.row * options_.latent_dim, options_.latent_dim});
  });
}

void PackedRollout::Engine::propose(std::int64_t num_envs, std::int64_t num_proposals,
                                    std::int64_t horizon, const float* z0, const float* eps,
                                    float* actions, const std::int64_t* opponents) {
  FS_CHECK(is_packed_, "pack() comes before propose()");
  FS_CHECK(!networks_.policy_log_std.empty(), "proposals are sampled, but no log-std was packed");
  const std::int64_t action_dim = options_.action_dim;
  const std::int64_t step_size = num_envs * num_proposals * action_dim;
  multiply_first_step(num_envs, z0);
  const Tiling tiling = cut(1, num_envs * num_proposals);
  team_.run(num_proposals == 0 ? 0 : tiling.tiles_per_env, [&](std::int64_t task, int thread) {
    const Tiling::Tile where = tiling[task];
    RolloutTile& tile = tiles_[static_cast<std::size_t>(thread)];
    begin_proposals(tile, where, num_proposals, z0);
    if (opponents != nullptr) tile.set_opponents(opponents + where.row);
    for (std::int64_t h = 0; h < horizon; ++h) {
      const std::int64_t offset = h * step_size + where.row * action_dim;
      tile.run_policy_heads();
      tile.act(eps + offset, actions + offset, action_dim);
      if (h + 1 < horizon) tile.step_latent(actions + offset);
    }
  });
}

void PackedRollout::Engine::reserve_proposals() {
  const std::int64_t rows = num_envs_ * num_proposals_;
  proposal_z_.reserve(rows * options_.latent_dim);
  proposal_heads_.reserve(2 * rows * options_.action_dim);
  proposal_numbers_.reserve(2 * rows);
}

RowState PackedRollout::Engine::proposal_state(std::int64_t row) {
  const std::int64_t rows = num_envs_ * num_proposals_;
  return {.z = proposal_z_.data() + row * options_.latent_dim,
          .z_stride = options_.latent_dim,
          .returns = proposal_numbers_.data() + row,
          .done = proposal_numbers_.data() + rows + row,
          .mean = proposal_heads_.data() + row * options_.action_dim,
          .log_std = proposal_heads_.data() + (rows + row) * options_.action_dim};
}

void PackedRollout::Engine::begin(std::int64_t num_envs, std::int64_t num_proposals,
                                  std::int64_t horizon, const float* z0, const float* proposals,
                                  const std::int64_t* opponents) {
  FS_CHECK(is_packed_, "pack() comes before begin()");
  FS_CHECK(num_envs > 0 && num_proposals >= 0 && horizon > 0, "B {}, P {}, H {}", num_envs,
           num_proposals, horizon);
  num_envs_ = num_envs;
  num_proposals_ = num_proposals;
  horizon_ = horizon;
  is_begun_ = true;
  last_discount_ = 1.0f;
  for (std::int64_t h = 0; h < horizon; ++h) last_discount_ *= options_.discount;
  multiply_first_step(num_envs, z0);
  if (!networks_.opponents.empty()) {
    first_z_.reserve(num_envs * options_.latent_dim);
    std::copy_n(z0, num_envs * options_.latent_dim, first_z_.data());
  }
  if (num_proposals == 0) return;
  reserve_proposals();
  const std::int64_t step_size = num_envs * num_proposals * options_.action_dim;
  const Tiling tiling = cut(1, num_envs * num_proposals);
  team_.run(tiling.tiles_per_env, [&](std::int64_t task, int thread) {
    const Tiling::Tile where = tiling[task];
    RolloutTile& tile = tiles_[static_cast<std::size_t>(thread)];
    begin_proposals(tile, where, num_proposals, z0);
    if (opponents != nullptr) tile.set_opponents(opponents + where.row);
    for (std::int64_t h = 0; h < horizon; ++h) {
      tile.step(proposals + h * step_size + where.row * options_.action_dim);
    }
    tile.run_policy_heads();
    tile.save(proposal_state(where.row));
  });
}

const float* PackedRollout::Engine::last_eps(const ScoreCall& call, std::int64_t index) const {
  if (options_.last_action == RolloutOptions::LastAction::kMean) return nullptr;
  return call.policy_eps + index * options_.action_dim;
}

QPair PackedRollout::Engine::q_pair(const ScoreCall& call, std::int64_t index) const {
  QPair pair{.members = {call.q_pair[0], call.q_pair[1]}};
  if (call.dropout_mask == nullptr) return pair;
  const std::int64_t num_rows = num_envs_ * (num_proposals_ + call.num_samples);
  for (std::int64_t i = 0; i < 2; ++i) {
    const std::int64_t hidden = networks_.q[static_cast<std::size_t>(pair.members[i])].num_hidden();
    pair.masks[i] = call.dropout_mask + (i * num_rows + index) * hidden;
  }
  return pair;
}

bool PackedRollout::Engine::score_samples(const Tiling::Tile& where, int thread,
                                          const ScoreCall& call, float* values) {
  RolloutTile& tile = tiles_[static_cast<std::size_t>(thread)];
  const std::int64_t step_size = num_envs_ * call.num_samples * options_.action_dim;
  const float* actions =
      call.actions + (where.env * call.num_samples + where.row) * options_.action_dim;
  begin_tile(tile, where.env, where.num_rows);
  if (call.opponents != nullptr) {
    tile.set_opponents(call.opponents + where.env * call.num_samples + where.row);
  }
  for (std::int64_t h = 0; h < horizon_; ++h) {
    if (is_past(call.deadline)) return false;
    tile.step(actions + h * step_size);
  }
  tile.run_policy_heads();
  const std::int64_t index =
      where.env * (num_proposals_ + call.num_samples) + num_proposals_ + where.row;
  tile.last_value(last_eps(call, index), q_pair(call, index), values + index);
  return true;
}

void PackedRollout::Engine::score_proposals(const Tiling::Tile& where, int thread,
                                            const ScoreCall& call, float* values) {
  RolloutTile& tile = tiles_[static_cast<std::size_t>(thread)];
  tile.load(proposal_state(where.env * num_proposals_ + where.row), where.num_rows, last_discount_);
  const std::int64_t index = where.env * (num_proposals_ + call.num_samples) + where.row;
  tile.last_value(last_eps(call, index), q_pair(call, index), values + index);
}

void PackedRollout::Engine::check_score(const ScoreCall& call) const {
  FS_CHECK(is_begun_, "begin() comes before score(), and again after pack()");
  FS_CHECK(call.num_samples >= 0 && (call.actions != nullptr || call.num_samples == 0),
           "{} samples without actions", call.num_samples);
  for (const std::int64_t member : call.q_pair) {
    FS_CHECK(member >= 0 && member < static_cast<std::int64_t>(networks_.q.size()),
             "Q member {} of {}", member, networks_.q.size());
    FS_CHECK(call.dropout_mask == nullptr ||
                 networks_.q[static_cast<std::size_t>(member)].takes_dropout(),
             "dropout comes after the LayerNorm of a hidden layer, and there is none");
  }
  const bool samples = options_.last_action == RolloutOptions::LastAction::kSample;
  FS_CHECK(!samples || (call.policy_eps != nullptr && !networks_.policy_log_std.empty()),
           "a sampled last action needs policy_eps and a log-std head");
}

bool PackedRollout::Engine::score(const ScoreCall& call, float* values) {
  check_score(call);
  const Tiling samples = cut(num_envs_, call.num_samples);
  const Tiling proposals = cut(num_envs_, num_proposals_);
  const std::int64_t num_sample_tiles =
      call.num_samples == 0 ? 0 : num_envs_ * samples.tiles_per_env;
  const std::int64_t num_proposal_tiles =
      num_proposals_ == 0 ? 0 : num_envs_ * proposals.tiles_per_env;
  std::atomic<bool> is_late{false};
  // The long tiles first: the short ones fill the gaps at the end.
  team_.run(num_sample_tiles + num_proposal_tiles, [&](std::int64_t task, int thread) {
    bool is_scored = !is_past(call.deadline);
    if (is_scored && task < num_sample_tiles) {
      is_scored = score_samples(samples[task], thread, call, values);
    } else if (is_scored) {
      score_proposals(proposals[task - num_sample_tiles], thread, call, values);
    }
    if (!is_scored) is_late.store(true, std::memory_order_relaxed);
  });
  return !is_late.load(std::memory_order_relaxed);
}

void PackedRollout::Engine::act(std::int64_t num_envs, const float* z, const float* eps,
                                float* actions) {
  FS_CHECK(is_packed_, "pack() comes before act()");
  FS_CHECK(eps == nullptr || !networks_.policy_log_std.empty(), "no log-std head was packed");
  const Tiling tiling = cut(1, num_envs);
  team_.run(tiling.tiles_per_env, [&](std::int64_t task, int thread) {
    const std::int64_t row = tiling[task].row;
    RolloutTile& tile = tiles_[static_cast<std::size_t>(thread)];
    tile.begin_at(tiling[task].num_rows, z + row * options_.latent_dim, options_.latent_dim);
    tile.run_policy_heads();
    const std::int64_t offset = row * options_.action_dim;
    tile.act(eps ? eps + offset : nullptr, actions + offset, options_.action_dim);
  });
}

std::int64_t PackedRollout::Engine::memory_bytes() const {
  std::int64_t bytes = networks_.memory_bytes();
  for (const RolloutTile& tile : tiles_) bytes += tile.memory_bytes();
  for (const AlignedFloats* floats :
       {&first_dynamics_, &first_reward_, &first_termination_, &first_z_, &proposal_z_,
        &proposal_heads_, &proposal_numbers_}) {
    bytes += floats->size() * 4;
  }
  return bytes;
}

PackedRollout::PackedRollout(const RolloutOptions& options, RolloutThreads threads)
    : engine_(std::make_unique<Engine>(options, threads)) {}

PackedRollout::~PackedRollout() = default;

void PackedRollout::pack(const RolloutNetworks& networks) { engine_->pack(networks); }

void PackedRollout::set_discount(float discount) { engine_->set_discount(discount); }

void PackedRollout::encode(std::int64_t num_envs, const float* observation, float* z) {
  engine_->encode(num_envs, observation, z);
}

void PackedRollout::propose(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
                            const float* z0, const float* eps, float* actions,
                            const std::int64_t* opponents) {
  engine_->propose(num_envs, num_proposals, horizon, z0, eps, actions, opponents);
}

void PackedRollout::begin(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
                          const float* z0, const float* proposals, const std::int64_t* opponents) {
  engine_->begin(num_envs, num_proposals, horizon, z0, proposals, opponents);
}

bool PackedRollout::score(const ScoreCall& call, float* values) {
  return engine_->score(call, values);
}

void PackedRollout::act(std::int64_t num_envs, const float* z, const float* eps, float* actions) {
  engine_->act(num_envs, z, eps, actions);
}

std::int64_t PackedRollout::memory_bytes() const { return engine_->memory_bytes(); }

}  // namespace foresight
