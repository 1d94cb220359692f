#include "io/torch_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "io/pickled_tensor.h"

namespace foresight {
namespace {

std::vector<std::byte> stream_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Pickle read(std::string_view stream) { return Pickle::parse(stream_of(stream), "a.pt"); }

void expect_refused(std::string_view stream, const std::string& part) {
  try {
    read(stream);
    FAIL() << "accepted, expected: " << part;
  } catch (const Error& problem) {
    EXPECT_NE(std::string(problem.what()).find(part), std::string::npos) << problem.what();
    EXPECT_EQ(std::string(problem.what()).rfind("a.pt: byte ", 0), 0u) << problem.what();
  }
}

// A storage of `numel` floats under the key "0", then offset, shape and stride of a view.
std::string tensor_stream(int numel, int offset, const std::string& shape,
                          const std::string& stride) {
  const auto byte = [](int value) { return std::string("K") + static_cast<char>(value); };
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + std::string("X\7\0\0\0storage", 12) +
         "ctorch\nFloatStorage\n" + std::string("X\1\0\0\0", 5) + "0" +
         std::string("X\3\0\0\0cpu", 8) + byte(numel) + "tQ" + byte(offset) + "(" + shape + "t(" +
         stride + "t\x89)tR.";
}

TEST(Pickle, ReadsPlainValues) {
  using namespace std::string_view_literals;
  const auto pickle = read(
      "\x80\2}(X\1\0\0\0aK\7X\1\0\0\0bJ\xff\xff\xff\xff"
      "X\1\0\0\0cG\x3f\xe0\0\0\0\0\0\0X\1\0\0\0d\x88"
      "X\1\0\0\0eNX\1\0\0\0f](K\1M\0\1eX\1\0\0\0g\x8a\2\0\x80u."sv);
  const PickleValue& root = pickle.root();
  EXPECT_EQ(*root.find("a")->as<std::int64_t>(), 7);
  EXPECT_EQ(*root.find("b")->as<std::int64_t>(), -1);
  EXPECT_EQ(*root.find("c")->as<double>(), 0.5);
  EXPECT_TRUE(*root.find("d")->as<bool>());
  EXPECT_NE(root.find("e")->as<PickleValue::None>(), nullptr);
  const auto& list = *root.find("f")->as<PickleValue::List>();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(*list[1]->as<std::int64_t>(), 256);
  EXPECT_EQ(*root.find("g")->as<std::int64_t>(), -32768);
  EXPECT_EQ(root.find("h"), nullptr);
}

// What a malicious file would do first.
TEST(Pickle, ExecutesNothingAndNamesWhatItWasAskedTo) {
  expect_refused(std::string_view("cposix\nsystem\n(X\2\0\0\0lstR.", 25), "\"posix.system\"");
  expect_refused("cbuiltins\neval\n.", "\"builtins.eval\"");
  expect_refused("cnumpy.core.multiarray\nscalar\n.", "\"numpy.core.multiarray.scalar\"");
  expect_refused("ctorch\nLayout\n.", "\"torch.Layout\"");
  expect_refused("}\x81.", "unknown opcode 0x81");  // NEWOBJ
  expect_refused("cos\nsystem\n", "\"os.system\"");
  expect_refused("ios\nsystem\n.", "unknown opcode 0x69");  // INST
  expect_refused("}o.", "unknown opcode 0x6f");             // OBJ
  expect_refused("\x80\4.", "protocol 4");
}

TEST(Pickle, CallsOnlyWithTheArgumentsOfTorchSave) {
  expect_refused("ccollections\nOrderedDict\nK\1R.", "a call of a name with a whole number");
  expect_refused("ccollections\nOrderedDict\n(K\1tR.", "collections.OrderedDict with other");
  expect_refused("}}R.", "a call of a dictionary");
  expect_refused("K\1}b.", "expected a dictionary, found a whole number");
  expect_refused("(K\1K\2tQ.", "no storage of numbers");
}

// TensorDict's newer releases leave the shell of an ensemble's members in a state_dict.
TEST(Pickle, SkipsTensorsWithoutNumbers) {
  const auto pickle = read(
      "ctorch._utils\n_rebuild_meta_tensor_no_storage\n(ctorch\nfloat32\nK\2K\3\x86K\3K\1\x86\x89"
      "tR.");
  EXPECT_NE(pickle.root().as<PickleValue::None>(), nullptr);
  expect_refused("ctorch\nfloat32\n)R.", "torch.float32 with other arguments");
}

TEST(Pickle, RefusesStreamsThatBreakOffOrLeaveTheStack) {
  expect_refused("", "breaks off");
  expect_refused("K", "breaks off");
  expect_refused(std::string_view("X\xff\0\0\0a", 6), "breaks off");
  expect_refused(std::string_view("X\xff\xff\xff\xff", 5), "a text of 4294967295 bytes");
  expect_refused(".", "0 values are left");
  expect_refused("K\1K\2.", "2 values are left");
  expect_refused("(.", "nothing is left");
  expect_refused("(s.", "no value to take behind the mark");
  expect_refused("K\1t.", "no mark");
  expect_refused("K\1s.", "no value to take");
  expect_refused("}(K\1u.", "a key without a value");
  expect_refused("h\1.", "value 1 was never remembered");
  expect_refused("cnothing", "breaks off");
  expect_refused(std::string(300, 'c'), "a name of more than 256 letters");
}

TEST(Pickle, HoldsValuesThatHoldThemselves) {
  const auto pickle = read("]q\1h\1a.");
  const auto& list = *pickle.root().as<PickleValue::List>();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0], &pickle.root());
}

