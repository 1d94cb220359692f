// Pictures of stored steps, on disk: too many for memory. A folder of segments named after the
// number of their first picture, `frames-000000000000.u8`, bytes and nothing else; numbers are
// those of the EpisodeStore's rows and rise without gaps. Pictures are read where they lie, so that
// the system's file cache holds what fits and the process holds nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>

namespace foresight {

class FrameStore {
 public:
  static constexpr std::int64_t kSegmentBytes = std::int64_t{64} << 20;

  // frame_bytes of a picture. Until keep_in() a temporary folder, removed at the end, holds them.
  explicit FrameStore(std::int64_t frame_bytes, std::int64_t segment_bytes = kSegmentBytes);
  ~FrameStore();
  FrameStore(const FrameStore&) = delete;
  FrameStore& operator=(const FrameStore&) = delete;

  // From now on in this folder; what was stored elsewhere is copied there.
  void keep_in(const std::filesystem::path& folder);
  // Takes over a folder that holds pictures `first` to `next` - 1 or more; later ones are removed.
  // Error: the file that is missing or too short.
  void open(const std::filesystem::path& folder, std::int64_t first, std::int64_t next);

  // Whole pictures, numbered from next(). Error: the file and the system's reason.
  void append(std::span<const std::uint8_t> frames);
  // `count` pictures from number `row` on. Error: the file, the byte, the reason.
  void read(std::int64_t row, std::int64_t count, std::uint8_t* frames) const;
  // What was appended survives a crash of the machine when this returns.
  void flush();
  // Removes the segments that hold nothing from `row` on.
  void drop_before(std::int64_t row);

  std::int64_t next() const { return next_; }
  std::int64_t frame_bytes() const { return frame_bytes_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Segment {
    std::int64_t count = 0;
    int descriptor = -1;
  };
  std::filesystem::path path_of(std::int64_t first) const;
  int open_segment(std::int64_t first, bool is_new) const;
  void close_all();

  std::int64_t frame_bytes_;
  std::int64_t frames_per_segment_;
  std::filesystem::path folder_;
  bool is_temporary_ = false;
  std::map<std::int64_t, Segment> segments_;  // by the number of the first picture
  std::int64_t next_ = 0;
};

}  // namespace foresight
