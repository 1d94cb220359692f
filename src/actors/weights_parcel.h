// The files of a model folder (Agent::save_model) in one message, with the updates that made them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace foresight {

inline constexpr std::uint64_t kMaxWeightsBytes = std::uint64_t{1} << 34;

std::string pack_weights(const std::filesystem::path& folder, std::int64_t num_updates);
// Puts the files into an emptied `folder` and returns the updates. Error: it is not such a message.
std::int64_t unpack_weights(std::string_view message, const std::filesystem::path& folder);

}  // namespace foresight
