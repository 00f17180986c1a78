// A hostile guest for robustness tests: runs random bytes, jumps everywhere and writes garbage to devices.
//
// Command line: `seed=NUMBER` picks the sequence (default: another one at each boot; it is printed), `rounds=NUMBER` its
// length (default 200), then it powers off; `mode=code`, `mode=devices`, `mode=sbi` or `mode=wild` (the default: all of
// them, with stray stores to anywhere). Most rounds end in a trap, whose handler starts the next; what ends the domain
// otherwise is a result, too, but in `mode=sbi` with one hart: there the calls are checked, and the end is reached.
#include "../common/machine.h"
#include "../common/riscv.h"

#define CODE_WORDS 64
#define SSTATUS_FS_DIRTY 0x6000
#define SSTATUS_SPP 0x100
#define VIRTIO_BASE 0x10001000ull
#define VIRTIO_WINDOWS 16

static u64 seed, state, rounds = 200, round_number;
static enum { ALL, CODE, DEVICES, CALLS } mode;
static u32 code[CODE_WORDS] __attribute__((aligned(4096)));
extern u8 image_end[];
extern void fuzz_resume(void);

static u64 random_next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void put(char character) {
  if (machine.uart) write8(machine.uart, (u8)character);
}

static void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_format(put, format, arguments);
  va_end(arguments);
}

static u64 random_address(void) {
  u64 random = random_next();
  switch (random % 6) {
  case 0: return (u64)image_end + random_next() % machine.memory_size;
  case 1: return machine.memory_base + machine.memory_size - 16 + random_next() % 32;
  case 2: return machine.plic + random_next() % 0x4000000;
  case 3: return machine.uart + random_next() % 0x200;
  case 4: return VIRTIO_BASE + random_next() % (VIRTIO_WINDOWS * 0x1000);
  default: return random;
  }
}

static u64 random_value(void) {
  switch (random_next() % 4) {
  case 0: return random_next() % 8;
  case 1: return (u64)image_end + random_next() % machine.memory_size;
  case 2: return ~0ull >> random_next() % 64;
  default: return random_next();
  }
}

static void access(u64 address, u64 value) {
  switch (random_next() % 8) {
  case 0: write8(address, (u8)value); break;
  case 1: *(volatile uint16_t *)address = (uint16_t)value; break;
  case 2:
  case 3: write32(address, (u32)value); break;
  case 4: write64(address, value); break;
  case 5: (void)read8(address); break;
  case 6: (void)read32(address); break;
  default: (void)read64(address); break;
  }
}

/// Random words, now and then softened into one of the opcodes that do something.
static void run_random_code(void) {
  static const u8 opcodes[] = {0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x37, 0x3b, 0x43, 0x53,
                               0x57, 0x63, 0x67, 0x6f, 0x73};
  for (u32 i = 0; i < CODE_WORDS; i++) {
    u32 word = (u32)random_next();
    if (random_next() & 3) word = (word & ~0x7fu) | opcodes[random_next() % sizeof opcodes];
    code[i] = word;
  }
  __asm__ volatile("fence.i" : : : "memory");
  ((void (*)(u64))((u64)code + random_next() % 8 * 2))(random_address());
}

/// A virtio-mmio device brought up with nonsense for queues (virtio 1.2, 4.2.2).
static void misprogram_virtio(void) {
  u64 base = VIRTIO_BASE + random_next() % VIRTIO_WINDOWS * 0x1000;
  write32(base + 0x070, 0);
  write32(base + 0x070, 3);
  write32(base + 0x024, 1);
  write32(base + 0x020, 1);
  write32(base + 0x070, 11);
  for (u32 queue = 0; queue < 4; queue++) {
    write32(base + 0x030, queue);
    write32(base + 0x038, random_next() & 1 ? 1u << random_next() % 16 : (u32)random_value());
    for (u32 offset = 0x080; offset <= 0x0a4; offset += 4) write32(base + offset, (u32)random_value());
    write32(base + 0x044, 1);
  }
  write32(base + 0x070, 15);
  for (u32 i = 0; i < 16; i++) write32(base + 0x050, (u32)random_next() % 5);
}

static void misprogram_devices(void) {
  if (random_next() & 1) misprogram_virtio();
  for (u32 i = 0; i < 32; i++) access(random_address(), random_value());
}

/// Where ranges and widths end, one more and one less; or anything.
static u64 random_argument(void) {
  static const u64 edges[] = {0, 1, 4096, 1ull << 31, 1ull << 32, 1ull << 56, 1ull << 63, -4096ull};
  switch (random_next() % 4) {
  case 0: return edges[random_next() % (sizeof edges / 8)] + random_next() % 3 - 1;
  case 1: return machine.memory_base + (random_next() % 2 ? machine.memory_size : 0) + random_next() % 3 - 1;
  default: return random_value();
  }
}

/// A call with all registers: a0 to a7. Those that come back go into the same places.
static void call_with(u64 *registers) {
  register u64 a0 __asm__("a0") = registers[0];
  register u64 a1 __asm__("a1") = registers[1];
  register u64 a2 __asm__("a2") = registers[2];
  register u64 a3 __asm__("a3") = registers[3];
  register u64 a4 __asm__("a4") = registers[4];
  register u64 a5 __asm__("a5") = registers[5];
  register u64 a6 __asm__("a6") = registers[6];
  register u64 a7 __asm__("a7") = registers[7];
  __asm__ volatile("ecall"
                   : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7)
                   :
                   : "memory");
  u64 after[] = {a0, a1, a2, a3, a4, a5, a6, a7};
  memcpy(registers, after, sizeof after);
}

