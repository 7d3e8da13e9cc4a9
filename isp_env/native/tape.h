// A number that records what is done to it. A `Taped` is a row of CHUNK pixels; operations compute whole rows, which the compiler
// makes into vectors, and are walked in reverse for the adjoints. It runs the templates of `point.h`: no stage is written here again.

#include <stdexcept>

namespace isp {

constexpr int CHUNK = 128;  // pixels of a row: values and adjoints of the chain stay in a core's second cache
constexpr int MOST_ROWS = 640, FIRST_CONSTANT = MOST_ROWS - 128;
constexpr int FLUSH_EVERY = 32;  // chunks whose adjoints of the parameters are summed in float, before double takes over

enum class Operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, MULTIPLY_ADD, MINIMUM, MAXIMUM, SQUARE_ROOT, EXP2, LOG2, CUBE_ROOT, DOT };

struct Record {
  Operation operation;
  int result, a, b, c;
  const float* weights;
};

// Rows: first those of the parameters, one value each whose adjoints add up over chunks, then everything of this chunk; at the end
// constants, which are filled once, because every chunk asks for the same in the same order.
class Tape {
 public:
  Tape() : values_(MOST_ROWS * CHUNK), adjoints_(FIRST_CONSTANT * CHUNK), touched_(FIRST_CONSTANT) {
    records_.reserve(MOST_ROWS);
  }

  void parameters(const float* numbers, int count) {
    parameters_ = count;
    totals_.assign(count, 0.0);
    for (int i = 0; i < count; ++i) std::fill_n(value(i), CHUNK, numbers[i]), std::fill_n(adjoint(i), CHUNK, 0.0f);
    fresh_ = 0;
  }

  void start() {
    records_.clear();
    next_ = parameters_, next_constant_ = FIRST_CONSTANT;
    std::fill(touched_.begin(), touched_.end(), (char)false);
    std::fill_n(touched_.begin(), parameters_, (char)true);
  }

  int input(const float* pixels, int count) {
    const int row = allocate();
    std::copy_n(pixels, count, value(row));
    std::fill(value(row) + count, value(row) + CHUNK, pixels[count - 1]);
    return row;
  }

  int constant(float number) {
    if (next_constant_ == MOST_ROWS) throw std::length_error("more constants than the tape has rows for");
    const int row = next_constant_++;
    if (value(row)[0] != number) std::fill_n(value(row), CHUNK, number);
    return row;
  }

  // The adjoint of a result, before `backward`; what lies beyond `count` is 0.
  void seed(int row, const float* pixels, int count) {
    add_to(row, [=](int i) { return i < count ? pixels[i] : 0.0f; });
  }

  void backward();

  // The adjoint of an input.
  void read(int row, float* pixels, int count) const {
    if (touched_[row]) std::copy_n(adjoint(row), count, pixels);
    else std::fill_n(pixels, count, 0.0f);
  }

  void end_chunk() {
    if (++fresh_ == FLUSH_EVERY) flush();
  }

  // The adjoints of the parameters, of all chunks.
  void totals(float* out) {
    flush();
    for (int i = 0; i < parameters_; ++i) out[i] = (float)totals_[i];
  }

  template <class Function> int record(Operation operation, int a, int b, int c, const float* weights, Function function) {
    const int row = allocate();
    float* __restrict result = value(row);
#pragma GCC ivdep
    for (int i = 0; i < CHUNK; ++i) result[i] = function(i);
    records_.push_back({operation, row, a, b, c, weights});
    return row;
  }

  float* value(int row) { return values_.data() + (size_t)row * CHUNK; }

 private:
  std::vector<float> values_, adjoints_;
  std::vector<char> touched_;  // whether the adjoint of a row holds anything yet
  std::vector<Record> records_;
  std::vector<double> totals_;
  int parameters_ = 0, next_ = 0, next_constant_ = FIRST_CONSTANT, fresh_ = 0;

