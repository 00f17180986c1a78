#define _GNU_SOURCE
#include "CEngine.h"
#include <sys/mman.h>

int domus_memfd_create(const char *name, unsigned int flags) { return memfd_create(name, flags); }
