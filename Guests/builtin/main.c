// The built-in guest: a bare-metal supervisor-mode program with a console shell that makes load on demand.
//
// One loop on the boot hart feeds the shell and steps the burner. Interrupts are taken at one place in that loop, so
// nothing needs locks; other harts only burn.
#include "../common/machine.h"
#include "../common/riscv.h"
#include "console.h"
#include "load.h"
#include "shell.h"

u64 boot_time;

void guest_trap(u64 cause, u64 pc, u64 value) {
  switch (cause) {
  case CAUSE_INTERRUPT | INTERRUPT_TIMER: return timer_interrupt();
  case CAUSE_INTERRUPT | INTERRUPT_EXTERNAL: return console_interrupt();
  case CAUSE_INTERRUPT | INTERRUPT_SOFTWARE: CSR_CLEAR("sip", 1 << INTERRUPT_SOFTWARE); return;
  }
  print("\nunexpected trap: scause %x sepc %x stval %x\n", cause, pc, value);
  for (;;) system_reset(RESET_SHUTDOWN, RESET_SYSTEM_FAILURE);
}

void guest_main(u64 hart, const void *tree) {
  boot_time = time_now();
  if (!machine_discover(hart, tree)) system_reset(RESET_SHUTDOWN, RESET_SYSTEM_FAILURE);
  console_start();
  CSR_SET("sie", 1 << INTERRUPT_TIMER);
  print("Domus guest: %u MiB memory, %u hart%s\n", machine.memory_size >> 20, (u64)machine.harts,
        machine.harts == 1 ? "" : "s");
  shell_boot_options(machine.arguments);
  shell_prompt();
  for (;;) {
    for (int character; (character = console_get()) >= 0;) shell_type((char)character);
    burn_step(0);
  }
}
