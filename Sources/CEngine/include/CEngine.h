// What Swift can't say: atomics on raw memory and fences; and system calls that its Glibc module doesn't have.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CFloat.h"

static inline void domus_fence_seq_cst(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void domus_fence_acq_rel(void) { __atomic_thread_fence(__ATOMIC_ACQ_REL); }

static inline uint32_t domus_load_u32(const void *p) { return __atomic_load_n((const uint32_t *)p, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_load_u64(const void *p) { return __atomic_load_n((const uint64_t *)p, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_load_relaxed_u64(const void *p) { return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED); }
static inline void domus_store_u64(void *p, uint64_t v) { __atomic_store_n((uint64_t *)p, v, __ATOMIC_SEQ_CST); }

static inline bool domus_cas_u32(void *p, uint32_t expected, uint32_t desired) {
  return __atomic_compare_exchange_n((uint32_t *)p, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline bool domus_cas_u64(void *p, uint64_t expected, uint64_t desired) {
  return __atomic_compare_exchange_n((uint64_t *)p, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline uint32_t domus_exchange_u32(void *p, uint32_t v) { return __atomic_exchange_n((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_exchange_u64(void *p, uint64_t v) { return __atomic_exchange_n((uint64_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t domus_fetch_add_u32(void *p, uint32_t v) { return __atomic_fetch_add((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_fetch_add_u64(void *p, uint64_t v) { return __atomic_fetch_add((uint64_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t domus_fetch_and_u32(void *p, uint32_t v) { return __atomic_fetch_and((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_fetch_and_u64(void *p, uint64_t v) { return __atomic_fetch_and((uint64_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t domus_fetch_or_u32(void *p, uint32_t v) { return __atomic_fetch_or((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_fetch_or_u64(void *p, uint64_t v) { return __atomic_fetch_or((uint64_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t domus_fetch_xor_u32(void *p, uint32_t v) { return __atomic_fetch_xor((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t domus_fetch_xor_u64(void *p, uint64_t v) { return __atomic_fetch_xor((uint64_t *)p, v, __ATOMIC_SEQ_CST); }

// getrandom(2) without flags.
long domus_getrandom(void *p, size_t count);
// An anonymous file in memory, closed on exec, that can be sealed; -1 with errno.
int domus_memory_file(const char *name);
// Lets the file never change its size again, nor its contents by write(2) or a new shared mapping; -1 with errno.
int domus_seal(int file);
