#include "console.h"
#include "../common/machine.h"
#include "../common/riscv.h"

// 16550 registers (TL16C550C datasheet, 7.5) and PLIC registers (RISC-V PLIC 1.0.0, chapter 3).
#define UART_DATA 0
#define UART_INTERRUPT_ENABLE 1
#define UART_FIFO_CONTROL 2
#define UART_LINE_STATUS 5
#define LINE_HAS_DATA 0x01
#define LINE_MAY_SEND 0x20
#define PLIC_PRIORITY(irq) (machine.plic + 4ull * (irq))
#define PLIC_ENABLE(irq) (machine.plic + 0x2000 + 0x80ull * machine.plic_context + (irq) / 32 * 4)
#define PLIC_THRESHOLD (machine.plic + 0x200000 + 0x1000ull * machine.plic_context)
#define PLIC_CLAIM (PLIC_THRESHOLD + 4)

static char input[256];  // a ring; filled in interrupts, which are only taken between commands
static u8 input_head, input_tail;

static u64 port(u32 number) { return machine.uart + ((u64)number << machine.uart_shift); }

void console_start(void) {
  if (!machine.uart) return;
  write8(port(UART_FIFO_CONTROL), 1);
  write8(port(UART_INTERRUPT_ENABLE), 1);
  if (!machine.plic || !machine.uart_irq) return;
  write32(PLIC_PRIORITY(machine.uart_irq), 1);
  write32(PLIC_ENABLE(machine.uart_irq), 1u << machine.uart_irq % 32);
  write32(PLIC_THRESHOLD, 0);
  CSR_SET("sie", 1 << INTERRUPT_EXTERNAL);
}

void console_interrupt(void) {
  u32 irq = read32(PLIC_CLAIM);
  while (read8(port(UART_LINE_STATUS)) & LINE_HAS_DATA) {
    char character = (char)read8(port(UART_DATA));
    if ((u8)(input_tail + 1) != input_head) input[input_tail++] = character;
  }
  if (irq) write32(PLIC_CLAIM, irq);
}

bool console_has_input(void) { return input_head != input_tail; }

int console_get(void) { return console_has_input() ? (u8)input[input_head++] : -1; }

void console_put(char character) {
  if (!machine.uart) return;
  if (character == '\n') console_put('\r');
  while (!(read8(port(UART_LINE_STATUS)) & LINE_MAY_SEND)) {}
  write8(port(UART_DATA), (u8)character);
}

void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_format(console_put, format, arguments);
  va_end(arguments);
}
