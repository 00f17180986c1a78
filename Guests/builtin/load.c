#include "load.h"
#include "../common/machine.h"
#include "../common/riscv.h"
#include "console.h"

#define PERIODS_PER_SECOND 50
#define STEP_ITERATIONS 2000
#define PAGE 4096
#define MIB (1ull << 20)

extern char image_end[];
extern void secondary_start(void);

/// A cache line for each hart.
static struct {
  u64 count;
  u64 hash;
  u64 unused[6];
} harts[MAX_HARTS];
static u32 running = 1;
static bool started[MAX_HARTS];
static u64 duty;
static u64 filled;

static void timer_set(u64 deadline) {
  if (machine.has_sstc) CSR_WRITE(STIMECMP, deadline);
  else sbi_call(SBI_TIME, 0, deadline, 0, 0);
}

void timer_interrupt(void) { timer_set(~0ull); }

/// Interrupts are off but here. WFI ends when one is pending, so one that comes just before it isn't lost.
static void take_interrupts(bool wait) {
  if (wait) __asm__ volatile("wfi");
  CSR_SET("sstatus", SSTATUS_SIE);
  CSR_CLEAR("sstatus", SSTATUS_SIE);
}

static void work(u32 index) {
  u64 hash = harts[index].hash | 1;
  for (u32 i = 0; i < STEP_ITERATIONS; i++) {
    hash ^= hash << 13;
    hash ^= hash >> 7;
    hash ^= hash << 17;
  }
  harts[index].hash = hash;
  __atomic_store_n(&harts[index].count, harts[index].count + STEP_ITERATIONS, __ATOMIC_RELAXED);
}

void burn_step(u32 index) {
  u64 period = machine.timebase / PERIODS_PER_SECOND;
  u64 now = time_now();
  u64 phase = (now + index * period / machine.harts) % period;  // staggered, so that harts share a pCPU well
  u64 percent = burn_percent();
  bool idle = phase >= period * percent / 100;
  if (!idle) work(index);
  else if (percent) timer_set(now - phase + period);
  take_interrupts(idle);
}

u64 burn_percent(void) { return __atomic_load_n(&duty, __ATOMIC_RELAXED); }

void burn_set(u64 percent) {
  __atomic_store_n(&duty, percent, __ATOMIC_SEQ_CST);
  for (u32 i = 0; i < machine.harts; i++)
    if (started[i] && machine.hart_ids[i] != machine.boot_hart) sbi_call(SBI_IPI, 0, 1, machine.hart_ids[i], 0);
}

u64 burn_count(u32 index) { return __atomic_load_n(&harts[index].count, __ATOMIC_RELAXED); }

u32 harts_running(void) { return running; }

u32 harts_start(void) {
  u32 count = 0;
  for (u32 i = 0; i < machine.harts; i++) {
    if (machine.hart_ids[i] == machine.boot_hart || started[i]) continue;
    struct sbi_result result = sbi_call(SBI_HSM, 0, machine.hart_ids[i], (u64)secondary_start, running);
    if (result.error) {
      print("smp: hart %u does not start: SBI error %d\n", (u64)machine.hart_ids[i], result.error);
      continue;
    }
    started[i] = true;
    running++;
    count++;
  }
  return count;
}

void guest_secondary(u32 index) {
  CSR_SET("sie", 1 << INTERRUPT_TIMER | 1 << INTERRUPT_SOFTWARE);
  for (;;) burn_step(index);
}

static u64 heap_start(void) { return (u64)image_end; }

u64 memory_free(void) {
  u64 end = machine.memory_base + machine.memory_size;
  return end > heap_start() + filled ? end - heap_start() - filled : 0;
}

u64 memory_filled(void) { return filled; }

u64 memory_fill(u64 mib) {
  u64 wanted = mib * MIB;
  u64 limit = filled + memory_free() / PAGE * PAGE;
  if (wanted > limit) wanted = limit;
  for (; filled < wanted; filled += PAGE) write64(heap_start() + filled, filled | 1);
  return filled;
}
