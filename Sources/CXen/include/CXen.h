// The flat interface to Xen's tool libraries. xen/domus-xen.c implements it; XenBackend loads that at run time, because
// Xen's libraries change their names and structures with every release.
//
// A handle belongs to one thread at a time, and its calls block. Functions return 0, or -1 with domus_xen_error() telling
// why. What a struct points to belongs to the sample that it came with.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Linux calls that Swift's importer can't reach

/// Starts a program of the PATH in a session of its own, with default signals and no descriptor but 0, 1 and 2: all three are
/// `terminal`, which becomes its controlling terminal; or, if that is NULL, /dev/null and twice `output`. Returns 0 or an error
/// number.
int domus_spawn(
    char *const arguments[], const char *terminal, int output, const char *directory, pid_t *pid);

/// Makes a terminal, raw and with its master non-blocking. Returns the master, or -1 with errno; fills in the other end's path.
int domus_open_terminal(char *path, size_t size);

// MARK: The library

/// Changes with everything below.
#define DOMUS_XEN_ABI 1

/// Stands for "leave as it is" and "no such figure".
static const int64_t DOMUS_XEN_NONE = INT64_MIN;

typedef struct domus_xen domus_xen;

/// What does not change while Xen runs.
struct domus_xen_info {
  char version[64], capabilities[1024], command_line[1024];
  char changeset[128], compiler[128], compile_date[64];
  uint64_t memory, free_memory;  // bytes
  uint32_t pcpus, nodes, cores_per_socket, threads_per_core, cpu_khz;
  uint8_t has_pv, has_hvm, has_hap, has_shadow, has_iommu;
};

struct domus_xen_pcpu {
  uint32_t id;
  uint64_t idle;  // nanoseconds since Xen started
};

struct domus_xen_pool {
  uint32_t id, domains;
  const char *name;
  const char *scheduler;        // Xen's word
  const uint8_t *pcpus;         // pcpu_map_size bytes, bit i of byte i/8
  int64_t time_slice, rate_limit;  // nanoseconds or NONE
};

struct domus_xen_vcpu {
  uint32_t id, pcpu;
  uint64_t cpu_time;  // nanoseconds
  uint8_t is_online, is_running, is_blocked;
  uint8_t extratime;
  const uint8_t *hard, *soft;    // pcpu_map_size bytes
  int64_t period, budget;        // nanoseconds or NONE
};

struct domus_xen_domain {
  uint32_t id, pool, ssid;
  uint8_t uuid[16];
  uint8_t is_running, is_blocked, is_paused, is_shutdown, is_dying, is_hvm;
  int32_t shutdown_reason;        // as in xen/sched.h
  uint64_t memory, maximum_memory;  // bytes; the maximum is UINT64_MAX where there is none
  uint64_t cpu_time;              // nanoseconds
  uint32_t maximum_vcpus;
  int64_t weight, cap;            // or NONE
  const struct domus_xen_vcpu *vcpus;
  size_t vcpu_count;
};

/// All of it at one time.
struct domus_xen_sample {
  const struct domus_xen_domain *domains;
  size_t domain_count;
  const struct domus_xen_pcpu *pcpus;
  size_t pcpu_count;
  const struct domus_xen_pool *pools;
  size_t pool_count;
  size_t pcpu_map_size;
  uint64_t memory, free_memory;  // bytes
};

enum domus_xen_action {
  DOMUS_XEN_PAUSE,
  DOMUS_XEN_UNPAUSE,
  DOMUS_XEN_SHUTDOWN,
  DOMUS_XEN_REBOOT,
  DOMUS_XEN_DESTROY,
  DOMUS_XEN_RENAME,         // text: the name
  DOMUS_XEN_SYSRQ,          // text: one character
  DOMUS_XEN_TRIGGER,        // text: xl's word; vcpu or NONE
  DOMUS_XEN_SET_MEMORY,     // value: bytes
  DOMUS_XEN_SET_MAX_MEMORY, // value: bytes
  DOMUS_XEN_SET_VCPUS,      // value: how many
  DOMUS_XEN_PIN,            // vcpu or NONE for all; hard, soft or NULL
  DOMUS_XEN_SET_SHARE,      // of credit and credit2; weight, cap or NONE
  DOMUS_XEN_SET_REAL_TIME,  // vcpu or NONE for all; period, budget (ns), extratime or NONE
  DOMUS_XEN_MOVE_TO_POOL,   // pool
  DOMUS_XEN_SET_POOL,       // pool; time_slice, rate_limit (ns) or NONE
  DOMUS_XEN_CREATE_POOL,    // text: the name; scheduler or NULL; hard: its pCPUs
  DOMUS_XEN_DESTROY_POOL,   // pool
  DOMUS_XEN_RENAME_POOL,    // pool, text
  DOMUS_XEN_ADD_TO_POOL,    // pool, hard: the pCPUs
  DOMUS_XEN_REMOVE_FROM_POOL,
  DOMUS_XEN_DEBUG_KEYS,     // text
};

/// The operands of an action; those that it has none of are not looked at.
struct domus_xen_operands {
  uint32_t domain, pool;
  const char *text, *scheduler;
  int64_t value, vcpu, weight, cap, period, budget, extratime, time_slice, rate_limit;
  /// `map_size` bytes; NULL leaves as it is.
  const uint8_t *hard, *soft;
  size_t map_size;
};

/// One change in xenstore.
typedef void (*domus_xen_changed)(void *context, const char *path, const char *token);

/// The functions of the library, so that one symbol has to be looked up.
struct domus_xen_functions {
  uint32_t abi;
  /// The release of Xen that it was compiled for, such as "4.17".
  const char *release;

  /// NULL with `error` filled.
  domus_xen *(*open)(char *error, size_t size);
  void (*close)(domus_xen *);
  /// Of the handle's last call that failed.
  const char *(*error)(const domus_xen *);

  int (*info)(domus_xen *, struct domus_xen_info *);
  /// With `details` also affinities, pools' parameters and real-time parameters, which cost a hypercall for each vCPU; else
  /// what the last sample with details found. The sample lives until the next one of this handle.
  int (*sample)(domus_xen *, int details, const struct domus_xen_sample **);
  int (*act)(domus_xen *, enum domus_xen_action, const struct domus_xen_operands *);
  /// The hypervisor's messages; to be freed with `release_text`.
  int (*messages)(domus_xen *, int clear, char **text);

  /// The value at a path of xenstore, NUL-terminated; NULL where there is none, with errno ENOENT, or where xenstored fails.
  char *(*store_read)(domus_xen *, const char *path);
  /// Names below a path, each ended by NUL, and an empty one at the end; NULL as for `store_read`.
  char *(*store_list)(domus_xen *, const char *path);
  void (*release_text)(char *);

  /// Opens a connection to xenstored that watches the paths, and calls back on this thread for every change, until `stop`
  /// can be read from (then 0 is returned) or the connection breaks.
  int (*watch)(const char *const *paths, size_t count, int stop, domus_xen_changed, void *context);
};

/// The one symbol of the library.
#define DOMUS_XEN_SYMBOL "domus_xen_functions"
