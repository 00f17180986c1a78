// Benchmarks for a riscv64 Linux guest: a static program without a C library, so that every machine runs the same
// instructions.
//
//   bench [-s PERCENT] [NAME…]
//
// prints for each benchmark `bench NAME ITERATIONS SECONDS UNITS_PER_SECOND`. Seconds are the guest's monotonic clock;
// -s scales the iterations (100 takes about ten seconds in all at 500 MIPS).
#include "linux.h"

/// Results go here, so that no compiler drops the work.
static volatile u64 sink;
static volatile double float_sink;

static char output[4096];
static u32 output_length;

static void flush(void) {
  system_call(SYS_write, 1, (long)output, output_length, 0, 0, 0);
  output_length = 0;
}

static void put(char character) {
  output[output_length++] = character;
  if (output_length == sizeof output) flush();
}

static void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_format(put, format, arguments);
  va_end(arguments);
  flush();
}

static _Noreturn void finish(int status) {
  for (;;) system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static long checked(const char *what, long result) {
  if (!system_failed(result)) return result;
  print("bench: %s failed with error %d\n", what, (int64_t)-result);
  finish(1);
}

static u64 nanoseconds(void) {
  int64_t time[2] = {0, 0};
  system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)time, 0, 0, 0, 0);
  return (u64)time[0] * 1000000000ull + (u64)time[1];
}

