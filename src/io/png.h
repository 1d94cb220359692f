// A picture as the bytes of a PNG file. Source: the PNG specification (ISO/IEC 15948).
#pragma once

#include <string>

#include "base/picture.h"

namespace foresight {

std::string encode_png(const Picture& picture);

}  // namespace foresight
