#include "agent/picture_files.h"

#include <algorithm>

#include "base/error.h"
#include "io/safetensors.h"

namespace foresight {
namespace {

constexpr const char* kFramesFile = "frames.safetensors";

// The first frame that a checkpoint's folder needs; of a damaged one, any.
std::int64_t first_frame_of(const std::filesystem::path& folder) {
  try {
    const auto file = SafetensorsFile::open(folder / kFramesFile);
    return to_integers(file.at("frames", DType::kI64, {2})).front();
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

std::filesystem::path frames_folder(const std::filesystem::path& lasting) {
  return lasting / "frames";
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
  std::vector<std::int64_t> games;
  for (const auto& [game, bytes] : pictures.unfinished()) {
    games.push_back(game);
    writer.add_view(fmt::format("unfinished.{}", game), DType::kU8, {std::ssize(bytes)},
                    std::as_bytes(std::span(bytes)));
  }
  std::ranges::sort(games);
  writer.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
  writer.write(place.folder / kFramesFile);
  for (const auto& folder : place.earlier) {
    first_needed = std::min(first_needed, first_frame_of(folder));
  }
  frames.drop_before(first_needed);
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
  PictureReplay::Unfinished unfinished;
  for (const std::int64_t game : to_integers(file.at("games"))) {
    const TensorView& view = file.at(fmt::format("unfinished.{}", game));
    const std::int64_t size = std::ssize(view.bytes);
    if (size < 2 * pictures.frame_bytes() || size % pictures.frame_bytes() != 0) {
      fail("{}: {} bytes are no frames of unfinished game {}", file.file_name(), size, game);
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
    unfinished[game].assign(bytes, bytes + size);
  }
  pictures.restore(index, {oldest[0], oldest[1]}, std::move(unfinished));
}

}  // namespace foresight
