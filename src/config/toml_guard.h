// Makes a text safe for toml++ 3.3, which is fine on ASCII: asked whether a letter outside of it is
// a space, its Unicode table runs into __builtin_unreachable(); and it opens and destroys the parts
// of a dotted key by recursion, so a long enough key overflows the stack.
#pragma once

#include <string>
#include <string_view>

namespace foresight {

// The same document in ASCII: letters outside of it become escapes in strings (a literal string
// that holds one becomes a basic one) and question marks in comments. It follows strings and
// comments and nothing else of the grammar; where these are malformed, toml++ says so. Error, with
// line and column: text that is not UTF-8, a letter outside of ASCII in no quotes, a key of more
// than kMaxConfigDepth parts.
std::string guarded_toml(std::string_view text, const std::string& origin);

}  // namespace foresight
