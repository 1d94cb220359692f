// A folder that appears whole or not at all, as AtomicFile does for one file: filled under another
// name, flushed to the disk, then put in its place. Whoever reads sees the old one or the new.
#pragma once

#include <filesystem>
#include <functional>

namespace foresight {

// `fill` writes files into the folder that it is given. The parent must exist. Error: what `fill`
// throws, or the path and the reason of the system; nothing is left behind then.
void replace_folder(const std::filesystem::path& target,
                    const std::function<void(const std::filesystem::path&)>& fill);

// The folder is there whole, or not at all; what a crash leaves of it is unfinished.
void remove_folder(const std::filesystem::path& target);

// What killed processes left unfinished beside each other in `parent`.
void remove_unfinished_folders(const std::filesystem::path& parent);

}  // namespace foresight
