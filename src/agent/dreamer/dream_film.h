// What a DreamerV2 agent saw, what its model makes of it, and what it imagines once its eyes are
// shut. Plain numbers, so that programs without LibTorch can show them.
// Reference: danijar/dreamerv2, dreamerv2/agent.py, WorldModel.video_pred.
// Axes: T steps, O observation, A action.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/agent.h"

namespace foresight {

// A stretch of an episode from its first step on. An action led to its step's observation; the
// first one is zeros.
struct SeenSteps {
  std::int64_t num_steps = 0;        // T
  std::vector<float> observations;   // [T, O]
  std::vector<std::uint8_t> images;  // [T, bytes of one], empty without pictures
  std::vector<float> actions;        // [T, A]
};

struct DreamFilm {
  std::int64_t num_steps = 0;
  std::int64_t num_context = 0;  // steps seen before the dream begins
  std::int64_t channels = 0;     // of a picture: 1, 3, or more; 0 without pictures
  std::int64_t height = 0;
  std::int64_t width = 0;
  // [T, channels, height, width]: what the posterior, which saw every step, shows, and what the
  // dream shows, which is the posterior while it sees.
  std::vector<std::uint8_t> reconstructed;
  std::vector<std::uint8_t> imagined;
  // Mean squared difference to what was seen, [T]: of pixels in [0, 1], or of the numbers.
  std::vector<double> reconstruction_error;
  std::vector<double> imagination_error;
};

// num_context < num_steps steps are seen, the rest is imagined with the actions that were played.
// Error: the agent is no DreamerV2.
DreamFilm film_dream(const Agent& agent, const SeenSteps& seen, std::int64_t num_context,
                     std::uint64_t seed);

}  // namespace foresight
