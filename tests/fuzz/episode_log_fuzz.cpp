// Any bytes are a segment of a replay log or an Error, and every episode read has the promised
// sizes.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "io/crc32c.h"
#include "replay/episode_log.h"

namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kChecked = 8;

// Otherwise no changed record would get past its checksum, and none of another opponent_dim beyond
// that.
void repair(std::vector<std::uint8_t>& bytes, std::uint16_t opponent_dim) {
  if (bytes.size() < kHeader) return;
  const std::uint32_t magic = 0x50455346;
  std::memcpy(bytes.data(), &magic, sizeof(magic));
  std::memcpy(bytes.data() + 28, &opponent_dim, sizeof(opponent_dim));
  std::uint32_t steps = 0;
  std::memcpy(&steps, bytes.data() + 16, sizeof(steps));
  // Of 3 observations and 2 actions.
  const std::size_t count = std::size_t{steps} * (7 + opponent_dim) + 3;
  if (count > (bytes.size() - kHeader) / 4) return;
  const auto record =
      std::as_bytes(std::span(bytes)).subspan(kChecked, kHeader - kChecked + 4 * count);
  const std::uint32_t checksum = foresight::crc32c(record);
  std::memcpy(bytes.data() + 4, &checksum, sizeof(checksum));
}

// A folder in memory with one segment.
struct Folder {
  std::filesystem::path path =
      std::filesystem::path("/dev/shm") / ("episode_log_fuzz." + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  static const Folder folder;
  if (size < 2) return 0;
  std::vector<std::uint8_t> bytes(data + 2, data + size);
  const std::uint16_t opponent_dim = data[0] / 4 % 2 == 0 ? 0 : 2;
  if (data[0] % 4 != 0) repair(bytes, opponent_dim);
  std::FILE* file = std::fopen((folder.path / "episodes-000000000000.log").c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  const EpisodeLog log(folder.path, 3, 2, EpisodeLog::kSegmentBytes, opponent_dim);
  try {
    log.read(0, {.segment = 0, .num_bytes = std::ssize(bytes), .next_number = data[1]},
             [opponent_dim](std::int64_t, const Episode& episode) {
               const auto steps = episode.num_steps();
               FS_CHECK(steps > 0 && std::ssize(episode.observations) == (steps + 1) * 3 &&
                            std::ssize(episode.actions) == steps * 2 &&
                            std::ssize(episode.opponent_actions) == steps * opponent_dim &&
                            std::ssize(episode.terminated) == steps,
                        "an episode of {} steps", steps);
             });
  } catch (const Error&) {  // the one allowed way to fail
  }
  return 0;
}
