// Finished episodes on disk, appended and never rewritten, so that saving costs what is new and not
// what is stored. A folder of segments named after the number of their first episode:
//
//   episodes-000000000000.log   records, one behind the other
//   record: "FSEP", checksum of the rest, number, steps T, observation_dim O, action_dim A,
//           opponent_dim A', opponent + 1, then floats: observations [T + 1, O], actions [T, A],
//           rewards [T], terminated [T], opponent_actions [T, A']
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "replay/episode_store.h"

namespace foresight {

class EpisodeLog {
 public:
  // How far the log reached at some moment; what lies behind was added later.
  struct Position {
    std::int64_t segment = 0;      // number of its first episode
    std::int64_t num_bytes = 0;    // of that segment
    std::int64_t next_number = 0;  // of the first episode not in it
  };

  static constexpr std::int64_t kSegmentBytes = std::int64_t{64} << 20;

  // An empty log, or one to go on with after cut(). The folder is made when first written to.
  EpisodeLog(std::filesystem::path folder, std::int64_t observation_dim, std::int64_t action_dim,
             std::int64_t segment_bytes = kSegmentBytes, std::int64_t opponent_dim = 0);

  // Numbers rise, gaps are fine. Written by the next flush().
  void add(std::int64_t number, const Episode& episode);
  // Everything added is on the disk when this returns. Error: the file and the system's reason.
  Position flush();
  // Goes on behind `position`; later records are removed. Error if they do not reach that far.
  void cut(const Position& position);

  // Calls `use` with the records from number `first` to `position`. Error: the segment, the byte,
  // what is wrong with it.
  void read(std::int64_t first, const Position& position,
            const std::function<void(std::int64_t number, Episode episode)>& use) const;
  // Removes the segments that hold nothing from `number` on.
  void drop_before(std::int64_t number);

  std::int64_t next_number() const { return position_.next_number; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path path_of(std::int64_t segment) const;
  std::vector<std::int64_t> segments() const;  // rising

  std::filesystem::path folder_;
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::int64_t segment_bytes_;
  std::int64_t opponent_dim_;
  Position position_;               // with what waits for flush()
  std::vector<std::byte> waiting_;  // of the segment position_.segment
  std::int64_t num_flushed_ = 0;    // bytes of that segment on the disk
};

}  // namespace foresight
