#define _GNU_SOURCE
#include "CProcess.h"

#include <fcntl.h>
#include <unistd.h>

const short spawn_own_session = POSIX_SPAWN_SETSID;

int spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int process_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
