// Sequences of stored episodes for models that are learned through time: B rows of T steps, each a
// window of an episode. Where windows are shorter than T, further ones fill the row behind them and
// `is_first` marks where each begins.
// Reference: danijar/dreamerv2, common/replay.py, Replay (whose rows go on in the next one of the
// batch instead). Axes: T steps, B sequences, O observation, A action.
#pragma once

#include <vector>

#include "base/rng.h"
#include "config/fields.h"
#include "replay/episode_store.h"
#include "replay/sequence_window.h"

namespace foresight {

struct SequenceReplayConfig {
  std::int64_t capacity = 2'000'000;
  std::int64_t batch_size = 16;
  std::int64_t length = 50;
  std::int64_t min_length = 50;
  std::int64_t max_length = 50;
  std::int64_t min_episode_steps = 50;
  bool prioritise_ends = true;

  void visit(FieldVisitor& v);
};

// A step's action and reward are those that led to its observation, zeros at an episode's start.
struct SequenceBatch {
  std::int64_t num_steps = 0;       // T
  std::int64_t num_sequences = 0;   // B
  std::vector<float> observations;  // [T, B, O]
  std::vector<float> actions;       // [T, B, A]
  std::vector<float> rewards;       // [T, B]
  std::vector<float> is_first;      // [T, B]
  std::vector<float> is_terminal;   // [T, B]
  std::vector<std::int64_t> rows;   // [T, B], running numbers of the store's rows, for pictures
};

class SequenceSampler {
 public:
  SequenceSampler(const SequenceReplayConfig& config, const EpisodeStore& store)
      : config_(config), store_(store) {}

  // True if an episode is long enough.
  bool can_sample() const;
  // Every episode that is long enough is as likely as any other, however long it is.
  void sample(Rng& rng, SequenceBatch& batch);

 private:
  bool is_long_enough(const EpisodeStore::Stored& episode) const {
    return episode.num_rows > config_.min_episode_steps;
  }
  void find_episodes();
  void copy_row(std::int64_t row, bool is_start, bool is_first, std::int64_t at,
                SequenceBatch& batch) const;

  SequenceReplayConfig config_;
  const EpisodeStore& store_;
  std::vector<const EpisodeStore::Stored*> episodes_;  // long enough, of the batch being drawn
};

}  // namespace foresight
