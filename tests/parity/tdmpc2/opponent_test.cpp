// Opponents that are imitated: the clones' forwards, the dynamics against them, their own updates.
#include <fmt/format.h>

#include "agent/tdmpc2/opponent_cloner.h"
#include "nn/squashed_gaussian.h"
#include "parity/tdmpc2/recording.h"

namespace foresight {
namespace {

constexpr double kForwardTolerance = 5e-6;
constexpr double kValueTolerance = 2e-5;      // symexp amplifies the rounding of a head
constexpr double kLogProbTolerance = 1e-4;    // ln(1 - a^2 + 1e-6) near |a| = 1
constexpr double kParameterTolerance = 5e-5;  // Adam: see update_test.cpp

class RecordedOpponents : public testing::Test {
 protected:
  RecordedOpponents()
      : recording_("hockey_opponent"),
        parameters_(RecordedFile(recording_, "model").parameters("")),
        model_(recorded_model(recording_.config(), Variant::kHockey, parameters_)) {}

  Recording recording_;
  NamedTensors parameters_;
  WorldModel model_;
};

TEST_F(RecordedOpponents, TheDynamicsReadTheirActions) {
  const RecordedFile file(recording_, "forward");
  const auto z = model_.encode(file.at("in.obs"));
  const auto action = file.at("in.action");
  const auto ids = file.at("in.batch_opponent_ids");
  expect_close(z, file.at("out.encode"), kForwardTolerance, "encode");
  expect_close(model_.next(z, action, file.at("in.opp_action")), file.at("out.next"),
               kForwardTolerance, "next");
  expect_close(model_.next_against(z, action, ids), file.at("out.next_wrapped"), kForwardTolerance,
               "next against the batch's opponents");
  expect_close(model_.next_against(z, action, torch::ones_like(ids)), file.at("out.next_forced1"),
               kForwardTolerance, "next against opponent 1");
  ASSERT_EQ(model_.opponents().size(), 3);
  for (std::int64_t k = 0; k < 3; ++k) {
    expect_close(model_.opponents().mean_action(k, z),
                 file.at(fmt::format("out.opp_mean_action{}", k)), kForwardTolerance,
                 fmt::format("action of opponent {}", k));
  }
}

TEST_F(RecordedOpponents, TheBatchIsEncodedAsRecorded) {
  const RecordedFile file(recording_, "update1");
  expect_close(model_.encode(file.at("in.obs")), file.at("mid.z_seq"), kForwardTolerance,
               "latents");
}

TEST_F(RecordedOpponents, TheOtherNetworksDoNotSeeThem) {
  using QSet = WorldModel::QSet;
  const RecordedFile file(recording_, "forward");
  const auto z = model_.encode(file.at("in.obs"));
  const auto action = file.at("in.action");
  expect_close(model_.reward_logits(z, action), file.at("out.reward"), kForwardTolerance, "reward");
  expect_close(model_.reward(z, action), file.at("out.reward_scalar"), kValueTolerance, "reward");
  expect_close(model_.termination_logit(z, action, z), file.at("out.termination_logit"),
               kForwardTolerance, "end logit");
  expect_close(model_.q_logits(z, action, QSet::kOnline), file.at("out.Q_all"), kForwardTolerance,
               "Q");
  expect_close(model_.q_logits(z, action, QSet::kTarget), file.at("out.Qtarget_all"),
               kForwardTolerance, "target Q");
  const auto smaller = model_.q_values(z, action, QSet::kTarget, file.at("in.Qtarget_min_qidx"));
  expect_close(torch::minimum(smaller[0], smaller[1]), file.at("out.Qtarget_min"), kValueTolerance,
               "smaller target Q");
  const auto pair = model_.q_values(z, action, QSet::kTarget, file.at("in.Qtarget_avg_qidx"));
  expect_close((pair[0] + pair[1]) / 2, file.at("out.Qtarget_avg"), kValueTolerance,
               "mean target Q");
}

TEST_F(RecordedOpponents, ThePolicyIsTheUsualOne) {
  const RecordedFile file(recording_, "forward");
  const auto z = model_.encode(file.at("in.obs"));
  const auto output = model_.policy(z);
  expect_close(output.mean, file.at("out.pi_mean_raw"), kForwardTolerance, "raw mean");
  expect_close(output.log_std, file.at("out.pi_log_std"), kForwardTolerance, "log std");
  expect_close(output.log_std.exp(), file.at("out.pi_std"), kForwardTolerance, "std");
  expect_close(model_.mean_action(z), file.at("out.pi_mean_action"), kForwardTolerance, "mean");
  const auto sample = model_.sample_policy(z, file.at("in.pi_eps"));
  expect_close(sample.action, file.at("out.pi_sample_action"), kForwardTolerance, "action");
  expect_close(sample.mean, file.at("out.pi_sample_mean_action"), kForwardTolerance, "mean action");
  expect_close(sample.log_prob, file.at("out.pi_sample_log_prob"), kLogProbTolerance, "log prob");
  expect_close(sample.scaled_entropy, file.at("out.pi_sample_scaled_entropy"), kForwardTolerance,
               "scaled entropy");
}

TEST_F(RecordedOpponents, ACloneLearnsAsRecorded) {
  const RecordedFile file(recording_, "cloning");
  OpponentCloner cloner(model_, {});
  const auto loss =
      cloner.clone(0, file.at("in.obs"), file.at("in.target_action"), file.at("in.perms"));
  expect_close(loss, file.at("out.avg_loss"), kForwardTolerance, "mean loss");
  const NamedTensors after = file.parameters("after.");
  ASSERT_FALSE(after.empty());
  std::size_t num_compared = 0;
  model_.for_each_tensor([&](const std::string& name, const torch::Tensor& tensor) {
    const auto found = after.find(name);
    if (found != after.end()) {
      expect_close(tensor, found->second, kParameterTolerance, name);
      ++num_compared;
    } else {
      EXPECT_TRUE(tensor.equal(parameters_.at(name))) << name << " is not of clone 0";
    }
  });
  EXPECT_EQ(num_compared, after.size());
}

}  // namespace
}  // namespace foresight
