#include "world_model/rssm/model_config.h"

namespace foresight {
namespace {

const std::vector<std::string> kNorms{"none", "layer"};

}  // namespace

void RssmConfig::visit(FieldVisitor& v) {
  v.field("hidden", hidden, {1, 65536}, "units of the layers around the recurrent state");
  v.field("deter", deter, {1, 65536}, "size of the recurrent (deterministic) state");
  v.field("stoch", stoch, {1, 4096}, "number of latent variables");
  v.field("classes", classes, {0, 4096}, "classes of each; 0: Gaussian variables (Dreamer v1)");
  v.field("norm", norm, kNorms, "LayerNorm of the layers around the recurrent state");
  v.field("std_activation", std_activation, {"sigmoid2", "softplus", "sigmoid"},
          "how a Gaussian's deviation is made");
  v.field("min_std", min_std, {0, 10}, "added to it");
}

void VisionConfig::visit(FieldVisitor& v) {
  v.field("cnn_depth", cnn_depth, {1, 4096}, "channels of the widest picture's layer");
  v.field("kernels", kernels, {1, 64}, "edge of each convolution's kernel");
  v.field("mlp", mlp, {1, 65536}, "units of the layers for vectors");
  v.field("norm", norm, kNorms, "LayerNorm of all layers");
}

void HeadConfig::visit(FieldVisitor& v) {
  v.field("hidden", hidden, {1, 65536}, "units of each hidden layer");
  v.field("norm", norm, kNorms, "LayerNorm of the hidden layers");
  v.field("zero_init", zero_init,
          "the last layer starts at zero (the paper's notes, not the code)");
}

void KlConfig::visit(FieldVisitor& v) {
  v.field("free_nats", free_nats, {0, 1e6}, "no pressure below so many nats");
  v.field("free_average", free_average, "of the batch's mean instead of each step");
  v.field("forward", forward, "KL(prior || posterior) instead of KL(posterior || prior)");
  v.field("balance", balance, {0, 1}, "share of the prior in learning; 0.5: one KL for both");
  v.field("scale", scale, {0, 1e6}, "weight in the loss");
}

void WorldModelConfig::visit(FieldVisitor& v) {
  v.group("rssm", rssm, "recurrent state-space model");
  v.group("encoder", encoder, "observation -> embedding");
  v.group("decoder", decoder, "latent state -> observation");
  v.group("reward", reward, "latent state -> reward");
  v.group("discount", discount, "latent state -> discount");
  v.field("predicts_discount", predicts_discount, "whether there is a discount head");
  v.field("decoder_gradient", decoder_gradient, "the decoder's loss shapes the latents");
  v.field("reward_gradient", reward_gradient, "the reward's loss shapes the latents");
  v.field("discount_gradient", discount_gradient, "the discount's loss shapes the latents");
  v.field("reward_scale", reward_scale, {0, 1e6}, "weight of the reward's loss");
  v.field("discount_scale", discount_scale, {0, 1e6}, "weight of the discount's loss");
  v.field("reward_transform", reward_transform, {"tanh", "sign", "identity"},
          "what is learned of a reward");
  v.group("kl", kl, "how posterior and prior are held together");
}

std::int64_t WorldShape::vector_dim() const {
  std::int64_t sum = 0;
  for (const Vector& vector : vectors) sum += vector.size;
  return sum;
}

}  // namespace foresight