  int allocate() {
    if (next_ == FIRST_CONSTANT) throw std::length_error("more operations than the tape has rows for");
    return next_++;
  }
  float* adjoint(int row) { return adjoints_.data() + (size_t)row * CHUNK; }
  const float* adjoint(int row) const { return adjoints_.data() + (size_t)row * CHUNK; }
  bool is_constant(int row) const { return row >= FIRST_CONSTANT; }

  void flush() {
    for (int i = 0; i < parameters_; ++i) {
      for (int pixel = 0; pixel < CHUNK; ++pixel) totals_[i] += adjoint(i)[pixel];
      std::fill_n(adjoint(i), CHUNK, 0.0f);
    }
    fresh_ = 0;
  }

  template <class Function> void add_to(int row, Function function) {
    if (is_constant(row)) return;
    float* to = adjoint(row);
    if (touched_[row]) {
#pragma GCC ivdep
      for (int i = 0; i < CHUNK; ++i) to[i] += function(i);
    } else {
#pragma GCC ivdep
      for (int i = 0; i < CHUNK; ++i) to[i] = function(i);
      touched_[row] = true;
    }
  }
};

// A pixel row on a tape, or a constant that is on none yet.
struct Taped {
  Tape* tape = nullptr;
  int row = 0;
  float constant = 0.0f;
  Taped() = default;
  Taped(float number) : constant(number) {}
  Taped(Tape* tape, int row) : tape(tape), row(row) {}
  int on(Tape* other) const { return tape ? row : other->constant(constant); }
};

template <class Function> Taped taped(Operation operation, Taped a, Function function) {
  const float* x = a.tape->value(a.row);
  return {a.tape, a.tape->record(operation, a.row, a.row, a.row, nullptr, [=](int i) { return function(x[i]); })};
}

template <class Function> Taped taped(Operation operation, Taped a, Taped b, Function function) {
  Tape* tape = a.tape ? a.tape : b.tape;
  const int first = a.on(tape), second = b.on(tape);
  const float *x = tape->value(first), *y = tape->value(second);
  return {tape, tape->record(operation, first, second, second, nullptr, [=](int i) { return function(x[i], y[i]); })};
}

static Taped operator+(Taped a, Taped b) { return taped(Operation::ADD, a, b, [](float x, float y) { return x + y; }); }
static Taped operator-(Taped a, Taped b) { return taped(Operation::SUBTRACT, a, b, [](float x, float y) { return x - y; }); }
static Taped operator*(Taped a, Taped b) { return taped(Operation::MULTIPLY, a, b, [](float x, float y) { return x * y; }); }
static Taped operator/(Taped a, Taped b) { return taped(Operation::DIVIDE, a, b, [](float x, float y) { return x / y; }); }
static Taped minimum(Taped a, Taped b) { return taped(Operation::MINIMUM, a, b, [](float x, float y) { return minimum(x, y); }); }
static Taped maximum(Taped a, Taped b) { return taped(Operation::MAXIMUM, a, b, [](float x, float y) { return maximum(x, y); }); }
static Taped square_root(Taped a) { return taped(Operation::SQUARE_ROOT, a, [](float x) { return square_root(x); }); }
static Taped exp2(Taped a) { return taped(Operation::EXP2, a, [](float x) { return exp2(x); }); }
static Taped log2(Taped a) { return taped(Operation::LOG2, a, [](float x) { return log2(x); }); }
static Taped cube_root(Taped a) { return taped(Operation::CUBE_ROOT, a, [](float x) { return cube_root(x); }); }

static Taped multiply_add(Taped a, Taped b, Taped c) {
  Tape* tape = a.tape ? a.tape : b.tape ? b.tape : c.tape;
  const int first = a.on(tape), second = b.on(tape), third = c.on(tape);
  const float *x = tape->value(first), *y = tape->value(second), *z = tape->value(third);
  const auto of = [=](int i) { return multiply_add(x[i], y[i], z[i]); };
  return {tape, tape->record(Operation::MULTIPLY_ADD, first, second, third, nullptr, of)};
}

