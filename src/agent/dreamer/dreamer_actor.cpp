#include "agent/dreamer/dreamer_actor.h"

#include <algorithm>

#include "agent/dreamer/dreamer_agent.h"
#include "agent/dreamer/noise.h"
#include "agent/replay_files.h"
#include "base/error.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

Tensor copy_of(std::span<const float> values, at::IntArrayRef shape, const torch::Device& device) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32)
      .to(device, /*non_blocking=*/false, /*copy=*/true);
}

void copy_to(const Tensor& values, std::span<float> target) {
  const Tensor plain = values.to(torch::kCPU).contiguous();
  std::copy_n(plain.const_data_ptr<float>(), target.size(), target.begin());
}

// The rows `index` [K] of a state, and back.
Tensor rows_of(const Tensor& x, const Tensor& index) {
  return x.defined() ? x.index_select(0, index) : x;
}

}  // namespace

DreamerActor::DreamerActor(DreamerAgent& agent, const ActorOptions& options)
    : agent_(agent),
      options_(options),
      rng_(options.seed, "dreamer/actor"),
      state_(ActingState::begin(agent.learner().model().rssm(), options.num_games,
                                agent.action_dim(),
                                torch::dtype(torch::kFloat32).device(agent.learner().device()))) {}

ActingInput DreamerActor::inputs(std::span<const float> observations,
                                 std::span<const std::uint8_t> first_step) const {
  const WorldShape& shape = agent_.learner().model().shape();
  const torch::Device& device = agent_.learner().device();
  const std::int64_t num_games = options_.num_games;
  const std::vector<float> is_first(first_step.begin(), first_step.end());
  ActingInput input{.image = {}, .vectors = {}, .is_first = copy_of(is_first, {num_games}, device)};
  if (!shape.vectors.empty()) {
    input.vectors = copy_of(observations, {num_games, shape.vector_dim()}, device);
  }
  if (shape.image_channels > 0) {
    FS_CHECK(std::ssize(images_) == num_games * agent_.image_bytes(),
             "an actor of {} games got {} bytes of pictures", num_games, images_.size());
    input.image =
        torch::from_blob(const_cast<std::uint8_t*>(images_.data()),
                         {num_games, shape.image_channels, kDreamerImageSize, kDreamerImageSize},
                         torch::kUInt8)
            .to(device);
  }
  return input;
}

double DreamerActor::noise_amount() const {
  const DreamerExplorationConfig& config = agent_.config().exploration;
  return options_.explore ? config.noise : config.eval_noise;
}

ActingDraws DreamerActor::draw(std::int64_t num_games) {
  Noise noise(rng_.next_u64(), agent_.learner().device());
  const ActionKind kind = agent_.learner().behaviour().policy().kind();
  const std::vector<std::int64_t> shape{num_games, agent_.action_dim()};
  ActingDraws draws;
  draws.posterior = noise.latent(agent_.config().model.rssm, {num_games});
  if (options_.explore) {
    draws.action = noise.action(kind, shape);
  } else if (kind == ActionKind::kTanhNormal) {
    draws.mode = noise.normal({TanhNormal::kNumSamples, num_games, agent_.action_dim()});
  }
  if (noise_amount() > 0.0) {
    draws.exploration = kind == ActionKind::kOneHot ? noise.gumbel(shape) : noise.normal(shape);
  }
  return draws;
}

void DreamerActor::act(std::span<const float> observations,
                       std::span<const std::uint8_t> first_step, std::span<float> actions) {
  const std::int64_t num_games = options_.num_games;
  FS_CHECK(std::ssize(observations) == num_games * agent_.observation_dim() &&
               std::ssize(first_step) == num_games &&
               std::ssize(actions) == num_games * agent_.action_dim(),
           "an actor of {} games got {} observations and {} actions", num_games,
           observations.size(), actions.size());
  const torch::NoGradGuard no_grad;
  copy_to(foresight::act(agent_.learner().world(), agent_.learner().behaviour(),
                         inputs(observations, first_step), draw(num_games), noise_amount(), state_),
          actions);
}

// Games that stand still keep their latent states.
void DreamerActor::act_some(std::span<const std::int64_t> games,
                            std::span<const float> observations,
                            std::span<const std::uint8_t> first_step, std::span<float> actions) {
  const torch::NoGradGuard no_grad;
  const torch::Device& device = agent_.learner().device();
  const Tensor index =
      torch::tensor(std::vector<std::int64_t>(games.begin(), games.end()), torch::kLong).to(device);
  const ActingInput all = inputs(observations, first_step);
  const ActingInput some{.image = rows_of(all.image, index),
                         .vectors = rows_of(all.vectors, index),
                         .is_first = rows_of(all.is_first, index)};
  ActingState moving{.latent = {.stats = {},
                                .stoch = rows_of(state_.latent.stoch, index),
                                .deter = rows_of(state_.latent.deter, index)},
                     .action = rows_of(state_.action, index)};
  foresight::act(agent_.learner().world(), agent_.learner().behaviour(), some,
                 draw(std::ssize(games)), noise_amount(), moving);
  state_.latent.stoch.index_copy_(0, index, moving.latent.stoch);
  state_.latent.deter.index_copy_(0, index, moving.latent.deter);
  state_.action.index_copy_(0, index, moving.action);
  const std::int64_t width = agent_.action_dim();
  for (std::size_t row = 0; row < games.size(); ++row) {
    copy_to(moving.action[static_cast<std::int64_t>(row)],
            actions.subspan(static_cast<std::size_t>(games[row] * width),
                            static_cast<std::size_t>(width)));
  }
}

void DreamerActor::save(const std::filesystem::path& folder, const std::string& name) const {
  SafetensorsWriter writer;
  add_rng(writer, "rng", rng_.state());
  add_tensor(writer, "stoch", state_.latent.stoch);
  add_tensor(writer, "deter", state_.latent.deter);
  add_tensor(writer, "action", state_.action);
  writer.write(folder / (name + ".safetensors"));
}

void DreamerActor::load(const std::filesystem::path& folder, const std::string& name) {
  const auto file = SafetensorsFile::open(folder / (name + ".safetensors"));
  rng_.set_state(read_rng(file, "rng"));
  state_.latent.stats = {};
  read_tensor_into(file, "stoch", state_.latent.stoch);
  read_tensor_into(file, "deter", state_.latent.deter);
  read_tensor_into(file, "action", state_.action);
}

}  // namespace foresight
