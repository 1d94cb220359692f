#include "replay/picture_replay.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

PictureReplay::PictureReplay(std::int64_t num_frames, std::int64_t frame_bytes)
    : num_frames_(num_frames), frame_bytes_(frame_bytes), frames_(frame_bytes) {
  FS_CHECK(num_frames > 0, "pictures of {} frames", num_frames);
}

void PictureReplay::add(std::int64_t game, std::span<const std::uint8_t> picture,
                        std::span<const std::uint8_t> next_picture) {
  FS_CHECK(std::ssize(picture) == picture_bytes() && std::ssize(next_picture) == picture_bytes(),
           "a step of game {} has pictures of {} and {} bytes, expected {}", game, picture.size(),
           next_picture.size(), picture_bytes());
  const auto newest = static_cast<std::size_t>(picture_bytes() - frame_bytes_);
  auto& frames = unfinished_[game];
  if (frames.empty()) {
    const auto first = picture.subspan(newest);
    for (std::int64_t i = 0; i + 1 < num_frames_; ++i) {
      FS_CHECK(std::ranges::equal(picture.subspan(static_cast<std::size_t>(i * frame_bytes_),
                                                  static_cast<std::size_t>(frame_bytes_)),
                                  first),
               "an episode of game {} begins with different frames", game);
    }
    frames.assign(first.begin(), first.end());
  }
  const auto next = next_picture.subspan(newest);
  frames.insert(frames.end(), next.begin(), next.end());
}

void PictureReplay::store(std::int64_t game, const EpisodeIndex& index) {
  const EpisodeIndex::Stored& episode = index.episodes().back();
  const auto found = unfinished_.find(game);
  FS_CHECK(found != unfinished_.end() &&
               std::ssize(found->second) == episode.num_rows * frame_bytes_ &&
               frames_.next() == episode.first_row + offset_,
           "game {} has not the frames of {} rows", game, episode.num_rows);
  first_frames_.erase(first_frames_.begin(),
                      first_frames_.lower_bound(index.episodes().front().number));
  first_frames_[episode.number] = frames_.next();
  frames_.append(found->second);
  unfinished_.erase(found);
}

std::int64_t PictureReplay::first_frame_of(const EpisodeIndex::Stored& episode,
                                           std::int64_t row) const {
  return std::max(first_frames_.at(episode.number), row + offset_ - (num_frames_ - 1));
}

void PictureReplay::gather(const EpisodeIndex& index, std::span<const SliceIndex> slices,
                           std::int64_t horizon, std::vector<std::uint8_t>& pictures) const {
  const std::int64_t count = std::ssize(slices);
  pictures.resize(static_cast<std::size_t>((horizon + 1) * count * picture_bytes()));
  std::vector<std::uint8_t> frames;
  for (std::int64_t b = 0; b < count; ++b) {
    const SliceIndex& slice = slices[static_cast<std::size_t>(b)];
    const std::int64_t position = index.position_of(slice.episode);
    FS_CHECK(position >= 0, "slice {} is of an overwritten episode", b);
    const auto& episode = index.episodes()[static_cast<std::size_t>(position)];
    read_stacks(episode, episode.first_row + slice.start, horizon + 1,
                {pictures.data() + b * picture_bytes(), count * picture_bytes()}, frames);
  }
}

void PictureReplay::read(const EpisodeIndex& index, std::int64_t row, std::int64_t count,
                         std::uint8_t* pictures) const {
  if (num_frames_ == 1) return frames_.read(row + offset_, count, pictures);
  std::vector<std::uint8_t> frames;
  read_stacks(index.episode_of(row), row, count, {pictures, picture_bytes()}, frames);
}

void PictureReplay::read_stacks(const EpisodeIndex::Stored& episode, std::int64_t row,
                                std::int64_t count, const Target& target,
                                std::vector<std::uint8_t>& frames) const {
  const std::int64_t first = first_frame_of(episode, row);
  const std::int64_t newest = row + offset_;
  frames.resize(static_cast<std::size_t>((newest + count - first) * frame_bytes_));
  frames_.read(first, newest + count - first, frames.data());
  for (std::int64_t t = 0; t < count; ++t) {
    std::uint8_t* picture = target.pictures + t * target.stride;
    for (std::int64_t f = 0; f < num_frames_; ++f) {
      const std::int64_t wanted = std::max(first, newest + t - (num_frames_ - 1) + f);
      std::copy_n(frames.data() + (wanted - first) * frame_bytes_, frame_bytes_,
                  picture + f * frame_bytes_);
    }
  }
}

std::int64_t PictureReplay::first_needed(const EpisodeIndex& index) const {
  if (index.episodes().empty()) return frames_.next();
  const auto& oldest = index.episodes().front();
  return first_frame_of(oldest, oldest.first_row);
}

PictureReplay::Oldest PictureReplay::oldest(const EpisodeIndex& index) const {
  if (index.episodes().empty()) return {};
  const std::int64_t episode = index.episodes().front().number;
  return {episode, first_frames_.at(episode)};
}

void PictureReplay::restore(const EpisodeIndex& index, const Oldest& oldest,
                            Unfinished unfinished) {
  offset_ = frames_.next() - index.next_row();
  unfinished_ = std::move(unfinished);
  first_frames_.clear();
  for (const auto& episode : index.episodes()) {
    first_frames_[episode.number] =
        episode.number == oldest.episode ? oldest.first_frame : episode.first_row + offset_;
  }
  if (index.num_rows() > 0 && first_needed(index) < 0) {
    fail("{}: {} frames for {} stored rows", frames_.folder().string(), frames_.next(),
         index.num_rows());
  }
}

}  // namespace foresight
