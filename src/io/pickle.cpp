#include "io/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "io/pickled_tensor.h"

namespace foresight {
namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestText = std::size_t{1} << 20;
// What is copied when a value is built of others stays small, or a stream could copy one long text
// again and again.
constexpr std::size_t kMostAxes = 16;
constexpr int kNewestProtocol = 2;  // what torch.save writes

using None = PickleValue::None;
using List = PickleValue::List;
using Dict = PickleValue::Dict;
using Global = PickleValue::Global;
using Mark = PickleValue::Mark;

// Names that may be called, and what comes of it. See Python's pickle, REDUCE.
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kSize = "torch.Size";
constexpr std::string_view kDevice = "torch.device";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";
// A tensor of the device "meta", which has sizes and no numbers, with its type of numbers.
constexpr std::string_view kMetaTensor = "torch._utils._rebuild_meta_tensor_no_storage";
constexpr std::string_view kMetaType = "torch.float32";

bool is_known(std::string_view global) {
  return global == kOrderedDict || global == kSize || global == kDevice || global == kTensor ||
         global == kParameter || global == kMetaTensor || global == kMetaType ||
         storage_dtype(global).has_value();
}

class Machine {
 public:
  Machine(std::span<const std::byte> stream, const std::string& name,
          std::deque<PickleValue>& values)
      : stream_(stream), name_(name), values_(values) {}

  const PickleValue* run() {
    for (;;) {
      begin_ = at_;
      const auto opcode = static_cast<char>(take(1)[0]);
      if (opcode == '.') break;
      execute(opcode);
    }
    if (stack_.size() != 1) fail_here("{} values are left at the end, expected one", stack_.size());
    if (stack_[0]->as<Mark>() != nullptr) fail_here("nothing is left at the end");
    return stack_[0];
  }