static u8 *map(size_t size) {
  return (u8 *)checked("mmap", system_call(SYS_mmap, 0, (long)size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
}

static void unmap(void *address, size_t size) {
  checked("munmap", system_call(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0));
}

static u64 random_state = 88172645463325252ull;

static u64 random_next(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

/// What a benchmark does between `prepare` and `release` is timed. Its result is the number of units done.
struct benchmark {
  const char *name;
  u64 iterations;
  void (*prepare)(void);
  u64 (*run)(u64 iterations);
  void (*release)(void);
};

// int: primes below 2^18 and a product of 64×64 integer matrices. Unit: a mark or a multiply-add.

#define SIEVE (1u << 18)
#define SIDE 64

static u8 composite[SIEVE];
static u32 left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

static u64 sieve(void) {
  u64 marks = 0;
  memset(composite, 0, SIEVE);
  for (u32 i = 2; i * i < SIEVE; i++) {
    if (composite[i]) continue;
    for (u32 j = i * i; j < SIEVE; j += i) composite[j] = 1, marks++;
  }
  return marks;
}

static u64 multiply_matrices(void) {
  for (u32 i = 0; i < SIDE; i++)
    for (u32 j = 0; j < SIDE; j++) {
      u32 sum = 0;
      for (u32 k = 0; k < SIDE; k++) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
  sink += product[1][2];
  return SIDE * SIDE * SIDE;
}

static void prepare_int(void) {
  for (u32 i = 0; i < SIDE; i++)
    for (u32 j = 0; j < SIDE; j++) left[i][j] = i * j + 1, right[i][j] = i ^ j;
}

static u64 run_int(u64 iterations) {
  u64 units = 0;
  for (u64 i = 0; i < iterations; i++) units += sieve() + multiply_matrices();
  return units;
}

// float: double axpy with fused multiply-adds, and a single-precision Mandelbrot row. Unit: a multiply-add or a step.

#define VECTOR 1024

static double x_vector[VECTOR], y_vector[VECTOR];

static void prepare_float(void) {
  for (u32 i = 0; i < VECTOR; i++) x_vector[i] = 1.0 / (i + 1), y_vector[i] = i;
}

static u64 mandelbrot_row(float y) {
  u64 steps = 0;
  for (u32 column = 0; column < 64; column++) {
    float x = (float)column / 32.0f - 1.5f, zx = 0, zy = 0;
    for (u32 step = 0; step < 64 && zx * zx + zy * zy < 4.0f; step++, steps++) {
      float next = zx * zx - zy * zy + x;
      zy = 2.0f * zx * zy + y;
      zx = next;
    }
  }
  return steps;
}

static u64 run_float(u64 iterations) {
  u64 units = 0;
  for (u64 i = 0; i < iterations; i++) {
    double factor = 0.5 - (double)(i & 7) / 8.0;
    for (u32 j = 0; j < VECTOR; j++) y_vector[j] = __builtin_elementwise_fma(factor, x_vector[j], y_vector[j]);
    units += VECTOR + mandelbrot_row((float)(i % 64) / 32.0f - 1.0f);
  }
  float_sink = y_vector[3] / __builtin_elementwise_sqrt(y_vector[5] + 1.0);
  return units;
}

// memcpy: 1 MiB at a time, eight registers wide. Unit: a byte.

#define COPY (1u << 20)

static u64 source[COPY / 8], target[COPY / 8];

static void copy(void) {
  for (u32 i = 0; i < COPY / 8; i += 8) {
    u64 a = source[i], b = source[i + 1], c = source[i + 2], d = source[i + 3];
    u64 e = source[i + 4], f = source[i + 5], g = source[i + 6], h = source[i + 7];
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h));
    target[i] = a, target[i + 1] = b, target[i + 2] = c, target[i + 3] = d;
    target[i + 4] = e, target[i + 5] = f, target[i + 6] = g, target[i + 7] = h;
  }
}

static void prepare_memcpy(void) {
  for (u32 i = 0; i < COPY / 8; i++) source[i] = random_next();
  copy();
}

static u64 run_memcpy(u64 iterations) {
  for (u64 i = 0; i < iterations; i++) copy();
  sink += target[17];
  return iterations * COPY;
}

// chase: dependent loads along one random cycle through 16 MiB. Unit: a load.

#define CHASE_BYTES (16u << 20)
#define NODE_BYTES 64
#define NODES (CHASE_BYTES / NODE_BYTES)

static u8 *nodes;

static u64 *node(u64 index) { return (u64 *)(nodes + index * NODE_BYTES); }

/// Sattolo's shuffle, which leaves a single cycle.
static void prepare_chase(void) {
  nodes = map(CHASE_BYTES);
  for (u64 i = 0; i < NODES; i++) *node(i) = i;
  for (u64 i = NODES - 1; i > 0; i--) {
    u64 j = random_next() % i;
    u64 held = *node(i);
    *node(i) = *node(j);
    *node(j) = held;
  }
  for (u64 i = 0; i < NODES; i++) *node(i) = (u64)node(*node(i));
}

static u64 run_chase(u64 iterations) {
  const u64 *position = node(0);
  for (u64 i = 0; i < iterations; i++) position = (const u64 *)*position;
  sink += (u64)position;
  return iterations;
}

static void release_chase(void) { unmap(nodes, CHASE_BYTES); }

// syscall: getpid. Unit: a call.

static u64 run_syscall(u64 iterations) {
  for (u64 i = 0; i < iterations; i++) sink += (u64)system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  return iterations;
}

// fault: map, touch and unmap 4 MiB. Unit: a page.

#define FAULT_PAGES 1024
#define PAGE 4096

static u64 run_fault(u64 iterations) {
  for (u64 i = 0; i < iterations; i++) {
    u8 *pages = map(FAULT_PAGES * PAGE);
    for (u32 page = 0; page < FAULT_PAGES; page++) ((volatile u8 *)pages)[page * PAGE] = 1;
    unmap(pages, FAULT_PAGES * PAGE);
  }
  return iterations * FAULT_PAGES;
}

// switch: one byte to and fro between two processes. Unit: a round trip, two context switches.

static int pipes[2][2];

static bool transfer(long call, int file) {
  char byte = 0;
  return system_call(call, file, (long)&byte, 1, 0, 0, 0) == 1;
}

/// Ends with the exchange: the parent knows how many there are.
static _Noreturn void echo_process(u64 iterations) {
  for (u64 i = 0; i < iterations; i++)
    if (!transfer(SYS_read, pipes[0][0]) || !transfer(SYS_write, pipes[1][1])) finish(1);
  finish(0);
}

static u64 run_switch(u64 iterations) {
  for (u32 i = 0; i < 2; i++) checked("pipe", system_call(SYS_pipe2, (long)pipes[i], 0, 0, 0, 0, 0));
  long child = checked("clone", system_call(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0));
  if (child == 0) echo_process(iterations);
  for (u64 i = 0; i < iterations; i++)
    if (!transfer(SYS_write, pipes[0][1]) || !transfer(SYS_read, pipes[1][0])) checked("pipe", -5);
  checked("wait", system_call(SYS_wait4, child, 0, 0, 0, 0, 0));
  return iterations;
}

static const struct benchmark benchmarks[] = {
    {"int", 120, prepare_int, run_int, NULL},
    {"float", 12000, prepare_float, run_float, NULL},
    {"memcpy", 1200, prepare_memcpy, run_memcpy, NULL},
    {"chase", 10000000, prepare_chase, run_chase, release_chase},
    {"syscall", 1000000, NULL, run_syscall, NULL},
    {"fault", 150, NULL, run_fault, NULL},
    {"switch", 25000, NULL, run_switch, NULL},
};
#define BENCHMARKS (sizeof benchmarks / sizeof benchmarks[0])

static void perform(const struct benchmark *benchmark, u64 percent) {
  u64 iterations = benchmark->iterations * percent / 100;
  if (!iterations) iterations = 1;
  if (benchmark->prepare) benchmark->prepare();
  u64 start = nanoseconds();
  u64 units = benchmark->run(iterations);
  u64 elapsed = nanoseconds() - start;
  if (benchmark->release) benchmark->release();
  u64 microseconds = elapsed / 1000 ? elapsed / 1000 : 1;
  print("bench %s %u %u.%06u %u\n", benchmark->name, iterations, microseconds / 1000000, microseconds % 1000000,
        (u64)((double)units * 1e6 / (double)microseconds));
}

static bool is_known(const char *name) {
  for (u32 i = 0; i < BENCHMARKS; i++)
    if (text_equal(name, benchmarks[i].name)) return true;
  return false;
}

static _Noreturn void usage(void) {
  print("usage: bench [-s PERCENT] [NAME...]; names:");
  for (u32 i = 0; i < BENCHMARKS; i++) print(" %s", benchmarks[i].name);
  print("\n");
  finish(2);
}

/// `stack` is what the kernel hands over: argc, then argv.
_Noreturn void bench_main(const u64 *stack) {
  u64 count = stack[0], percent = 100, first = 1;
  const char *const *arguments = (const char *const *)(stack + 1);
  if (count > 2 && text_equal(arguments[1], "-s")) {
    if (!text_number(arguments[2], &percent) || percent == 0) usage();
    first = 3;
  }
  for (u64 i = first; i < count; i++)
    if (!is_known(arguments[i])) usage();
  for (u32 i = 0; i < BENCHMARKS; i++) {
    bool wanted = first >= count;
    for (u64 j = first; j < count; j++) wanted |= text_equal(arguments[j], benchmarks[i].name);
    if (wanted) perform(&benchmarks[i], percent);
  }
  finish(0);
}

__asm__(".globl _start\n_start:\n  .option push\n  .option norelax\n  la gp, __global_pointer$\n  .option pop\n"
        "  mv a0, sp\n  andi sp, sp, -16\n  call bench_main\n");
