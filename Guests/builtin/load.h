// The load that the guest makes: processor time by duty cycle, and touched memory.
#pragma once
#include "../common/text.h"

/// Sets the share of each started hart's time that is burnt, 0…100 percent.
void burn_set(u64 percent);
u64 burn_percent(void);
/// Burns for a moment or waits for an interrupt, as the duty cycle has it; returns after a fraction of a millisecond
/// or at the first interrupt.
void burn_step(u32 index);
/// Iterations of the burn loop so far, by hart.
u64 burn_count(u32 index);
/// Starts the harts that aren't running yet; how many it has started.
u32 harts_start(void);
u32 harts_running(void);
void timer_interrupt(void);

/// Touches every page of the first `mib` MiB of free memory that hasn't been touched yet; how many are touched now.
u64 memory_fill(u64 mib);
u64 memory_filled(void);
u64 memory_free(void);