 private:
  template <typename... Args>
  [[noreturn]] void fail_here(fmt::format_string<Args...> format, Args&&... args) const {
    fail("{}: byte {} of the pickle: {}", name_, begin_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  // --- The stream ---

  std::span<const std::byte> take(std::size_t count) {
    if (count > stream_.size() - at_) {
      fail_here("breaks off: {} bytes expected, {} left", count, stream_.size() - at_);
    }
    at_ += count;
    return stream_.subspan(at_ - count, count);
  }

  template <typename Number>
  Number take_number() {
    Number number;
    std::memcpy(&number, take(sizeof(Number)).data(), sizeof(Number));
    return number;
  }

  std::string take_text() {
    const auto size = take_number<std::uint32_t>();
    if (size > kLongestText) fail_here("a text of {} bytes", size);
    const auto bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::string take_line() {
    std::string line;
    for (;;) {
      const auto letter = static_cast<char>(take(1)[0]);
      if (letter == '\n') return line;
      if (line.size() == kLongestName) fail_here("a name of more than {} letters", kLongestName);
      line += letter;
    }
  }

  double take_double() {  // the only big-endian number
    auto bits = take_number<std::uint64_t>();
    std::uint64_t turned = 0;
    for (int i = 0; i < 8; ++i, bits >>= 8) turned = turned << 8 | (bits & 0xff);
    return std::bit_cast<double>(turned);
  }

  std::int64_t take_long() {
    const std::size_t size = take_number<std::uint8_t>();
    if (size > sizeof(std::int64_t)) fail_here("a whole number of {} bytes", size);
    const auto bytes = take(size);
    std::uint64_t number = size > 0 && (bytes.back() & std::byte{0x80}) != std::byte{0}
                               ? ~std::uint64_t{0}
                               : std::uint64_t{0};
    std::memcpy(&number, bytes.data(), size);
    return static_cast<std::int64_t>(number);
  }

  // --- The stack ---

  template <typename Data>
  void push(Data data) {
    stack_.push_back(&values_.emplace_back(PickleValue{std::move(data)}));
  }

  PickleValue* pop() {
    if (stack_.empty()) fail_here("there is no value to take");
    PickleValue* value = stack_.back();
    if (value->as<Mark>() != nullptr) fail_here("there is no value to take behind the mark");
    stack_.pop_back();
    return value;
  }

  // The last `count` values, in the order they were pushed.
  List pop_many(std::size_t count) {
    List values(count);
    for (std::size_t i = count; i-- > 0;) values[i] = pop();
    return values;
  }

  // Everything behind the last mark, which goes as well.
  List pop_to_mark() {
    std::size_t first = stack_.size();
    while (first > 0 && stack_[first - 1]->as<Mark>() == nullptr) --first;
    if (first == 0) fail_here("there is no mark");
    List values(stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
    stack_.resize(first - 1);
    return values;
  }

  template <typename Data>
  Data& top(std::string_view expected) {
    auto* data = stack_.empty() ? nullptr : std::get_if<Data>(&stack_.back()->data);
    if (data == nullptr) {
      fail_here("expected {}, found {}", expected,
                stack_.empty() ? std::string_view("nothing") : stack_.back()->kind());
    }
    return *data;
  }

  void remember(std::uint32_t key) {
    if (stack_.empty()) fail_here("there is no value to remember");
    memo_[key] = stack_.back();
  }

  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail_here("value {} was never remembered", key);
    stack_.push_back(found->second);
  }

  // --- Opcodes, named as in pickletools ---

  void execute(char opcode) {
    if (push_plain(opcode) || collect(opcode)) return;
    switch (opcode) {
      case '\x80': {  // PROTO
        const int protocol = take_number<std::uint8_t>();
        if (protocol > kNewestProtocol) {
          fail_here("protocol {}; torch.save writes {}", protocol, kNewestProtocol);
        }
        return;
      }
      case 'q':  // BINPUT
        return remember(take_number<std::uint8_t>());
      case 'r':  // LONG_BINPUT
        return remember(take_number<std::uint32_t>());
      case 'h':  // BINGET
        return recall(take_number<std::uint8_t>());
      case 'j':  // LONG_BINGET
        return recall(take_number<std::uint32_t>());
      case 'c':  // GLOBAL
        return push_global();
      case 'Q':  // BINPERSID
        return push_storage();
      case 'R':  // REDUCE
        return reduce();
      case 'b':  // BUILD: attributes of an object, of which none is needed (_metadata of modules)
        pop();
        top<Dict>("a dictionary");
        return;
      default:
        fail_here(
            "unknown opcode 0x{:02x}; files of tensors and plain numbers hold none such, and "
            "nothing else is read",
            static_cast<unsigned char>(opcode));
    }
  }

  bool push_plain(char opcode) {
    switch (opcode) {
      case 'N':  // NONE
        push(None{});
        return true;
      case '\x88':  // NEWTRUE
        push(true);
        return true;
      case '\x89':  // NEWFALSE
        push(false);
        return true;
      case 'K':  // BININT1
        push(std::int64_t{take_number<std::uint8_t>()});
        return true;
      case 'M':  // BININT2
        push(std::int64_t{take_number<std::uint16_t>()});
        return true;
      case 'J':  // BININT
        push(std::int64_t{take_number<std::int32_t>()});
        return true;
      case '\x8a':  // LONG1
        push(take_long());
        return true;
      case 'G':  // BINFLOAT
        push(take_double());
        return true;
      case 'X':  // BINUNICODE
        push(take_text());
        return true;
      case '(':  // MARK
        push(Mark{});
        return true;
      default:
        return false;
    }
  }

  bool collect(char opcode) {
    switch (opcode) {
      case ')':  // EMPTY_TUPLE
      case ']':  // EMPTY_LIST
        push(List{});
        return true;
      case '}':  // EMPTY_DICT
        push(Dict{});
        return true;
      case '\x85':  // TUPLE1
      case '\x86':  // TUPLE2
      case '\x87':  // TUPLE3
        push(pop_many(static_cast<std::size_t>(static_cast<unsigned char>(opcode) - 0x84)));
        return true;
      case 't':  // TUPLE
        push(pop_to_mark());
        return true;
      case 'a': {  // APPEND
        const PickleValue* value = pop();
        top<List>("a list").push_back(value);
        return true;
      }
      case 'e': {  // APPENDS
        const List values = pop_to_mark();
        List& list = top<List>("a list");
        list.insert(list.end(), values.begin(), values.end());
        return true;
      }
      case 's':  // SETITEM
        set_items(pop_many(2));
        return true;
      case 'u':  // SETITEMS
        set_items(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  void set_items(const List& keys_and_values) {
    if (keys_and_values.size() % 2 != 0) fail_here("a key without a value");
    Dict& dict = top<Dict>("a dictionary");
    for (std::size_t i = 0; i < keys_and_values.size(); i += 2) {
      dict.emplace_back(keys_and_values[i], keys_and_values[i + 1]);
    }
  }

  void push_global() {
    const std::string module = take_line();
    const std::string global = module + "." + take_line();
    if (!is_known(global)) {
      fail_here(
          "names {}, which is not one of the types of a checkpoint of tensors; nothing of a "
          "file is ever executed",
          quoted(global));
    }
    push(Global{global});
  }

  void push_storage() {
    const PickleValue* id = pop();
    const auto* parts = id->as<List>();
    const std::string* word = nullptr;
    if (parts != nullptr && parts->size() == 5) word = (*parts)[0]->as<std::string>();
    if (word == nullptr || *word != "storage") {
      fail_here(
          "a reference that is no storage of numbers: expected (\"storage\", type, key, "
          "place, count)");
    }
    const auto* type = (*parts)[1]->as<Global>();
    const auto* key = (*parts)[2]->as<std::string>();
    const auto* count = (*parts)[4]->as<std::int64_t>();
    const auto dtype = type == nullptr ? std::nullopt : storage_dtype(type->name);
    if (!dtype || key == nullptr || key->size() > kLongestName || count == nullptr || *count < 0) {
      fail_here("a storage whose type, key or number of elements is not one");
    }
    push(PickledStorage{*dtype, *key, *count});
  }

  void reduce() {
    const PickleValue* arguments = pop();
    const PickleValue* callee = pop();
    const auto* global = callee->as<Global>();
    const auto* list = arguments->as<List>();
    if (global == nullptr || list == nullptr) {
      fail_here("a call of {} with {}", callee->kind(), arguments->kind());
    }
    if (global->name == kTensor) return push(tensor_of(*list));
    if (global->name == kMetaTensor) return push(None{});
    if (global->name == kOrderedDict && list->empty()) return push(Dict{});
    if (!list->empty()) {
      const PickleValue& first = *list->front();
      const auto* tensor = first.as<PickledTensor>();
      const auto* sizes = first.as<List>();
      const auto* device = first.as<std::string>();
      if (global->name == kParameter && tensor != nullptr) return push(*tensor);
      if (global->name == kSize && sizes != nullptr && sizes->size() <= kMostAxes) {
        return push(*sizes);
      }
      if (global->name == kDevice && device != nullptr && device->size() <= kLongestName) {
        return push(*device);
      }
    }
    fail_here("a call of {} with other arguments than torch.save writes", global->name);
  }

  PickledTensor tensor_of(const List& arguments) const {
    try {
      return rebuild_tensor(arguments);
    } catch (const Error& problem) {
      fail_here("{}", problem.what());
    }
  }

  // A name of the file as a message may show it.
  static std::string quoted(const std::string& text) {
    std::string shown = "\"";
    for (const char letter : text) shown += letter >= ' ' && letter <= '~' ? letter : '?';
    return shown + "\"";
  }

  std::span<const std::byte> stream_;
  const std::string& name_;
  std::deque<PickleValue>& values_;
  std::vector<PickleValue*> stack_;
  std::unordered_map<std::uint32_t, PickleValue*> memo_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the present opcode
};

}  // namespace

const PickleValue* PickleValue::find(std::string_view key) const {
  const auto* dict = as<Dict>();
  if (dict == nullptr) return nullptr;
  const auto found = std::find_if(dict->rbegin(), dict->rend(), [&](const auto& entry) {
    const auto* text = entry.first->template as<std::string>();
    return text != nullptr && *text == key;
  });
  return found == dict->rend() ? nullptr : found->second;
}

std::string_view PickleValue::kind() const {
  static constexpr std::string_view kKinds[] = {
      "None",         "a truth value", "a whole number", "a number", "a text", "a list or tuple",
      "a dictionary", "a storage",     "a tensor",       "a name",   "a mark"};
  static_assert(std::size(kKinds) == std::variant_size_v<decltype(PickleValue::data)>);
  return kKinds[data.index()];
}

Pickle Pickle::parse(std::span<const std::byte> stream, const std::string& name) {
  if (stream.size() > kMostBytes) {
    fail("{}: a pickle of {} bytes, at most {} are read", name, stream.size(), kMostBytes);
  }
  Pickle pickle;
  pickle.root_ = Machine(stream, name, pickle.values_).run();
  return pickle;
}

}  // namespace foresight
