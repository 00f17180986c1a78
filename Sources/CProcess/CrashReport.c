#define _GNU_SOURCE
#include "CProcess.h"

#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// In C because nothing of Swift is safe in a signal handler: it may allocate, and the crash may be in the allocator.

static const struct {
  int number;
  const char *name;
} crashes[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"},
               {SIGTRAP, "SIGTRAP"}, {SIGFPE, "SIGFPE"}, {SIGABRT, "SIGABRT"}};
enum { crash_count = sizeof crashes / sizeof crashes[0], frame_count = 64 };

static int log_fd = -1;
static int last_words_fd = -1;
static atomic_flag reported = ATOMIC_FLAG_INIT;

static char *append(char *end, const char *text) {
  size_t length = strlen(text);
  memcpy(end, text, length);
  return end + length;
}

static char *append_number(char *end, unsigned long number, unsigned base) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number > 0);
  while (count > 0) *end++ = digits[--count];
  return end;
}

static const char *name_of(int number) {
  for (int i = 0; i < crash_count; i++) {
    if (crashes[i].number == number) return crashes[i].name;
  }
  return "a signal";
}

static void report(int number, const siginfo_t *info) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char words[64];
  char *end = append(words, name_of(number));
  *end++ = ' ';
  end = append_number(end, (unsigned long)now.tv_sec, 10);
  *end++ = '\n';
  (void)!pwrite(last_words_fd, words, (size_t)(end - words), 0);

  char line[160];
  end = append(line, "domus: this host process ends by ");
  end = append(end, name_of(number));
  // Only faults have an address.
  if (info->si_code > 0) {
    end = append(end, " at address 0x");
    end = append_number(end, (unsigned long)info->si_addr, 16);
  }
  end = append(end, ", ");
  end = append_number(end, (unsigned long)now.tv_sec, 10);
  end = append(end, " s after 1970; its domains end with it. Backtrace:\n");
  (void)!write(log_fd, line, (size_t)(end - line));
  void *frames[frame_count];
  backtrace_symbols_fd(frames, backtrace(frames, frame_count), log_fd);
}

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  // Another thread that crashes meanwhile must not end the process before the first one has said why.
  if (atomic_flag_test_and_set(&reported)) {
    struct timespec moment = {.tv_sec = 2};
    nanosleep(&moment, NULL);
  } else {
    report(number, info);
  }
  signal(number, SIG_DFL);
  raise(number);
}

void crash_report_install(int log, int last_words) {
  log_fd = log;
  last_words_fd = last_words;
  // The first call loads a library, which a handler must not.
  void *frame[1];
  backtrace(frame, 1);
  struct sigaction action = {0};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < crash_count; i++) sigaction(crashes[i].number, &action, NULL);
}
