// Tells ThreadSanitizer what it can't see, since Swift's own libraries are not built for it. Loaded before them by `make tsan`.
//
// Swift's runtime says which task goes on after which, once it is told that somebody listens.
//
// A Swift Mutex that is free is taken and given back by code that is compiled into the program, and so watched. One that
// others wait for goes through the library, which is not: without these, everything that such a lock guards looks like a
// race.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

__attribute__((constructor)) static void listen(void) {
  void (*initialize)(void) = (void (*)(void))dlsym(RTLD_NEXT, "__tsan_on_initialize");
  if (initialize) initialize();
  // Programs that tests start are not watched.
  unsetenv("LD_PRELOAD");
}

SWIFT void lock_slow(uint32_t thread, SELF) {
  static SWIFT void (*real)(uint32_t, SELF);
  if (!real) real = (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK_SLOW);
  real(thread, self);
  __tsan_acquire(self);
}

SWIFT bool try_lock_slow(SELF) {
  static SWIFT bool (*real)(SELF);
  if (!real) real = (SWIFT bool (*)(SELF))dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
  bool taken = real(self);
  if (taken) __tsan_acquire(self);
  return taken;
}

SWIFT void unlock_slow(SELF) {
  static SWIFT void (*real)(SELF);
  if (!real) real = (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK_SLOW);
  __tsan_release(self);
  real(self);
}
