// What the device tree says about the machine.
#pragma once
#include "text.h"

#define MAX_HARTS 64

struct machine {
  u32 boot_hart;  // its hart id
  u32 harts;
  u32 hart_ids[MAX_HARTS];
  u64 memory_base, memory_size;
  u64 timebase;     // ticks a second
  bool has_sstc;    // every hart has stimecmp
  u64 uart;         // 0: none
  u32 uart_shift;   // log2 of the distance of registers
  u32 uart_irq;     // 0: none
  u64 plic;         // 0: none
  u32 plic_context; // the boot hart's supervisor context
  u64 seed;         // random, another one at each boot; 0: none
  char arguments[512];
};

extern struct machine machine;

/// Fills `machine`. Nothing points into the tree afterwards. False if there is none.
bool machine_discover(u64 boot_hart, const void *tree);
