// Raw Linux system calls for riscv64 (include/uapi/asm-generic/unistd.h).
#pragma once
#include "../common/text.h"

enum {
  SYS_pipe2 = 59,
  SYS_read = 63,
  SYS_write = 64,
  SYS_exit_group = 94,
  SYS_clock_gettime = 113,
  SYS_getpid = 172,
  SYS_munmap = 215,
  SYS_clone = 220,
  SYS_mmap = 222,
  SYS_wait4 = 260,
};

#define CLOCK_MONOTONIC 1
#define SIGCHLD 17
#define PROT_READ_WRITE 3
#define MAP_PRIVATE_ANONYMOUS 0x22

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}

static inline bool system_failed(long result) { return result < 0 && result > -4096; }