// One row of a constant matrix; other matrices go through `multiply_add`.
static Taped dot(const float* row, Rgb<Taped> c) {
  Tape* tape = c.red.tape;
  const float *x = tape->value(c.red.row), *y = tape->value(c.green.row), *z = tape->value(c.blue.row);
  const float first = row[0], second = row[1], third = row[2];
  const auto of = [=](int i) { return multiply_add(z[i], third, multiply_add(y[i], second, x[i] * first)); };
  return {tape, tape->record(Operation::DOT, c.red.row, c.green.row, c.blue.row, row, of)};
}

// What of the adjoint goes to x where min or max of x and y is taken, `ahead` being how far x is the one: at a tie all, if y is
// a constant, as torch's clamp does, and half otherwise, as torch's maximum does.
INLINE float share_of(float ahead, float at_tie) { return select(ahead > 0.0f, 1.0f, select(ahead < 0.0f, 0.0f, at_tie)); }

inline void Tape::backward() {
  constexpr float LN_2 = 0.693147181f, PER_LN_2 = 1.44269504f;
  for (auto each = records_.rbegin(); each != records_.rend(); ++each) {
    if (!touched_[each->result]) continue;  // nobody used it
    const float *g = adjoint(each->result), *result = value(each->result);
    const int a = each->a, b = each->b, c = each->c;
    const float *x = value(a), *y = value(b), *weights = each->weights;
    const float of_first = is_constant(b) ? 1.0f : is_constant(a) ? 0.0f : 0.5f, of_second = 1.0f - of_first;
    switch (each->operation) {
      case Operation::ADD:
        add_to(a, [=](int i) { return g[i]; });
        add_to(b, [=](int i) { return g[i]; });
        break;
      case Operation::SUBTRACT:
        add_to(a, [=](int i) { return g[i]; });
        add_to(b, [=](int i) { return -g[i]; });
        break;
      case Operation::MULTIPLY:
        add_to(a, [=](int i) { return g[i] * y[i]; });
        add_to(b, [=](int i) { return g[i] * x[i]; });
        break;
      case Operation::DIVIDE:
        add_to(a, [=](int i) { return g[i] / y[i]; });
        add_to(b, [=](int i) { return -g[i] * result[i] / y[i]; });
        break;
      case Operation::MULTIPLY_ADD:
        add_to(a, [=](int i) { return g[i] * y[i]; });
        add_to(b, [=](int i) { return g[i] * x[i]; });
        add_to(c, [=](int i) { return g[i]; });
        break;
      case Operation::MINIMUM:
        add_to(a, [=](int i) { return g[i] * share_of(y[i] - x[i], of_first); });
        add_to(b, [=](int i) { return g[i] * share_of(x[i] - y[i], of_second); });
        break;
      case Operation::MAXIMUM:
        add_to(a, [=](int i) { return g[i] * share_of(x[i] - y[i], of_first); });
        add_to(b, [=](int i) { return g[i] * share_of(y[i] - x[i], of_second); });
        break;
      case Operation::SQUARE_ROOT:
        add_to(a, [=](int i) { return g[i] * 0.5f / result[i]; });
        break;
      case Operation::EXP2:
        add_to(a, [=](int i) { return g[i] * LN_2 * result[i]; });
        break;
      case Operation::LOG2:
        add_to(a, [=](int i) { return g[i] * PER_LN_2 / x[i]; });
        break;
      case Operation::CUBE_ROOT:
        add_to(a, [=](int i) { return g[i] * result[i] / (3.0f * x[i]); });
        break;
      case Operation::DOT: {
        const float first = weights[0], second = weights[1], third = weights[2];
        add_to(a, [=](int i) { return g[i] * first; });
        add_to(b, [=](int i) { return g[i] * second; });
        add_to(c, [=](int i) { return g[i] * third; });
        break;
      }
    }
  }
}

}  // namespace isp
