// What has to happen to a terminal when signals arrive, in functions that are safe inside signal handlers.
#pragma once
#include <stddef.h>

// The most bytes of `restore` that are kept.
#define TERMINAL_GUARD_LIMIT 512

// From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT) first writes `restore` to `fd` and sets the
// terminal back to the settings that `fd` has now, then goes on as it would have without the guard.
// Call before the terminal's settings are changed. Returns 0, or -1 if `fd` is no terminal.
int terminal_guard_prepare(int fd);
void terminal_guard_arm(const char *restore, size_t length);
void terminal_guard_disarm(void);

// Sets the terminal back to the settings that it had at terminal_guard_prepare.
void terminal_guard_restore_settings(void);

// From now on each arrival of `signal` writes the signal's number as one byte to `pipe_fd`, which should not block.
// Returns 0 or -1.
int terminal_watch_signal(int signal, int pipe_fd);
// Gives every watched signal back the action it had.
void terminal_unwatch_signals(void);
// Stops this process as Ctrl-Z does, with the default action of SIGTSTP; returns when it goes on.
void terminal_stop_self(void);

// A pipe that neither end blocks on and no child inherits. Returns 0, or -1 and errno.
int terminal_pipe(int ends[2]);
