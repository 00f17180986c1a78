#define _GNU_SOURCE
#include "CEngine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>

long domus_getrandom(void *p, size_t count) { return getrandom(p, count, 0); }

int domus_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int domus_seal(int file) { return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL); }
