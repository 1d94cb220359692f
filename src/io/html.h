// Text inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace foresight {

// & < > " ' as HTML writes them, in texts and in attributes.
std::string escape_html(std::string_view text);

}  // namespace foresight
