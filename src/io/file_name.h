#pragma once

#include <string>
#include <string_view>

namespace foresight {

// `text` as a name that is safe within any folder: ASCII letters, digits, '-', '_' and '.' stay,
// everything else becomes '-' ("hockey/quick" -> "hockey-quick"). `otherwise` where nothing is left
// to name: an empty text, or dots alone.
std::string as_file_name(std::string_view text, std::string_view otherwise = "unnamed");

}  // namespace foresight
