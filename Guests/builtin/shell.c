#include "shell.h"
#include "../common/machine.h"
#include "../common/riscv.h"
#include "console.h"
#include "load.h"

#define MIB (1ull << 20)

static char line[128];
static u32 length;
static enum { PLAIN, AFTER_ESCAPE, IN_SEQUENCE } escape;

extern u64 boot_time;

/// A number in 0…`last`, or a complaint.
static bool number_argument(const char *command, const char *word, u64 last, u64 *number) {
  if (word && text_number(word, number) && *number <= last) return true;
  print("%s: wants a number from 0 to %u\n", command, last);
  return false;
}

static void set_burn(char *arguments) {
  u64 percent = 100;
  char *word = text_next_word(&arguments);
  if (word && !number_argument("burn", word, 100, &percent)) return;
  burn_set(percent);
}

static void fill(char *arguments) {
  u64 mib;
  if (!number_argument("fill", text_next_word(&arguments), 1 << 20, &mib)) return;
  print("%u MiB touched\n", memory_fill(mib) / MIB);
}

static void show_free(char *arguments) {
  print("total %u KiB, touched %u KiB, free %u KiB\n", machine.memory_size / 1024, memory_filled() / 1024,
        memory_free() / 1024);
}

static void show_time(char *arguments) {
  u64 microseconds = (time_now() - boot_time) * 1000000 / machine.timebase;
  print("%u.%06u\n", microseconds / 1000000, microseconds % 1000000);
}

static void show_count(char *arguments) {
  u64 sum = 0;
  for (u32 i = 0; i < harts_running(); i++) sum += burn_count(i);
  print("%u", sum);
  for (u32 i = 0; harts_running() > 1 && i < harts_running(); i++) print(" %u", burn_count(i));
  print("\n");
}

static void start_harts(char *arguments) {
  harts_start();
  print("%u of %u harts run\n", (u64)harts_running(), (u64)machine.harts);
}

static void echo(char *arguments) { print("%s\n", arguments); }

static void uname(char *arguments) { print("Domus guest riscv64\n"); }

static void reset(const char *command, enum reset_type type, enum reset_reason reason) {
  system_reset(type, reason);
  print("%s: the firmware refuses\n", command);
}

static void power_off(char *arguments) { reset("poweroff", RESET_SHUTDOWN, RESET_NO_REASON); }
static void reboot(char *arguments) { reset("reboot", RESET_COLD_REBOOT, RESET_NO_REASON); }
static void panic(char *arguments) {
  print("panic: as you wish\n");
  reset("panic", RESET_SHUTDOWN, RESET_SYSTEM_FAILURE);
}

/// The jump faults, and so does every attempt to take the trap.
static void crash(char *arguments) {
  print("crash: jumping into nowhere\n");
  CSR_WRITE("stvec", 0);
  __asm__ volatile("jr zero");
}

static void help(char *arguments);

static const struct {
  const char *name, *arguments, *summary;
  void (*run)(char *arguments);
} commands[] = {
    {"help", "", "this list", help},
    {"burn", " [PERCENT]", "burn this share of every running hart's time; 0 stops", set_burn},
    {"count", "", "iterations burnt so far: sum, then by hart", show_count},
    {"smp", "", "start the other harts", start_harts},
    {"fill", " MIB", "touch this much memory", fill},
    {"free", "", "memory: total, touched, free", show_free},
    {"time", "", "seconds since boot", show_time},
    {"echo", " TEXT", "print the text", echo},
    {"uname", "", "name of the system", uname},
    {"poweroff", "", "shut down", power_off},
    {"reboot", "", "cold reboot", reboot},
    {"panic", "", "shut down with the reason system failure", panic},
    {"crash", "", "lose control of the processor", crash},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(char *arguments) {
  for (u32 i = 0; i < COMMANDS; i++) print("%s%s: %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
}

static void run_line(void) {
  char *arguments = line;
  char *word = text_next_word(&arguments);
  if (!word) return;
  for (u32 i = 0; i < COMMANDS; i++)
    if (text_equal(word, commands[i].name)) return commands[i].run(arguments);
  print("%s: no such command; try help\n", word);
}

void shell_prompt(void) { print("guest> "); }

static void finish_line(void) {
  line[length] = 0;
  length = 0;
  print("\n");
  run_line();
  shell_prompt();
}

static void erase(void) {
  length--;
  print("\b \b");
}

/// Arrow keys and their like send escape sequences: swallowed whole.
static bool swallow_escape(char character) {
  if (character == 27) escape = AFTER_ESCAPE;
  else if (escape == PLAIN) return false;
  else if (escape == AFTER_ESCAPE) escape = character == '[' || character == 'O' ? IN_SEQUENCE : PLAIN;
  else if (character >= '@') escape = PLAIN;
  return true;
}

void shell_type(char character) {
  if (swallow_escape(character)) return;
  switch (character) {
  case '\r':
  case '\n': finish_line(); break;
  case 8:
  case 127:
    if (length) erase();
    break;
  case 'U' - '@':
    while (length) erase();
    break;
  case 'C' - '@':
    print("^C");
    length = 0;
    finish_line();
    break;
  default:
    if ((u8)character < ' ' || length + 1 >= sizeof line) break;
    line[length++] = character;
    console_put(character);
  }
}

void shell_boot_options(char *arguments) {
  u64 number;
  for (char *word; (word = text_next_word(&arguments));) {
    if (text_equal(word, "smp")) {
      harts_start();
    } else if (text_has_prefix(word, "burn=")) {
      if (number_argument("burn=", word + 5, 100, &number)) burn_set(number);
    } else if (text_has_prefix(word, "fill=")) {
      if (number_argument("fill=", word + 5, 1 << 20, &number)) memory_fill(number);
    }
  }
}
