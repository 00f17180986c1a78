// A program on a terminal of its own.
#pragma once
#include <sys/types.h>

// Runs argv[0] with this environment on a new terminal of that size. Returns the process and the terminal's other end
// in `terminal`, or -1.
pid_t pty_spawn(char *const argv[], char *const environment[], int columns, int rows, int *terminal);
