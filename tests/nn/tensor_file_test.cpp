#include "nn/tensor_file.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

class TensorFile : public ScratchFolder {
 protected:
  SafetensorsFile written(const Tensor& tensor) const {
    SafetensorsWriter writer;
    add_tensor(writer, "x", tensor);
    writer.write(folder_ / "x.safetensors");
    return SafetensorsFile::open(folder_ / "x.safetensors");
  }
};

TEST_F(TensorFile, GivesBackWhatWasWritten) {
  Rng rng(1, "tensor file");
  const Tensor floats = random_normal({2, 3, 4}, rng);
  EXPECT_TRUE(has_same_bits(read_tensor(written(floats), "x"), floats));
  const Tensor integers = torch::tensor({-5, 1, 1 << 30}, torch::kLong);
  EXPECT_TRUE(torch::equal(read_tensor(written(integers), "x"), integers));
  EXPECT_EQ(read_tensor(written(torch::tensor(7, torch::kLong)), "x").item<std::int64_t>(), 7);
}

TEST_F(TensorFile, WritesAViewByItsValues) {
  const Tensor transposed = torch::arange(6.0f).view({2, 3}).t();
  EXPECT_TRUE(has_same_bits(read_tensor(written(transposed), "x"), transposed));
}

TEST_F(TensorFile, ReadsHalfPrecisionAsFloats) {
  const Tensor halves = torch::tensor({0.5f, -3.0f, 0.1f}).to(torch::kFloat16);
  EXPECT_TRUE(has_same_bits(read_tensor(written(halves), "x"), halves.to(torch::kFloat32)));
}

TEST_F(TensorFile, FillsATargetInPlace) {
  const Tensor target = torch::zeros({3});
  read_tensor_into(written(torch::tensor({1.0f, 2.0f, 3.0f})), "x", target);
  EXPECT_TRUE(has_same_bits(target, torch::tensor({1.0f, 2.0f, 3.0f})));
}

TEST_F(TensorFile, AnotherShapeNamesTheTensorAndBothShapes) {
  const auto file = written(torch::zeros({2, 3}));
  const std::string error = error_of([&] { read_tensor_into(file, "x", torch::zeros({3, 2})); });
  EXPECT_NE(error.find("x.safetensors"), std::string::npos) << error;
  EXPECT_NE(error.find("\"x\" has the shape [2, 3], expected [3, 2]"), std::string::npos) << error;
}

TEST_F(TensorFile, AMissingTensorIsNamed) {
  const auto file = written(torch::zeros({1}));
  EXPECT_NE(error_of([&] { read_tensor(file, "weight"); }).find("weight"), std::string::npos);
}

}  // namespace
}  // namespace foresight
