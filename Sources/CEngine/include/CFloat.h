// IEEE 754 arithmetic on the host's FPU with a chosen rounding mode and exact exception flags (x86-64: SSE2, FMA3).
// Each operation is one asm statement together with its MXCSR accesses, so that no compiler can move it out from
// between them or fold it. MXCSR is expected to hold its default value on entry but for sticky flags.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct { float value; uint32_t flags; } domus_f32_result;
typedef struct { double value; uint32_t flags; } domus_f64_result;

#define DOMUS_MXCSR_DEFAULT 0x1f80u

/// MXCSR for a RISC-V rounding mode 0…3: all exceptions masked, no flag raised (Intel SDM 1, 10.2.3; RISC-V F 11.2).
static inline uint32_t domus_mxcsr_for_rounding_mode(uint32_t rm) {
  return DOMUS_MXCSR_DEFAULT | ((0x9cu >> (2 * (rm & 3)) & 3) << 13);
}

/// MXCSR's sticky flags in the order of fcsr.fflags (NV DZ OF UF NX).
static inline uint32_t domus_fflags_from_mxcsr(uint32_t s) {
  return (s & 1) << 4 | (s & 4) << 1 | (s & 8) >> 1 | (s & 16) >> 3 | (s & 32) >> 5;
}

#define DOMUS_FLOAT_BODY(type, result, operation, ...)                                                                 \
  uint32_t control = domus_mxcsr_for_rounding_mode(rm), status, normal = DOMUS_MXCSR_DEFAULT;                          \
  if (rm == 0)                                                                                                         \
    __asm__ volatile("ldmxcsr %[control]\n\t" operation "\n\tstmxcsr %[status]"                                        \
                     : [a] "+x"(a), [status] "=m"(status)                                                              \
                     : __VA_ARGS__, [control] "m"(control));                                                           \
  else                                                                                                                 \
    __asm__ volatile("ldmxcsr %[control]\n\t" operation "\n\tstmxcsr %[status]\n\tldmxcsr %[normal]"                   \
                     : [a] "+x"(a), [status] "=m"(status)                                                              \
                     : __VA_ARGS__, [control] "m"(control), [normal] "m"(normal));                                     \
  return (result){a, domus_fflags_from_mxcsr(status)};

#define DOMUS_FLOAT_BINARY(name, type, result, instruction)                                                            \
  static inline result name(type a, type b, uint32_t rm) {                                                             \
    DOMUS_FLOAT_BODY(type, result, instruction " %[b], %[a]", [b] "x"(b))                                              \
  }

// The destination is read as a, so that the unary square root has the shape of the others.
#define DOMUS_FLOAT_UNARY(name, type, result, instruction)                                                             \
  static inline result name(type a, uint32_t rm) {                                                                     \
    type b = a;                                                                                                        \
    DOMUS_FLOAT_BODY(type, result, instruction " %[b], %[a]", [b] "x"(b))                                              \
  }

#define DOMUS_FLOAT_FUSED(name, type, result, instruction)                                                             \
  static inline result name(type a, type b, type c, uint32_t rm) {                                                     \
    DOMUS_FLOAT_BODY(type, result, instruction " %[c], %[b], %[a]", [b] "x"(b), [c] "x"(c))                            \
  }

DOMUS_FLOAT_BINARY(domus_f32_add, float, domus_f32_result, "addss")
DOMUS_FLOAT_BINARY(domus_f32_sub, float, domus_f32_result, "subss")
DOMUS_FLOAT_BINARY(domus_f32_mul, float, domus_f32_result, "mulss")
DOMUS_FLOAT_BINARY(domus_f32_div, float, domus_f32_result, "divss")
DOMUS_FLOAT_BINARY(domus_f64_add, double, domus_f64_result, "addsd")
DOMUS_FLOAT_BINARY(domus_f64_sub, double, domus_f64_result, "subsd")
DOMUS_FLOAT_BINARY(domus_f64_mul, double, domus_f64_result, "mulsd")
DOMUS_FLOAT_BINARY(domus_f64_div, double, domus_f64_result, "divsd")
DOMUS_FLOAT_UNARY(domus_f32_sqrt, float, domus_f32_result, "sqrtss")
DOMUS_FLOAT_UNARY(domus_f64_sqrt, double, domus_f64_result, "sqrtsd")
DOMUS_FLOAT_FUSED(domus_f32_fma, float, domus_f32_result, "vfmadd213ss")
DOMUS_FLOAT_FUSED(domus_f64_fma, double, domus_f64_result, "vfmadd213sd")

#undef DOMUS_FLOAT_BODY
#undef DOMUS_FLOAT_BINARY
#undef DOMUS_FLOAT_UNARY
#undef DOMUS_FLOAT_FUSED

/// In the order of Swift's `FloatOperation`.
enum {
  DOMUS_FLOAT_ADD,
  DOMUS_FLOAT_SUB,
  DOMUS_FLOAT_MUL,
  DOMUS_FLOAT_DIV,
  DOMUS_FLOAT_SQRT,
  DOMUS_FLOAT_FMA,
};

static inline domus_f32_result domus_f32(uint8_t operation, float a, float b, float c, uint32_t rm) {
  switch (operation) {
  case DOMUS_FLOAT_ADD: return domus_f32_add(a, b, rm);
  case DOMUS_FLOAT_SUB: return domus_f32_sub(a, b, rm);
  case DOMUS_FLOAT_MUL: return domus_f32_mul(a, b, rm);
  case DOMUS_FLOAT_DIV: return domus_f32_div(a, b, rm);
  case DOMUS_FLOAT_SQRT: return domus_f32_sqrt(a, rm);
  default: return domus_f32_fma(a, b, c, rm);
  }
}
static inline domus_f64_result domus_f64(uint8_t operation, double a, double b, double c, uint32_t rm) {
  switch (operation) {
  case DOMUS_FLOAT_ADD: return domus_f64_add(a, b, rm);
  case DOMUS_FLOAT_SUB: return domus_f64_sub(a, b, rm);
  case DOMUS_FLOAT_MUL: return domus_f64_mul(a, b, rm);
  case DOMUS_FLOAT_DIV: return domus_f64_div(a, b, rm);
  case DOMUS_FLOAT_SQRT: return domus_f64_sqrt(a, rm);
  default: return domus_f64_fma(a, b, c, rm);
  }
}

/// a × b + c with one rounding to nearest even. Only where `domus_host_has_fma()`.
static inline float domus_f32_fma_nearest(float a, float b, float c) {
  __asm__("vfmadd213ss %[c], %[b], %[a]" : [a] "+x"(a) : [b] "x"(b), [c] "x"(c));
  return a;
}
static inline double domus_f64_fma_nearest(double a, double b, double c) {
  __asm__("vfmadd213sd %[c], %[b], %[a]" : [a] "+x"(a) : [b] "x"(b), [c] "x"(c));
  return a;
}

/// Whether the CPU has FMA3 and the kernel saves its registers (Intel SDM 1, 14.5.3). Costs a trapping CPUID: ask once.
static inline bool domus_host_has_fma(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_FMA) || !(c & bit_OSXSAVE)) return false;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6;
}
#endif
