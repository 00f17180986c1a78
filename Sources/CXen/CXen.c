#define _GNU_SOURCE
#include "CXen.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

int domus_spawn(
    char *const arguments[], const char *terminal, int output, const char *directory, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t signals;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  int result = posix_spawn_file_actions_addchdir_np(&actions, directory);
  if (result == 0)
    result = posix_spawn_file_actions_addopen(
        &actions, STDIN_FILENO, terminal ? terminal : "/dev/null", terminal ? O_RDWR : O_RDONLY, 0);
  if (result == 0)
    result = posix_spawn_file_actions_adddup2(&actions, terminal ? STDIN_FILENO : output, STDOUT_FILENO);
  if (result == 0) result = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  if (result == 0) result = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  if (result == 0) result = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return result;
}

int domus_open_terminal(char *path, size_t size) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return -1;
  struct termios settings;
  if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, path, size) != 0 ||
      tcgetattr(master, &settings) != 0) {
    close(master);
    return -1;
  }
  cfmakeraw(&settings);
  tcsetattr(master, TCSANOW, &settings);
  return master;
}
