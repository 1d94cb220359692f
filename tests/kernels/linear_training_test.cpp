#include "kernels/linear_training/linear_training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/random_floats.h"

namespace foresight {
namespace {

struct Case {
  std::int64_t num_members, num_rows, num_inputs, num_outputs;
  bool is_shared;  // all members read the same x
};

// Sums longer than the kernel's blocks of 256 are among them, and every kind of edge.
constexpr Case kCases[] = {{1, 1, 1, 1, false},     {1, 1, 40, 33, false},  {1, 7, 22, 101, false},
                           {1, 300, 9, 5, false},   {1, 97, 132, 64, true}, {1, 13, 350, 17, false},
                           {1, 25, 64, 390, false}, {2, 1, 5, 65, true},    {3, 110, 37, 40, true},
                           {5, 29, 33, 101, false}, {2, 400, 32, 12, true}};

// Numbers of one case: inputs, and what linear_forward() and linear_backward() make of them.
struct Outcome {
  std::vector<float> x, weight, bias, grad_y;
  std::vector<float> y, grad_x, grad_weight, grad_bias;
};

constexpr std::int64_t kRowGap = 3;  // rows of x and grad_y do not touch

Outcome run(const Case& c, CpuLevel level, ThreadTeam& team, LinearWorkspace& workspace) {
  const std::int64_t num_inputs_rows = (c.is_shared ? 1 : c.num_members) * c.num_rows;
  const std::int64_t x_stride = c.num_inputs + kRowGap;
  const std::int64_t grad_stride = c.num_outputs + kRowGap;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto unset = [nan](std::int64_t size) {
    return std::vector<float>(static_cast<std::size_t>(size), nan);
  };
  Outcome r{.x = normal_floats(num_inputs_rows * x_stride, 1),
            .weight = normal_floats(c.num_members * c.num_outputs * c.num_inputs, 2),
            .bias = normal_floats(c.num_members * c.num_outputs, 3),
            .grad_y = normal_floats(c.num_members * c.num_rows * grad_stride, 4),
            .y = unset(c.num_members * c.num_rows * c.num_outputs),
            .grad_x = unset(num_inputs_rows * c.num_inputs),
            .grad_weight = unset(c.num_members * c.num_outputs * c.num_inputs),
            .grad_bias = unset(c.num_members * c.num_outputs)};
  const LinearShape shape{c.num_members, c.num_rows, c.num_inputs, c.num_outputs, level};
  const MemberRows x{r.x.data(), x_stride, c.is_shared ? 0 : c.num_rows * x_stride};
  linear_forward(shape, x, r.weight.data(), r.bias.data(), r.y.data(), workspace, team);
  linear_backward(shape,
                  {.grad_y = {r.grad_y.data(), grad_stride, c.num_rows * grad_stride},
                   .x = x,
                   .weight = r.weight.data(),
                   .sums_members = c.is_shared,
                   .grad_x = r.grad_x.data(),
                   .grad_weight = r.grad_weight.data(),
                   .grad_bias = r.grad_bias.data()},
                  workspace, team);
  return r;
}

// A sum in double and how much its terms weigh: each step of a sum in float rounds by 6e-8 of it.
struct Sum {
  double value = 0.0;
  double magnitude = 0.0;
  void add(double term) {
    value += term;
    magnitude += std::abs(term);
  }
};

void expect_sum(float value, const Sum& sum, const char* what) {
  ASSERT_NEAR(value, sum.value, 6e-7 * (1.0 + sum.magnitude)) << what;
}

// Reads the arrays of a run by member, row, input and output.
class Reader {
 public:
  Reader(const Case& c, const Outcome& outcome) : c_(c), outcome_(outcome) {}
  float x(std::int64_t e, std::int64_t r, std::int64_t k) const {
    const std::int64_t row = (c_.is_shared ? 0 : e) * c_.num_rows + r;
    return at(outcome_.x, row * (c_.num_inputs + kRowGap) + k);
  }
  float grad_y(std::int64_t e, std::int64_t r, std::int64_t n) const {
    return at(outcome_.grad_y, (e * c_.num_rows + r) * (c_.num_outputs + kRowGap) + n);
  }
  float weight(std::int64_t e, std::int64_t n, std::int64_t k) const {
    return at(outcome_.weight, (e * c_.num_outputs + n) * c_.num_inputs + k);
  }
  static float at(const std::vector<float>& values, std::int64_t index) {
    return values[static_cast<std::size_t>(index)];
  }