/// Whether a call may come back with these registers (SBI 2.0, chapter 3): an error of table 1, and but for a0 and a1
/// nothing is changed; a legacy call leaves a1 alone, too.
static bool is_answer(const u64 *before, const u64 *after) {
  bool legacy = before[7] <= SBI_LEGACY_LAST;
  for (u32 i = legacy ? 1 : 2; i < 8; i++)
    if (before[i] != after[i]) return false;
  return legacy || after[0] == 0 || (int64_t)after[0] >= -9;
}

/// Any call but those that end the system or stop this hart.
static void call_at_random(void) {
  static const u64 extensions[] = {0,        1,       2,          3,       4,        5,       6,
                                   7,        0x10,    SBI_TIME,   SBI_IPI, SBI_RFENCE, SBI_HSM, SBI_SRST,
                                   SBI_DBCN, SBI_RFENCE};
  u64 call[8], answer[8];
  for (u32 i = 0; i < 7; i++) call[i] = random_argument();
  if (random_next() % 8) call[6] = random_next() % 8;
  call[7] = random_next() % 8 ? extensions[random_next() % (sizeof extensions / 8)] : random_argument();
  if (call[7] == 8) return;
  if (call[7] == SBI_SRST && (u32)call[0] <= RESET_WARM_REBOOT) return;
  if (call[7] == SBI_HSM && call[6] == 1) return;
  memcpy(answer, call, sizeof call);
  call_with(answer);
  if (is_answer(call, answer)) return;
  print("fuzz: seed=%u\n", seed);
  for (u32 i = 0; i < 8; i++) print("fuzz: a%u was %x and became %x\n", (u64)i, call[i], answer[i]);
  system_reset(RESET_SHUTDOWN, RESET_SYSTEM_FAILURE);
}

static void jump_anywhere(void) { ((void (*)(void))random_address())(); }

static void wild_round(void) {
  switch (random_next() % 5) {
  case 0: return run_random_code();
  case 1: return misprogram_devices();
  case 2: return call_at_random();
  case 3: return jump_anywhere();
  default: return access(random_next() % 2 ? random_address() : random_next(), random_value());
  }
}

/// Random code likes to loop: the timer interrupt ends a round, too.
static void limit_round(void) {
  u64 deadline = time_now() + machine.timebase / 500;
  if (machine.has_sstc) CSR_WRITE(STIMECMP, deadline);
  else sbi_call(SBI_TIME, 0, deadline, 0, 0);
  CSR_WRITE("sie", 1 << INTERRUPT_TIMER);
}

/// Each round starts here on a fresh stack, from the main program or from a trap.
_Noreturn void fuzz_rounds(void) {
  for (; round_number < rounds;) {
    round_number++;
    // Random code may have rewritten anything: the machine's own state first.
    CSR_WRITE("satp", 0);
    limit_round();
    CSR_SET("sstatus", SSTATUS_FS_DIRTY | SSTATUS_SPP | SSTATUS_SIE);
    if (mode == CODE) run_random_code();
    else if (mode == DEVICES) misprogram_devices();
    else if (mode == CALLS) call_at_random();
    else wild_round();
  }
  CSR_CLEAR("sstatus", SSTATUS_SIE);
  print("fuzz: %u rounds\n", round_number);
  for (;;) system_reset(RESET_SHUTDOWN, RESET_NO_REASON);
}

// Only until the first round sets a vector of its own.
void guest_trap(u64 cause, u64 pc, u64 value) { fuzz_resume(); }

void guest_secondary(u32 index) {}

static void read_options(void) {
  char *cursor = machine.arguments;
  for (char *word; (word = text_next_word(&cursor));) {
    if (text_has_prefix(word, "seed=")) text_number(word + 5, &seed);
    else if (text_has_prefix(word, "rounds=")) text_number(word + 7, &rounds);
    else if (text_equal(word, "mode=code")) mode = CODE;
    else if (text_equal(word, "mode=devices")) mode = DEVICES;
    else if (text_equal(word, "mode=sbi")) mode = CALLS;
  }
  print("fuzz: seed=%u\n", seed);
  state = seed * 0x9e3779b97f4a7c15ull | 1;
}

void guest_main(u64 hart, const void *tree) {
  if (!machine_discover(hart, tree)) system_reset(RESET_SHUTDOWN, RESET_SYSTEM_FAILURE);
  seed = machine.seed;
  read_options();
  fuzz_resume();
}

// Random code leaves no register in a known state, and may have moved the trap vector.
__asm__(".globl fuzz_resume\nfuzz_resume:\n  la sp, fuzz_stack_end\n  la t0, fuzz_trap\n  csrw stvec, t0\n"
        "  j fuzz_rounds\n"
        "  .balign 4\nfuzz_trap:\n  j fuzz_resume\n"
        "  .section .noinit, \"aw\", @nobits\n  .balign 16\n  .space 4096\nfuzz_stack_end:\n  .previous\n");
