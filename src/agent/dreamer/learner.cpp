#include "agent/dreamer/learner.h"

#include "agent/dreamer/noise.h"
#include "base/error.h"
#include "base/heap.h"
#include "base/profile.h"
#include "nn/compute_team.h"
#include "nn/rank_tensors.h"

namespace foresight {
namespace {

DreamerUpdate together(const NamedNumbers& numbers) {
  DreamerUpdate update;
  std::vector<Tensor> values;
  for (const auto& [name, value] : numbers) {
    update.names.push_back(name);
    values.push_back(value.to(torch::kDouble));
  }
  update.values = torch::stack(values);
  return update;
}

}  // namespace

torch::Device device_of(const DreamerConfig& config) {
  if (config.device == "cuda" && !torch::cuda::is_available()) {
    fail("agent.device = \"cuda\", but LibTorch finds no GPU here: use agent.device=cpu");
  }
  return config.device == "cuda" ? torch::kCUDA : torch::kCPU;
}

DreamerLearner::DreamerLearner(const DreamerConfig& config, const EnvSpec& env,
                               const torch::Device& device, std::uint64_t seed)
    : config_(config),
      device_(device),
      is_discrete_(env.num_discrete_actions > 0),
      captured_(device) {
  model_ = std::make_unique<RssmWorldModel>(parameters_, config.model, world_shape_of(config, env));
  if (model_->shape().image_channels > 0 && device_.is_cpu()) keep_freed_memory();
  Rng rng(seed, "dreamer/model");
  parameters_.build(device_, /*trainable=*/true, rng);
  weights_ = trainable_weights(parameters_);
  constants_ = constant_weights(parameters_);
  optimiser_ = std::make_unique<KerasAdam>(parameters_.flat(), config.model_optimiser);
  behaviour_ = std::make_unique<ActorCritic>(config.behaviour, config.model, config.discount,
                                             env.action_dim, is_discrete_, device_, seed);
}

void DreamerLearner::join(Ranks& ranks) {
  ranks_ = &ranks;
  model_->join(ranks);
  behaviour_->join(ranks);
}

WorldBatch DreamerLearner::tensors_of(const SequenceBatch& batch,
                                      std::span<const std::uint8_t> images) const {
  const std::int64_t num_steps = batch.num_steps;
  const std::int64_t count = batch.num_sequences;
  const auto column = [&](const std::vector<float>& values, std::int64_t width) {
    FS_CHECK(std::ssize(values) == num_steps * count * width, "{} numbers for {} x {} x {}",
             values.size(), num_steps, count, width);
    // The batch outlives the update.
    const Tensor view = torch::from_blob(const_cast<float*>(values.data()),
                                         {num_steps, count, width}, torch::kFloat32);
    return view.to(device_);
  };
  const WorldShape& shape = model_->shape();
  WorldBatch tensors{.image = {},
                     .vectors = {},
                     .action = column(batch.actions, shape.action_dim),
                     .reward = column(batch.rewards, 1).squeeze(-1),
                     .is_first = column(batch.is_first, 1).squeeze(-1),
                     .is_terminal = column(batch.is_terminal, 1).squeeze(-1)};
  if (!shape.vectors.empty()) tensors.vectors = column(batch.observations, shape.vector_dim());
  if (shape.image_channels > 0) {
    const std::vector<std::int64_t> sizes{num_steps, count, shape.image_channels, kDreamerImageSize,
                                          kDreamerImageSize};
    tensors.image = torch::from_blob(const_cast<std::uint8_t*>(images.data()), sizes, torch::kUInt8)
                        .to(device_);
    FS_CHECK(std::ssize(images) == tensors.image.numel(), "{} bytes of pictures", images.size());
  }
  return tensors;
}

DreamerInputs DreamerLearner::inputs_of(const SequenceBatch& batch,
                                        std::span<const std::uint8_t> images, Rng& draws,
                                        std::int64_t steps) const {
  Noise noise(draws.next_u64(), device_);
  const RssmConfig& rssm = config_.model.rssm;
  const std::int64_t rows = batch.num_steps * batch.num_sequences;
  const std::int64_t horizon = config_.behaviour.horizon;
  const std::int64_t action_dim = model_->shape().action_dim;
  const ActionKind kind = behaviour_->policy().kind();
  DreamerInputs inputs{.batch = tensors_of(batch, images),
                       .latent = noise.latent(rssm, {batch.num_steps, batch.num_sequences}),
                       .dream = {},
                       .scales = behaviour_->scales_at(steps)};
  inputs.scales.entropy = inputs.scales.entropy.to(device_);
  inputs.scales.gradient_mix = inputs.scales.gradient_mix.to(device_);
  inputs.dream.prior = noise.latent(rssm, {horizon, rows});
  inputs.dream.action = noise.action(kind, {horizon, rows, action_dim});
  if (kind == ActionKind::kTanhNormal) {
    inputs.dream.entropy = noise.normal({TanhNormal::kNumSamples, horizon - 1, rows, action_dim});
  }
  return inputs;
}

std::vector<std::pair<std::string, double>> DreamerLearner::update(
    const SequenceBatch& batch, std::span<const std::uint8_t> images, Rng& draws,
    std::int64_t steps) {
  compute_team();  // from here on LibTorch's own operations keep to this thread (see there)
  DreamerInputs inputs = inputs_of(batch, images, draws, steps);
  count_update();
  const bool is_captured = device_.is_cuda() && config_.graphs && ranks_->size() == 1;
  const DreamerUpdate result =
      is_captured ? captured_.run(std::move(inputs),
                                  [this](const DreamerInputs& now) { return apply_update(now); })
                  : apply_update(inputs);
  finish_update();
  const Tensor values = result.values.to(torch::kCPU);  // all in one copy
  std::vector<std::pair<std::string, double>> metrics;
  for (std::size_t i = 0; i < result.names.size(); ++i) {
    metrics.emplace_back(result.names[i], values.const_data_ptr<double>()[i]);
  }
  return metrics;
}

void DreamerLearner::count_update() {
  optimiser_->count_step();
  behaviour_->count_update();
}

RssmState DreamerLearner::update_model(const DreamerInputs& inputs, NamedNumbers& numbers) {
  const ProfileScope scope("update/world_model");
  const RssmState begin = model_->rssm().initial(inputs.batch.action.size(1),
                                                 torch::dtype(torch::kFloat32).device(device_));
  const WorldModelLoss loss =
      model_->loss(weights_, inputs.batch, begin, inputs.latent, config_.discount);
  parameters_.flat_gradient().zero_();
  loss.total.backward();
  average_over(*ranks_, parameters_.flat_gradient());
  optimiser_->apply(parameters_.flat_gradient());
  const RssmState& posterior = loss.sequence.posterior;
  const auto add = [&](const char* name, const Tensor& value) {
    if (value.defined()) numbers.emplace_back(name, value.detach().mean());
  };
  add("loss/model", loss.total);
  add("loss/image", loss.image);
  if (!loss.vectors.empty()) add("loss/vector", loss.vectors[0]);
  add("loss/reward", loss.reward);
  add("loss/discount", loss.discount);
  add("loss/kl", loss.kl.loss);
  add("model/kl", loss.kl.value);
  add("model/prior_entropy", loss.sequence.prior.entropy());
  add("model/posterior_entropy", posterior.stats.entropy());
  add("grad_norm/model", optimiser_->gradient_norm());
  const auto flat = [](const Tensor& x) { return x.defined() ? x.detach().flatten(0, 1) : x; };
  return {.stats = {flat(posterior.stats.logits), flat(posterior.stats.mean),
                    flat(posterior.stats.std)},
          .stoch = flat(posterior.stoch),
          .deter = flat(posterior.deter)};
}

DreamerUpdate DreamerLearner::apply_update(const DreamerInputs& inputs) {
  NamedNumbers numbers;
  const RssmState start = update_model(inputs, numbers);
  const ProfileScope scope("update/behaviour");
  const NamedNumbers behaviour = behaviour_->apply_update(
      world(), start, inputs.batch.is_terminal.flatten(), inputs.dream, inputs.scales);
  numbers.insert(numbers.end(), behaviour.begin(), behaviour.end());
  return together(numbers);
}

}  // namespace foresight
