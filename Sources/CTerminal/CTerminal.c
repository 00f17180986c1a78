#define _GNU_SOURCE
#include "CTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Written by the thread that owns the terminal, read in handlers: `armed` is set last and cleared first.
static volatile sig_atomic_t armed;
static int guarded_fd = -1;
static struct termios settings;
static char restore_bytes[TERMINAL_GUARD_LIMIT];
static size_t restore_length;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
enum { crash_signal_count = sizeof crash_signals / sizeof crash_signals[0] };
static struct sigaction crash_before[crash_signal_count];
static int crash_installed;

static volatile sig_atomic_t watch_fd = -1;
static int watched[_NSIG];
static struct sigaction watched_before[_NSIG];

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  if (armed) {
    armed = 0;
    const char *bytes = restore_bytes;
    size_t left = restore_length;
    while (left > 0) {
      ssize_t written = write(guarded_fd, bytes, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      bytes += written;
      left -= (size_t)written;
    }
    tcsetattr(guarded_fd, TCSANOW, &settings);
  }
  for (int i = 0; i < crash_signal_count; i++) {
    if (crash_signals[i] == number) sigaction(number, &crash_before[i], NULL);
  }
  // A fault repeats itself on return and meets the action from before, with its own address; what was sent, or does not
  // repeat, is sent again.
  int repeats = info->si_code > 0 && (number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE);
  if (!repeats) raise(number);
}

int terminal_guard_prepare(int fd) {
  guarded_fd = fd;
  return tcgetattr(fd, &settings);
}

void terminal_guard_arm(const char *restore, size_t length) {
  if (length > TERMINAL_GUARD_LIMIT) length = TERMINAL_GUARD_LIMIT;
  memcpy(restore_bytes, restore, length);
  restore_length = length;
  if (!crash_installed) {
    crash_installed = 1;
    struct sigaction action = {0};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < crash_signal_count; i++) sigaction(crash_signals[i], &action, &crash_before[i]);
  }
  armed = 1;
}

void terminal_guard_disarm(void) {
  armed = 0;
  if (!crash_installed) return;
  crash_installed = 0;
  for (int i = 0; i < crash_signal_count; i++) sigaction(crash_signals[i], &crash_before[i], NULL);
}

void terminal_guard_restore_settings(void) {
  if (guarded_fd >= 0) tcsetattr(guarded_fd, TCSADRAIN, &settings);
}

static void on_watched(int number) {
  int before = errno;
  unsigned char byte = (unsigned char)number;
  // A full pipe loses nothing: the reader has something to wake up for already.
  (void)!write(watch_fd, &byte, 1);
  errno = before;
}

int terminal_watch_signal(int number, int pipe_fd) {
  if (number <= 0 || number >= _NSIG) return -1;
  watch_fd = pipe_fd;
  struct sigaction action = {0};
  action.sa_handler = on_watched;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  struct sigaction before;
  if (sigaction(number, &action, &before) != 0) return -1;
  if (!watched[number]) watched_before[number] = before;
  watched[number] = 1;
  return 0;
}

void terminal_unwatch_signals(void) {
  for (int number = 1; number < _NSIG; number++) {
    if (!watched[number]) continue;
    sigaction(number, &watched_before[number], NULL);
    watched[number] = 0;
  }
}

void terminal_stop_self(void) {
  struct sigaction standard = {0}, before;
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  sigaction(SIGTSTP, &standard, &before);
  kill(0, SIGTSTP);
  // Another thread may be the one that takes it, a moment after the call.
  struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
  nanosleep(&moment, NULL);
  sigaction(SIGTSTP, &before, NULL);
}

int terminal_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }
