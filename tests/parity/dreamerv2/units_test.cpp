// The blocks of DreamerV2 one by one.
#include <fmt/format.h>

#include "nn/one_hot.h"
#include "nn/tanh_normal.h"
#include "nn/truncated_normal.h"
#include "parity/dreamerv2/recording.h"

namespace foresight {
namespace {

Tensor leaf(const Tensor& value) { return value.detach().clone().requires_grad_(); }

// Gradients of `scalar` with respect to leaves whose own are cleared first.
Tensor gradient_of(const Tensor& scalar, Tensor& input) {
  if (input.grad().defined()) input.mutable_grad().zero_();
  scalar.backward({}, /*retain_graph=*/true);
  return input.grad().clone();
}

class Built {
 public:
  ParameterSet parameters;
  Weights weights;
  void load(const Recording& recording, const std::string& prefix) {
    Rng rng(1, "test");
    parameters.build(torch::kCPU, /*trainable=*/true, rng);
    load_parameters(parameters, recording, prefix);
    weights = trainable_weights(parameters);
  }
};

TEST(DreamerUnits, TheRecurrentCell) {
  const Recording recorded("gru");
  const Tensor x = leaf(recorded.at("x"));
  const Tensor h = leaf(recorded.at("h"));
  Built built;
  const NormedGru gru(built.parameters, "gru", x.size(1), h.size(1));
  built.load(recorded, "param/");
  const Tensor out = gru.forward(built.weights, x, h);
  expect_close(out, recorded.at("out"), "out");
  (out * recorded.at("cotangent")).sum().backward();
  expect_close(x.grad(), recorded.at("grad/x"), "grad/x");
  expect_close(h.grad(), recorded.at("grad/h"), "grad/h");
  expect_gradients(built.parameters, recorded, "grad/");
}

// The 64 combinations of direction, balance and free nats.
TEST(DreamerUnits, TheBalancedKl) {
  const Recording recorded("kl");
  for (const Json& entry : recorded.meta().at("cases")) {
    const std::string name = entry.at("case");
    const std::string kind = name.substr(0, name.find('/'));
    SCOPED_TRACE(name);
    const auto stats = [&](const std::string& side) {
      LatentStats result;
      const std::string prefix = kind + "/" + side + "/";
      if (kind == "discrete") {
        result.logits = leaf(recorded.at(prefix + "logit"));
      } else {
        result.mean = leaf(recorded.at(prefix + "mean"));
        result.std = leaf(recorded.at(prefix + "std"));
      }
      return result;
    };
    const LatentStats post = stats("post");
    const LatentStats prior = stats("prior");
    SingleRank alone;
    const KlLoss kl = balanced_kl({.free_nats = entry.at("free"),
                                   .free_average = entry.at("free_avg"),
                                   .forward = entry.at("forward"),
                                   .balance = entry.at("balance")},
                                  post, prior, alone);
    expect_close(kl.loss.item<double>(), entry.at("loss"), "loss");
    expect_close(kl.value, recorded.at(name + "/value"), "value");
    kl.loss.backward();
    const auto check = [&](const Tensor& value, const std::string& which) {
      const Tensor expected = recorded.at(name + "/grad_" + which);
      // Where nothing pulls there may be no gradient at all.
      expect_close(value.grad().defined() ? value.grad() : torch::zeros_like(value), expected,
                   which);
    };
    for (const auto& [side, values] : {std::pair("post", post), std::pair("prior", prior)}) {
      if (kind == "discrete") {
        check(values.logits, std::string(side) + "_logit");
      } else {
        check(values.mean, std::string(side) + "_mean");
        check(values.std, std::string(side) + "_std");
      }
    }
  }
}

TEST(DreamerUnits, OneHotChoices) {
  const Recording recorded("dists");
  Tensor logits = leaf(recorded.at("logits"));
  const Tensor cotangent = recorded.at("cotangent");
  const Tensor sample = sample_one_hot(logits, recorded.at("gumbel"));
  expect_close(sample, recorded.at("sample"), "sample");
  expect_close(gradient_of((sample * cotangent).sum(), logits),
               recorded.at("grad_straight_through"), "grad_straight_through");
  const Tensor entropy = one_hot_entropy(logits);
  expect_close(entropy, recorded.at("entropy"), "entropy");
  expect_close(gradient_of(entropy.sum(), logits), recorded.at("grad_entropy_sum"),
               "grad_entropy_sum");
  const Tensor log_prob = one_hot_log_prob(logits, sample);
  expect_close(log_prob, recorded.at("log_prob"), "log_prob");
  expect_close(gradient_of((log_prob * cotangent.select(1, 0)).sum(), logits),
               recorded.at("grad_logprob_weighted"), "grad_logprob_weighted");
  expect_close(one_hot_mode(logits), recorded.at("mode"), "mode");
}

TEST(DreamerUnits, TheTruncatedNormal) {
  const Recording recorded("dists");
  TruncatedNormal normal{leaf(recorded.at("tn/loc")), leaf(recorded.at("tn/scale"))};
  const Tensor cotangent = recorded.at("tn/cotangent");
  const auto check = [&](const Tensor& scalar, const std::string& name) {
    Tensor loc = normal.loc;
    Tensor scale = normal.scale;
    expect_close(gradient_of(scalar, loc), recorded.at("tn/grad_" + name + "_loc"), name);
    expect_close(gradient_of(scalar, scale), recorded.at("tn/grad_" + name + "_scale"), name);
  };
  const Tensor sample = normal.sample(recorded.at("tn/u"));
  expect_close(sample, recorded.at("tn/sample"), "sample");
  check((sample * cotangent).sum(), "sample");
  const Tensor log_prob = normal.log_prob(sample.detach());
  expect_close(log_prob, recorded.at("tn/log_prob"), "log_prob");
  check(log_prob.sum(), "logprob");
  check((normal.log_prob(sample) * cotangent).sum(), "logprob_through");
  const Tensor entropy = normal.entropy();
  expect_close(entropy, recorded.at("tn/entropy"), "entropy");
  check(entropy.sum(), "entropy");
  expect_close(normal.mode(), recorded.at("tn/mode"), "mode");
}

TEST(DreamerUnits, TheDiscountsBernoulli) {
  const Recording recorded("dists");
  Tensor logit = leaf(recorded.at("bern/logit"));
  const Tensor log_prob = bernoulli_log_prob(logit, recorded.at("bern/target"));
  expect_close(log_prob, recorded.at("bern/log_prob"), "log_prob");
  expect_close(gradient_of(log_prob.sum(), logit), recorded.at("bern/grad"), "grad");
  expect_close(logit.sigmoid(), recorded.at("bern/mean"), "mean");
}

TEST(DreamerUnits, TheTanhNormal) {
  const Recording recorded("tanh_normal");
  const Tensor input = recorded.at("input");
  Built built;
  const std::int64_t action_dim = recorded.at("param/head/out/bias").size(0);
  const Dense out(built.parameters, "head.out", input.size(1), action_dim);
  const Dense std(built.parameters, "head.std", input.size(1), action_dim);
  built.load(recorded, "param/");
  const TanhNormal normal =
      tanh_normal_of(out.forward(built.weights, input), std.forward(built.weights, input), 0.1);
  const Tensor cotangent = recorded.at("cotangent");
  const auto check = [&](const Tensor& scalar, const std::string& name) {
    built.parameters.flat_gradient().zero_();
    scalar.backward({}, /*retain_graph=*/true);
    expect_gradients(built.parameters, recorded, name);
  };
  const Tensor sample = normal.sample(recorded.at("noise/sample"));
  expect_close(sample, recorded.at("sample"), "sample");
  check((sample.sum(-1) * cotangent).sum(), "grad_sample/");
  const Tensor log_prob = normal.log_prob(sample.detach());
  expect_close(log_prob, recorded.at("log_prob"), "log_prob");
  expect_close(normal.log_prob(sample), recorded.at("log_prob_cached"), "log_prob_cached");
  check((log_prob * cotangent).sum(), "grad_logprob/");
  const Tensor entropy = normal.entropy(recorded.at("noise/entropy"));
  expect_close(entropy, recorded.at("entropy"), "entropy");
  check((entropy * cotangent).sum(), "grad_entropy/");
  expect_close(normal.mode(recorded.at("noise/mode")), recorded.at("mode"), "mode");
}

TEST(DreamerUnits, TheOptimiser) {
  const Recording recorded("adam");
  const Json& cases = recorded.meta().at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(fmt::format("case {}", i));
    const std::string prefix = fmt::format("case{}/", i);
    const auto flat = [&](const std::string& name) {
      std::vector<Tensor> parts;
      for (const std::string& part : recorded.names(prefix + name + "/")) {
        parts.push_back(recorded.at(prefix + name + "/" + part).flatten());
      }
      return torch::cat(parts);
    };
    const Tensor parameters = flat("param0");
    const Json& entry = cases.at(i);
    KerasAdam optimiser(parameters, {.learning_rate = entry.at("lr"),
                                     .epsilon = entry.at("eps"),
                                     .clip_norm = entry.at("clip"),
                                     .weight_decay = entry.at("wd")});
    const auto norms = entry.at("grad_norm_before_clip").get<std::vector<double>>();
    for (std::size_t step = 0; step < norms.size(); ++step) {
      optimiser.step(flat(fmt::format("grad{}", step)));
      expect_close(optimiser.gradient_norm().item<double>(), norms[step], "norm");
      const Tensor expected = flat(fmt::format("param{}", step + 1));
      const Tensor error = (parameters - expected).abs() / expected.abs().clamp_min(1.0);
      EXPECT_LE(error.max().item<double>(), kParameterTolerance) << "step " << step;
    }
  }
}

// Height, width, channel last, as Keras has them.
Tensor as_keras(const Tensor& picture) { return picture.permute({0, 2, 3, 1}); }

TEST(DreamerUnits, TheConvolutionalEncoder) {
  const Recording recorded("encoder");
  const Tensor pixels = recorded.at("image").permute({0, 3, 1, 2});
  const Tensor image = leaf(centred_image(pixels));
  Built built;
  VisionConfig config{.cnn_depth = recorded.at("param/encoder/conv0/bias").size(0), .kernels = {}};
  for (int i = 0; recorded.contains(fmt::format("act{}", i)); ++i) {
    config.kernels.push_back(recorded.at(fmt::format("param/encoder/conv{}/kernel", i)).size(0));
  }
  const Encoder encoder(built.parameters, config, {.image_channels = pixels.size(1)});
  built.load(recorded, "param/");
  const auto activations = encoder.convolve(built.weights, image);
  for (std::size_t i = 0; i < activations.size(); ++i) {
    expect_close(as_keras(activations[i]), recorded.at(fmt::format("act{}", i)), "act");
  }
  const Tensor embed = encoder.forward(built.weights, image, {});
  expect_close(embed, recorded.at("embed"), "embed");
  (embed * recorded.at("cotangent")).sum().backward();
  expect_close(as_keras(image.grad()), recorded.at("grad/input"), "grad/input");
  expect_gradients(built.parameters, recorded, "grad/");
}

TEST(DreamerUnits, TheConvolutionalDecoder) {
  const Recording recorded("decoder");
  const Tensor features = leaf(recorded.at("feat"));
  const Tensor target = recorded.at("target").permute({0, 3, 1, 2});
  Built built;
  VisionConfig config{.cnn_depth = recorded.at("param/decoder/convin/bias").size(0) / 32,
                      .kernels = {}};
  for (int i = 0; recorded.contains(fmt::format("act{}", i)); ++i) {
    config.kernels.push_back(recorded.at(fmt::format("param/decoder/conv{}/kernel", i)).size(0));
  }
  const Decoder decoder(built.parameters, config, {.image_channels = target.size(1)},
                        features.size(1));
  built.load(recorded, "param/");
  const auto activations = decoder.deconvolve(built.weights, features);
  expect_close(activations[0], recorded.at("convin").flatten(1), "convin");
  for (std::size_t i = 1; i < activations.size(); ++i) {
    expect_close(as_keras(activations[i]), recorded.at(fmt::format("act{}", i - 1)), "act");
  }
  const Tensor mean = decoder.forward(built.weights, features).image;
  expect_close(as_keras(mean), recorded.at("mean"), "mean");
  const Tensor log_prob = unit_normal_log_prob(mean, target);
  expect_close(log_prob, recorded.at("log_prob"), "log_prob");
  const Tensor loss = -log_prob.mean();
  expect_close(loss.item<double>(), recorded.meta().at("loss"), "loss");
  loss.backward();
  expect_close(features.grad(), recorded.at("grad/feat"), "grad/feat");
  expect_gradients(built.parameters, recorded, "grad/");
}

}  // namespace
}  // namespace foresight