TEST(Pickle, ChecksThatATensorLiesInItsStorage) {
  const auto fine = read(tensor_stream(6, 0, "K\2K\3", "K\3K\1"));
  EXPECT_EQ(fine.root().as<PickledTensor>()->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_NO_THROW(read(tensor_stream(6, 5, "K\1", "K\1")));
  expect_refused(tensor_stream(6, 1, "K\2K\3", "K\3K\1"), "leaves its storage of 6 numbers");
  expect_refused(tensor_stream(6, 6, "", ""), "leaves its storage");
  expect_refused(tensor_stream(6, 0, "K\7", "K\1"), "is larger than its storage");
  expect_refused(tensor_stream(6, 0, "K\2", "K\6"), "leaves its storage");
  expect_refused(tensor_stream(6, 0, "K\3", std::string("K\0", 2)), "repeats numbers");
  expect_refused(tensor_stream(6, 0, "K\3", "K\1K\1"), "1 axes with 2 strides");
  const std::string many = "J\xff\xff\xff\x7f";
  expect_refused(tensor_stream(6, 0, many + many + many, "K\1K\1K\1"), "is larger than");
  expect_refused(tensor_stream(6, 0, "J\xff\xff\xff\xff", "K\1"), "shape holds");
}

TEST(PickledTensor, NumbersThatLieApartAreCollectedInOrder) {
  const std::vector<float> numbers{0, 1, 2, 3, 4, 5};
  const PickledStorage storage{DType::kF32, "0", 6};
  const PickledTensor transposed{storage, 0, {3, 2}, {1, 3}};
  EXPECT_FALSE(is_contiguous(transposed));
  const auto bytes = contiguous_bytes(transposed, std::as_bytes(std::span(numbers)));
  EXPECT_EQ(to_floats({DType::kF32, {3, 2}, bytes}), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  const PickledTensor part{storage, 3, {1, 2}, {3, 2}};
  const auto of_part = contiguous_bytes(part, std::as_bytes(std::span(numbers)));
  EXPECT_EQ(to_floats({DType::kF32, {1, 2}, of_part}), (std::vector<float>{3, 5}));
}

std::vector<std::byte> small_file(const std::vector<float>& numbers) {
  TorchWriter writer;
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  writer.add_text("model");
  writer.begin_dict(TorchWriter::DictKind::kOrdered);
  writer.add_text("w");
  writer.add_tensor({DType::kF32, {2, 3}, std::as_bytes(std::span(numbers))});
  writer.add_text("size");
  writer.add_size({5});
  writer.end_dict();
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{255}, std::int64_t{256},
                                    std::int64_t{-1}, std::int64_t{1} << 40}) {
    writer.add_text(std::to_string(number));
    writer.add_whole(number);
  }
  writer.add_text("half");
  writer.add_number(-0.5);
  writer.end_dict();
  return writer.finish("small");
}

TEST(TorchFile, GivesBackWhatWasWritten) {
  const std::vector<float> numbers{1, 2, 3, 4, 5, -6};
  const auto bytes = small_file(numbers);
  auto file = TorchFile::parse(bytes, "small.pt");
  const PickleValue* model = file.root().find("model");
  const auto view = file.view(*model->find("w")->as<PickledTensor>());
  EXPECT_EQ(view.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(to_floats(view), numbers);
  EXPECT_EQ(*model->find("size")->as<PickleValue::List>()->front()->as<std::int64_t>(), 5);
  for (const char* number : {"0", "255", "256", "-1", "1099511627776"}) {
    EXPECT_EQ(std::to_string(*file.root().find(number)->as<std::int64_t>()), number);
  }
  EXPECT_EQ(*file.root().find("half")->as<double>(), -0.5);
}

TEST(TorchFile, RefusesAStorageOfAnotherSizeOrNone) {
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const auto bytes = small_file(numbers);
  auto file = TorchFile::parse(bytes, "small.pt");
  PickledTensor tensor = *file.root().find("model")->find("w")->as<PickledTensor>();
  tensor.storage.num_elements = 7;
  EXPECT_THROW(file.view(tensor), Error);
  tensor.storage.key = "1";
  EXPECT_THROW(file.view(tensor), Error);
}

TEST(TorchFile, RefusesEndlessViewsOfTheSameNumbers) {
  const std::vector<float> numbers(1000, 1.0f);
  TorchWriter writer;
  writer.add_tensor({DType::kF32, {1000}, std::as_bytes(std::span(numbers))});
  const auto bytes = writer.finish("small");
  auto file = TorchFile::parse(bytes, "small.pt");
  const PickledTensor tensor = *file.root().as<PickledTensor>();
  EXPECT_NO_THROW(file.view(tensor));
  EXPECT_THROW(for (int i = 0; i < 10; ++i) file.view(tensor), Error);
}

TEST(TorchFile, RefusesArchivesOfOtherPrograms) {
  std::vector<std::byte> bytes;
  ZipWriter writer(bytes);
  writer.add("word/document.xml", {});
  writer.finish();
  EXPECT_THROW(TorchFile::parse(bytes, "a.docx"), Error);
  EXPECT_THROW(TorchFile::open("/nonexistent/a.pt"), Error);
}

}  // namespace
}  // namespace foresight
