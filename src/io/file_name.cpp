#include "io/file_name.h"

namespace foresight {

std::string as_file_name(std::string_view text, std::string_view otherwise) {
  if (text.find_first_not_of('.') == std::string_view::npos) return std::string(otherwise);
  std::string name;
  for (const char letter : text) {
    const bool is_safe = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
                         letter == '.';
    name += is_safe ? letter : '-';
  }
  return name;
}

}  // namespace foresight
