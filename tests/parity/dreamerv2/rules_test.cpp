// The original's small rules: schedules, which rows are drawn, scaling of rewards, noise of
// choices.
#include <fmt/format.h>

#include "agent/dreamer/policy.h"
#include "agent/dreamer/schedule.h"
#include "agent/dreamer/stream_norm.h"
#include "parity/dreamerv2/recording.h"
#include "replay/sequence_window.h"

namespace foresight {
namespace {

Tensor rows_of(const Json& json) {
  std::vector<Tensor> rows;
  for (const Json& row : json) rows.push_back(torch::tensor(row.get<std::vector<float>>()));
  return torch::stack(rows);
}

TEST(DreamerRules, Schedules) {
  const Json rules = read_rules();
  ASSERT_FALSE(rules.at("schedules").empty());
  for (const Json& entry : rules.at("schedules")) {
    const std::string text = entry.at(0);
    const double expected = entry.at(2);
    // float32 there, whose mixing of the two ends cancels.
    EXPECT_NEAR(Schedule(text, "test").at(entry.at(1)), expected,
                1e-7 * std::max(1.0, std::abs(expected)))
        << text << " at " << entry.at(1);
  }
}

TEST(DreamerRules, WindowsOfEpisodes) {
  const Json rules = read_rules();
  ASSERT_FALSE(rules.at("replay").empty());
  for (const Json& entry : rules.at("replay")) {
    const WindowRule rule{.min_length = entry.at("minlen"),
                          .max_length = entry.at("maxlen"),
                          .prioritise_ends = entry.at("prioritize_ends")};
    const std::int64_t total = entry.at("total");
    const std::int64_t length = window_length(rule, total, entry.at("draw_shorten"));
    EXPECT_EQ(length, entry.at("length").get<std::int64_t>()) << entry;
    EXPECT_EQ(num_starts(rule, total, length), entry.at("upper").get<std::int64_t>()) << entry;
    const Window window = window_at(total, length, entry.at("draw_start"));
    EXPECT_EQ(window.first, entry.at("index").get<std::int64_t>()) << entry;
    EXPECT_EQ(window.length, length);
  }
}

TEST(DreamerRules, RewardNorm) {
  const Json rules = read_rules();
  const Json& recorded = rules.at("stream_norm");
  StreamNorm norm({.momentum = recorded.at("momentum"),
                   .scale = recorded.at("scale"),
                   .epsilon = recorded.at("eps")},
                  torch::kCPU);
  SingleRank alone;
  for (const Json& call : recorded.at("calls")) {
    expect_close(norm(rows_of(call.at("inp")), alone), rows_of(call.at("out")), "out");
    expect_close(norm.magnitude(), call.at("mag"), "mag");
  }
}

TEST(DreamerRules, NoiseOfChoices) {
  const Json rules = read_rules();
  for (const Json& entry : rules.at("onehot_action_noise")) {
    const double amount = entry.at("amount");
    const Tensor action = rows_of(entry.at("action"));
    expect_close(noisy_choice(action, amount), rows_of(entry.at("mixed_probs")), "mixed");
    if (amount == 0.0) {
      EXPECT_TRUE(noisy_action(action, amount, ActionKind::kOneHot, {}).equal(action));
    }
  }
}

}  // namespace
}  // namespace foresight
