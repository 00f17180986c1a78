// Supervisor-mode registers (RISC-V privileged ISA 1.13, chapter 10; Sstc) and SBI calls (RISC-V SBI 2.0).
#pragma once
#include "text.h"

#define CSR_READ(name) ({ u64 value_; __asm__ volatile("csrr %0, " name : "=r"(value_)); value_; })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " name ", %0" : : "r"((u64)(value)) : "memory")
#define CSR_SET(name, value) __asm__ volatile("csrs " name ", %0" : : "r"((u64)(value)) : "memory")
#define CSR_CLEAR(name, value) __asm__ volatile("csrc " name ", %0" : : "r"((u64)(value)) : "memory")

#define STIMECMP "0x14d"
#define SSTATUS_SIE 0x2
#define INTERRUPT_SOFTWARE 1
#define INTERRUPT_TIMER 5
#define INTERRUPT_EXTERNAL 9
#define CAUSE_INTERRUPT (1ull << 63)

static inline u64 time_now(void) {
  u64 now;
  __asm__ volatile("rdtime %0" : "=r"(now));
  return now;
}

#define SBI_LEGACY_LAST 8
#define SBI_TIME 0x54494d45
#define SBI_IPI 0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM 0x48534d
#define SBI_SRST 0x53525354
#define SBI_DBCN 0x4442434e

struct sbi_result {
  int64_t error;
  u64 value;
};

static inline struct sbi_result sbi_call(u64 extension, u64 function, u64 x, u64 y, u64 z) {
  register u64 a0 __asm__("a0") = x;
  register u64 a1 __asm__("a1") = y;
  register u64 a2 __asm__("a2") = z;
  register u64 a6 __asm__("a6") = function;
  register u64 a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  return (struct sbi_result){(int64_t)a0, a1};
}

enum reset_type { RESET_SHUTDOWN, RESET_COLD_REBOOT, RESET_WARM_REBOOT };
enum reset_reason { RESET_NO_REASON, RESET_SYSTEM_FAILURE };

/// Returns only where the SBI implementation refuses.
static inline void system_reset(enum reset_type type, enum reset_reason reason) {
  sbi_call(SBI_SRST, 0, type, reason, 0);
}

static inline u64 read64(u64 address) { return *(volatile u64 *)address; }
static inline void write64(u64 address, u64 value) { *(volatile u64 *)address = value; }
static inline u32 read32(u64 address) { return *(volatile u32 *)address; }
static inline void write32(u64 address, u32 value) { *(volatile u32 *)address = value; }
static inline u8 read8(u64 address) { return *(volatile u8 *)address; }
static inline void write8(u64 address, u8 value) { *(volatile u8 *)address = value; }