 private:
  const Case& c_;
  const Outcome& outcome_;
};

class LinearTrainingTest : public testing::TestWithParam<CpuLevel> {};

TEST_P(LinearTrainingTest, ForwardIsTheProductPlusTheBias) {
  ThreadTeam team(2);
  LinearWorkspace workspace;
  for (const Case& c : kCases) {
    const Outcome result = run(c, GetParam(), team, workspace);
    const Reader read(c, result);
    for (std::int64_t i = 0; i < c.num_members * c.num_rows * c.num_outputs; ++i) {
      const std::int64_t n = i % c.num_outputs;
      const std::int64_t r = i / c.num_outputs % c.num_rows;
      const std::int64_t e = i / c.num_outputs / c.num_rows;
      Sum sum;
      sum.add(Reader::at(result.bias, e * c.num_outputs + n));
      for (std::int64_t k = 0; k < c.num_inputs; ++k) {
        sum.add(double{read.x(e, r, k)} * read.weight(e, n, k));
      }
      ASSERT_NO_FATAL_FAILURE(expect_sum(Reader::at(result.y, i), sum, "y"));
    }
  }
}

TEST_P(LinearTrainingTest, GradientOfInputsSumsOverOutputsAndSharingMembers) {
  ThreadTeam team(2);
  LinearWorkspace workspace;
  for (const Case& c : kCases) {
    const Outcome result = run(c, GetParam(), team, workspace);
    const Reader read(c, result);
    for (std::size_t i = 0; i < result.grad_x.size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      const std::int64_t k = index % c.num_inputs;
      const std::int64_t r = index / c.num_inputs % c.num_rows;
      const std::int64_t member = index / c.num_inputs / c.num_rows;
      Sum sum;
      const std::int64_t first = c.is_shared ? 0 : member;
      const std::int64_t last = c.is_shared ? c.num_members - 1 : member;
      for (std::int64_t e = first; e <= last; ++e) {
        for (std::int64_t n = 0; n < c.num_outputs; ++n) {
          sum.add(double{read.grad_y(e, r, n)} * read.weight(e, n, k));
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_sum(result.grad_x[i], sum, "grad_x"));
    }
  }
}

TEST_P(LinearTrainingTest, GradientsOfWeightsAndBiasesSumOverRows) {
  ThreadTeam team(2);
  LinearWorkspace workspace;
  for (const Case& c : kCases) {
    const Outcome result = run(c, GetParam(), team, workspace);
    const Reader read(c, result);
    for (std::int64_t i = 0; i < c.num_members * c.num_outputs; ++i) {
      const std::int64_t e = i / c.num_outputs;
      const std::int64_t n = i % c.num_outputs;
      for (std::int64_t k = 0; k < c.num_inputs; ++k) {
        Sum sum;
        for (std::int64_t r = 0; r < c.num_rows; ++r) {
          sum.add(double{read.grad_y(e, r, n)} * read.x(e, r, k));
        }
        ASSERT_NO_FATAL_FAILURE(
            expect_sum(Reader::at(result.grad_weight, i * c.num_inputs + k), sum, "grad_weight"));
      }
      Sum sum;
      for (std::int64_t r = 0; r < c.num_rows; ++r) sum.add(read.grad_y(e, r, n));
      ASSERT_NO_FATAL_FAILURE(expect_sum(Reader::at(result.grad_bias, i), sum, "grad_bias"));
    }
  }
}

TEST_P(LinearTrainingTest, AnyNumberOfThreadsAndAUsedWorkspaceGiveTheSameBits) {
  ThreadTeam alone(1);
  ThreadTeam team(3);
  LinearWorkspace used;
  // Larger than the smallest task, so that work is really shared out.
  const Case large{2, 768, 96, 128, true};
  run(large, GetParam(), team, used);
  for (const Case& c : {large, kCases[3], kCases[8], kCases[9]}) {
    LinearWorkspace fresh;
    const Outcome one = run(c, GetParam(), alone, fresh);
    const Outcome three = run(c, GetParam(), team, used);
    EXPECT_EQ(one.y, three.y);
    EXPECT_EQ(one.grad_x, three.grad_x);
    EXPECT_EQ(one.grad_weight, three.grad_weight);
    EXPECT_EQ(one.grad_bias, three.grad_bias);
  }
}

TEST_P(LinearTrainingTest, WithoutRowsGradientsOfWeightsAreZero) {
  ThreadTeam team(2);
  LinearWorkspace workspace;
  const Outcome result = run({2, 0, 9, 40, true}, GetParam(), team, workspace);
  EXPECT_EQ(result.grad_weight, std::vector<float>(2 * 9 * 40, 0.0f));
  EXPECT_EQ(result.grad_bias, std::vector<float>(2 * 40, 0.0f));
}

INSTANTIATE_TEST_SUITE_P(AllLevels, LinearTrainingTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
