#include "agent/picture_files.h"

#include <algorithm>

#include "base/error.h"
#include "io/safetensors.h"

namespace foresight {
namespace {

// The first frame that a checkpoint's folder needs; of a damaged one, any.
std::int64_t first_frame_of(const std::filesystem::path& folder, const std::string& key) {
  try {
    const auto file = SafetensorsFile::open(folder / kFramesFile);
    return to_integers(file.at(key, DType::kI64, {2})).front();
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

std::filesystem::path frames_folder(const std::filesystem::path& lasting) {
  return lasting / "frames";
}

void add_unfinished_frames(SafetensorsWriter& writer, const UnfinishedFrames& unfinished) {
  std::vector<std::int64_t> games;
  for (const auto& [game, bytes] : unfinished) {
    games.push_back(game);
    writer.add_view(fmt::format("unfinished.{}", game), DType::kU8, {std::ssize(bytes)},
                    std::as_bytes(std::span(bytes)));
  }
  std::ranges::sort(games);
  writer.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
}

UnfinishedFrames read_unfinished_frames(const SafetensorsFile& file) {
  UnfinishedFrames unfinished;
  for (const std::int64_t game : to_integers(file.at("games"))) {
    const TensorView& view = file.at(fmt::format("unfinished.{}", game));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
    unfinished[game].assign(bytes, bytes + view.bytes.size());
  }
  return unfinished;
}

void drop_frames(FrameStore& frames, std::int64_t first_needed, const std::string& key,
                 const CheckpointPlace& place) {
  for (const auto& folder : place.earlier) {
    first_needed = std::min(first_needed, first_frame_of(folder, key));
  }
  frames.drop_before(first_needed);
}

void write_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                    const CheckpointPlace& place) {
  FrameStore& frames = pictures.frames();
  frames.keep_in(frames_folder(place.lasting));
  frames.flush();
  const std::int64_t first_needed = pictures.first_needed(index);
  SafetensorsWriter writer;
  const std::vector<std::int64_t> numbers{first_needed, frames.next()};
  writer.add("frames", {2}, std::span<const std::int64_t>(numbers));
  const PictureReplay::Oldest oldest = pictures.oldest(index);
  const std::vector<std::int64_t> first{oldest.episode, oldest.first_frame};
  writer.add("oldest", {2}, std::span<const std::int64_t>(first));
  add_unfinished_frames(writer, pictures.unfinished());
  writer.write(place.folder / kFramesFile);
  drop_frames(frames, first_needed, "frames", place);
}

void read_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                   const CheckpointPlace& place) {
  const auto file = SafetensorsFile::open(place.folder / kFramesFile);
  const auto numbers = to_integers(file.at("frames", DType::kI64, {2}));
  if (numbers[0] < 0 || numbers[1] < numbers[0]) {
    fail("{}: frames {} to {}", file.file_name(), numbers[0], numbers[1] - 1);
  }
  pictures.frames().open(frames_folder(place.lasting), numbers[0], numbers[1]);
  const auto oldest = to_integers(file.at("oldest", DType::kI64, {2}));
  if (oldest[1] < 0 || oldest[1] > numbers[1]) {
    fail("{}: the oldest episode begins with frame {} of {}", file.file_name(), oldest[1],
         numbers[1]);
  }
  UnfinishedFrames unfinished = read_unfinished_frames(file);
  for (const auto& [game, bytes] : unfinished) {
    const std::int64_t size = std::ssize(bytes);
    if (size < 2 * pictures.frame_bytes() || size % pictures.frame_bytes() != 0) {
      fail("{}: {} bytes are no frames of unfinished game {}", file.file_name(), size, game);
    }
  }
  pictures.restore(index, {oldest[0], oldest[1]}, std::move(unfinished));
}

}  // namespace foresight
