#define _GNU_SOURCE
#include "CPty.h"
#include <pty.h>
#include <unistd.h>

pid_t pty_spawn(char *const argv[], char *const environment[], int columns, int rows, int *terminal) {
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  pid_t pid = forkpty(terminal, NULL, NULL, &size);
  if (pid == 0) {
    execvpe(argv[0], argv, environment);
    _exit(127);
  }
  return pid;
}
