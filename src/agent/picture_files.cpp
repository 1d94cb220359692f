#include "agent/picture_files.h"

#include <algorithm>

#include "base/error.h"
#include "io/safetensors.h"

namespace foresight {
namespace {

constexpr const char* kFramesFile = "frames.safetensors";

// Which frames belong to a checkpoint: first, next. Before DreamerV2 kept its pictures as TD-MPC2
// does, it called them rows.
std::vector<std::int64_t> frames_in(const SafetensorsFile& file) {
  return to_integers(file.at(file.contains("rows") ? "rows" : "frames", DType::kI64, {2}));
}

// The first frame that a checkpoint's folder needs; of a damaged one, any.
std::int64_t first_frame_of(const std::filesystem::path& folder) {
  try {
    return frames_in(SafetensorsFile::open(folder / kFramesFile)).front();
  } catch (const Error&) {
    return 0;
  }
}

void add_unfinished(SafetensorsWriter& writer, const PictureReplay::Unfinished& unfinished) {
  std::vector<std::int64_t> games;
  for (const auto& [game, bytes] : unfinished) {
    games.push_back(game);
    writer.add_view(fmt::format("unfinished.{}", game), DType::kU8, {std::ssize(bytes)},
                    std::as_bytes(std::span(bytes)));
  }
  std::ranges::sort(games);
  writer.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
}

PictureReplay::Unfinished unfinished_in(const SafetensorsFile& file, std::int64_t frame_bytes) {
  PictureReplay::Unfinished unfinished;
  for (const std::int64_t game : to_integers(file.at("games"))) {
    const TensorView& view = file.at(fmt::format("unfinished.{}", game));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
    const std::int64_t size = std::ssize(view.bytes);
    if (size < 2 * frame_bytes || size % frame_bytes != 0) {
      fail("{}: {} bytes are no frames of unfinished game {}", file.file_name(), size, game);
    }
    unfinished[game].assign(bytes, bytes + size);
  }
  return unfinished;
}

// The oldest episode and its first frame; unknown where nothing of an episode before what is stored
// is ever shown.
PictureReplay::Oldest oldest_in(const SafetensorsFile& file, std::int64_t next) {
  if (!file.contains("oldest")) return {.episode = -1, .first_frame = 0};
  const auto oldest = to_integers(file.at("oldest", DType::kI64, {2}));
  if (oldest[1] < 0 || oldest[1] > next) {
    fail("{}: the oldest episode begins with frame {} of {}", file.file_name(), oldest[1], next);
  }
  return {.episode = oldest[0], .first_frame = oldest[1]};
}

}  // namespace

std::filesystem::path frames_folder(const std::filesystem::path& lasting) {
  return lasting / "frames";
}

void refuse_to_share_pictures(std::int64_t num_ranks, std::int64_t num_shards) {
  fail("ranks = {}: the pictures of {} ranks are not shared out anew; go on with ranks={}",
       num_ranks, num_shards, num_shards);
}

void write_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                    const CheckpointPlace& place) {
  FrameStore& frames = pictures.frames();
  frames.keep_in(frames_folder(place.lasting));
  frames.flush();
  std::int64_t first_needed = pictures.first_needed(index);
  SafetensorsWriter writer;
  const std::vector<std::int64_t> numbers{first_needed, frames.next()};
  writer.add("frames", {2}, std::span<const std::int64_t>(numbers));
  const PictureReplay::Oldest oldest = pictures.oldest(index);
  const std::vector<std::int64_t> first{oldest.episode, oldest.first_frame};
  writer.add("oldest", {2}, std::span<const std::int64_t>(first));
  add_unfinished(writer, pictures.unfinished());
  writer.write(place.folder / kFramesFile);
  for (const auto& folder : place.earlier) {
    first_needed = std::min(first_needed, first_frame_of(folder));
  }
  frames.drop_before(first_needed);
}

void read_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                   const CheckpointPlace& place) {
  const auto file = SafetensorsFile::open(place.folder / kFramesFile);
  const auto numbers = frames_in(file);
  if (numbers[0] < 0 || numbers[1] < numbers[0]) {
    fail("{}: frames {} to {}", file.file_name(), numbers[0], numbers[1] - 1);
  }
  pictures.frames().open(frames_folder(place.lasting), numbers[0], numbers[1]);
  pictures.restore(index, oldest_in(file, numbers[1]), unfinished_in(file, pictures.frame_bytes()));
}

}  // namespace foresight
