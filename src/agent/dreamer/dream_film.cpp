#include "agent/dreamer/dream_film.h"

#include "agent/dreamer/dreamer_agent.h"
#include "agent/dreamer/noise.h"
#include "base/error.h"
#include "nn/torch.h"

namespace foresight {
namespace {

Tensor tensor_of(const std::vector<float>& values, std::int64_t num_steps,
                 const torch::Device& device) {
  return torch::tensor(values).view({num_steps, 1, -1}).to(device);
}

std::vector<std::uint8_t> pixels_of(const Tensor& centred) {
  const Tensor bytes = ((centred + 0.5).clamp(0.0, 1.0) * 255.0)
                           .round()
                           .to(torch::kUInt8)
                           .to(torch::kCPU)
                           .contiguous();
  const auto* data = bytes.const_data_ptr<std::uint8_t>();
  return {data, data + bytes.numel()};
}

std::vector<double> errors_of(const Tensor& ours, const Tensor& seen) {
  const Tensor error =
      (ours - seen).flatten(1).square().mean(1).to(torch::kFloat64).to(torch::kCPU).contiguous();
  const auto* data = error.const_data_ptr<double>();
  return {data, data + error.numel()};
}

// Features [T, F] of the states that the model infers from all steps, and of those in which only
// the first `num_context` were seen.
struct TwoViews {
  Tensor awake;
  Tensor dreaming;
};

TwoViews features_of(const RssmWorldModel& model, const Weights& weights, const Tensor& embed,
                     const Tensor& actions, std::int64_t num_context, Noise& noise) {
  const std::int64_t num_steps = embed.size(0);
  const Rssm& rssm = model.rssm();
  Tensor is_first = torch::zeros({num_steps, 1}, embed.options());
  is_first[0] = 1.0;
  const RssmState start = rssm.initial(1, embed.options());
  const RssmSequence sequence = rssm.observe(weights, start, embed, actions, is_first,
                                             noise.latent(rssm.config(), {num_steps, 1}));
  const Tensor awake = sequence.posterior.features();  // [T, 1, F]
  std::vector<Tensor> dreaming{awake.slice(0, 0, num_context)};
  RssmState state{.stats = {},
                  .stoch = sequence.posterior.stoch[num_context - 1],
                  .deter = sequence.posterior.deter[num_context - 1]};
  for (std::int64_t t = num_context; t < num_steps; ++t) {
    state = rssm.imagine(weights, state, actions[t], noise.latent(rssm.config(), {1}));
    dreaming.push_back(state.features().unsqueeze(0));
  }
  return {awake.squeeze(1), torch::cat(dreaming).squeeze(1)};
}

}  // namespace

DreamFilm film_dream(const Agent& agent, const SeenSteps& seen, std::int64_t num_context,
                     std::uint64_t seed) {
  const auto* dreamer = dynamic_cast<const DreamerAgent*>(&agent);
  if (dreamer == nullptr) {
    fail("only DreamerV2 dreams of what it will see: this model is of another algorithm");
  }
  FS_CHECK(num_context > 0 && num_context < seen.num_steps, "{} of {} steps are seen", num_context,
           seen.num_steps);
  const torch::NoGradGuard no_grad;
  const DreamWorld world = dreamer->learner().world();
  const RssmWorldModel& model = world.model;
  const WorldShape& shape = model.shape();
  const torch::Device& device = dreamer->learner().device();
  Noise noise(seed, device);

  Tensor image;
  Tensor vectors;
  if (shape.image_channels > 0) {
    image = torch::tensor(seen.images, torch::kUInt8)
                .view({seen.num_steps, shape.image_channels, kDreamerImageSize, kDreamerImageSize})
                .to(device);
  }
  if (!shape.vectors.empty()) {
    vectors = tensor_of(seen.observations, seen.num_steps, device).squeeze(1);
  }
  const Tensor embed = model.embed(world.weights, image, vectors).unsqueeze(1);
  const TwoViews views =
      features_of(model, world.weights, embed, tensor_of(seen.actions, seen.num_steps, device),
                  num_context, noise);
  const Reconstruction awake = model.decoder().forward(world.weights, views.awake);
  const Reconstruction dreaming = model.decoder().forward(world.weights, views.dreaming);

  DreamFilm film{.num_steps = seen.num_steps, .num_context = num_context};
  if (!image.defined()) {
    film.reconstruction_error = errors_of(awake.vectors[0], vectors);
    film.imagination_error = errors_of(dreaming.vectors[0], vectors);
    return film;
  }
  film.channels = shape.image_channels;
  film.height = kDreamerImageSize;
  film.width = kDreamerImageSize;
  film.reconstructed = pixels_of(awake.image);
  film.imagined = pixels_of(dreaming.image);
  const Tensor centred = centred_image(image);
  film.reconstruction_error = errors_of(awake.image, centred);
  film.imagination_error = errors_of(dreaming.image, centred);
  return film;
}

}  // namespace foresight
