// What Swift can't say about processes: functions that their headers hide behind _GNU_SOURCE, and a signal handler.
#pragma once
#include <spawn.h>

// A flag for posix_spawnattr_setflags: the program gets a session of its own, and so no controlling terminal.
extern const short spawn_own_session;

// The program gets no descriptor from `first` on, whoever opens one meanwhile. Returns 0 or an error number.
int spawn_close_from(posix_spawn_file_actions_t *actions, int first);

// A pipe that no program inherits, not even one that another thread starts at this moment. Returns 0, or -1 and errno.
int process_pipe(int ends[2]);

// From now on a crash of this process (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT) first writes signal, time and
// backtrace to `log`, and signal and time, as one line, to the start of `last_words`; then it ends the process as it would
// have anyway.
void crash_report_install(int log, int last_words);
