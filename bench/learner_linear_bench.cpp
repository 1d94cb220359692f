// A linear layer of the learner forward and backward: our kernel against LibTorch's, the two taking
// turns in one run so that both see the same machine.
//   learner_linear_bench [repetitions]     two threads and one
#include <ATen/Parallel.h>
