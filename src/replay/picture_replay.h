// Pictures of an EpisodeStore's rows. A picture is a stack of the last F frames, of which
// neighbours share F - 1: each frame is stored once, as bytes (frame_store.h), and stacks are put
// together when they are read. The first frame of an episode fills the stacks that reach beyond its
// beginning. Axes: F frames, B slices, H horizon.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "replay/episode_index.h"
#include "replay/frame_store.h"
#include "replay/slice_batch.h"

namespace foresight {

class PictureReplay {
 public:
  // A picture is num_frames of frame_bytes each.
  PictureReplay(std::int64_t num_frames, std::int64_t frame_bytes);

  // A step of `game`: the pictures before and after it.
  void add(std::int64_t game, std::span<const std::uint8_t> picture,
           std::span<const std::uint8_t> next_picture);
  // The episode of `game` is over and was stored as the newest of the index.
  void store(std::int64_t game, const EpisodeIndex& index);
  void forget(std::int64_t game) { unfinished_.erase(game); }

  // The pictures of slices of `horizon` + 1 rows: [H + 1, B, F * frame_bytes].
  void gather(const EpisodeIndex& index, std::span<const SliceIndex> slices, std::int64_t horizon,
              std::vector<std::uint8_t>& pictures) const;

  // The pictures of `count` rows of one episode, by the running number of the first:
  // [count, F * frame_bytes].
  void read(const EpisodeIndex& index, std::int64_t row, std::int64_t count,
            std::uint8_t* pictures) const;

  std::int64_t picture_bytes() const { return num_frames_ * frame_bytes_; }
  std::int64_t frame_bytes() const { return frame_bytes_; }

  // --- For checkpoints ---

  using Unfinished = std::unordered_map<std::int64_t, std::vector<std::uint8_t>>;  // by game
  const Unfinished& unfinished() const { return unfinished_; }
  FrameStore& frames() { return frames_; }
  const FrameStore& frames() const { return frames_; }
  // The number of the oldest frame that the index's episodes need.
  std::int64_t first_needed(const EpisodeIndex& index) const;
  // The oldest episode, of which only the end may be left, and its first frame.
  struct Oldest {
    std::int64_t episode = 0;
    std::int64_t first_frame = 0;
  };
  Oldest oldest(const EpisodeIndex& index) const;
  // The frames were opened, and the index holds the episodes that end with the last of them.
  // Error: too few frames.
  void restore(const EpisodeIndex& index, const Oldest& oldest, Unfinished unfinished);

 private:
  // Where a batch's pictures go: that of the next row lies so many bytes on.
  struct Target {
    std::uint8_t* pictures;
    std::int64_t stride;
  };
  void read_stacks(const EpisodeIndex::Stored& episode, std::int64_t row, std::int64_t count,
                   const Target& target, std::vector<std::uint8_t>& frames) const;
  std::int64_t first_frame_of(const EpisodeIndex::Stored& episode, std::int64_t row) const;

  std::int64_t num_frames_;
  std::int64_t frame_bytes_;
  FrameStore frames_;
  std::int64_t offset_ = 0;  // a row's newest frame is that of its number plus this
  std::map<std::int64_t, std::int64_t> first_frames_;  // of stored episodes, by their number
  Unfinished unfinished_;                              // frames of episodes in progress
};

}  // namespace foresight
