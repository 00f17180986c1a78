// Xen's tool libraries behind the flat interface of CXen.h. Compiled by `make xen` against the Xen that is installed.
#define LIBXL_API_VERSION 0x041400
#include <errno.h>
#include <inttypes.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "CXen.h"

// MARK: Memory of a sample

struct chunk {
  struct chunk *next;
  max_align_t bytes[];
};

static void *take(struct chunk **arena, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / 2 / size) return NULL;
  struct chunk *chunk = calloc(1, sizeof *chunk + count * size);
  if (!chunk) return NULL;
  chunk->next = *arena;
  *arena = chunk;
  return chunk->bytes;
}

static void drop(struct chunk **arena) {
  while (*arena) {
    struct chunk *next = (*arena)->next;
    free(*arena);
    *arena = next;
  }
}

static char *take_text(struct chunk **arena, const char *text) {
  char *copy = take(arena, strlen(text) + 1, 1);
  return copy ? strcpy(copy, text) : NULL;
}

// MARK: Handles

/// What costs a hypercall for each vCPU and seldom changes.
struct vcpu_details {
  const uint8_t *hard, *soft;
  int64_t period, budget;
  uint8_t extratime;
};

struct domain_details {
  uint32_t id, pool;
  uint8_t uuid[16];
  size_t vcpu_count;
  struct vcpu_details *vcpus;
};

struct domus_xen {
  xentoollog_logger logger;  // must be first: the callbacks get its address
  char error[512];
  libxl_ctx *libxl;
  xc_interface *control;
  struct xs_handle *store;
  struct domus_xen_sample sample;
  struct chunk *sample_memory, *details_memory;
  struct domus_xen_pool *pools;
  size_t pool_count;
  struct domain_details *details;
  size_t details_count;
};

static int fail(struct domus_xen *xen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct domus_xen *xen, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(xen->error, sizeof xen->error, format, arguments);
  va_end(arguments);
  return -1;
}

/// Keeps what the libraries complain of during a call, a line each; they write nothing anywhere.
static void keep_message(
    struct xentoollog_logger *logger, xentoollog_level level, int number, const char *context, const char *format,
    va_list arguments) {
  struct domus_xen *xen = (struct domus_xen *)logger;
  (void)context;
  if (level < XTL_ERROR) return;
  size_t used = strlen(xen->error);
  if (used > 0 && used + 1 < sizeof xen->error) {
    strcpy(xen->error + used, "\n");
    used += 1;
  }
  vsnprintf(xen->error + used, sizeof xen->error - used, format, arguments);
  used = strlen(xen->error);
  if (number > 0) snprintf(xen->error + used, sizeof xen->error - used, ": %s", strerror(number));
}

static void keep_progress(
    struct xentoollog_logger *logger, const char *context, const char *what, int percent, unsigned long done,
    unsigned long total) {
  (void)logger, (void)context, (void)what, (void)percent, (void)done, (void)total;
}

static void keep_logger(struct xentoollog_logger *logger) { (void)logger; }

/// libxl's result as ours, with its own words where it has said something.
static int check(struct domus_xen *xen, int result, const char *what) {
  if (result >= 0) return 0;
  if (xen->error[0] == 0) return fail(xen, "libxl can't %s (error %d)", what, result);
  return -1;
}

static void close_store(struct domus_xen *xen) {
  int number = errno;
  if (xen->store) xs_close(xen->store);
  xen->store = NULL;
  errno = number;
}

/// xs_open(3) falls back to the kernel's device when nobody listens at the daemon's socket, and there a dead xenstored is
/// waited for without end. Without a socket, xenstored lives in a domain of its own, and the device is right.
static bool is_listening(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = xs_daemon_socket();
  if (!path || access(path, F_OK) != 0) return true;
  if (strlen(path) >= sizeof address.sun_path) return true;
  strcpy(address.sun_path, path);
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  int result = connect(probe, (struct sockaddr *)&address, sizeof address), number = errno;
  close(probe);
  errno = number;
  return result == 0;
}

static struct xs_handle *open_store(void) { return is_listening() ? xs_open(0) : NULL; }

static void close_xen(struct domus_xen *xen) {
  if (xen->libxl) libxl_ctx_free(xen->libxl);
  if (xen->control) xc_interface_close(xen->control);
  close_store(xen);
  drop(&xen->sample_memory);
  drop(&xen->details_memory);
  free(xen);
}

static struct domus_xen *open_xen(char *error, size_t size) {
  struct domus_xen *xen = calloc(1, sizeof *xen);
  if (!xen) {
    snprintf(error, size, "out of memory");
    return NULL;
  }
  xen->logger.vmessage = keep_message;
  xen->logger.progress = keep_progress;
  xen->logger.destroy = keep_logger;
  if (!(xen->store = open_store())) {
    snprintf(error, size, "xenstored doesn't answer: %s", strerror(errno));
  } else if (!(xen->control = xc_interface_open(&xen->logger, &xen->logger, 0))) {
    snprintf(error, size, "no access to the hypervisor: %s", xen->error[0] ? xen->error : strerror(errno));
  } else if (libxl_ctx_alloc(&xen->libxl, LIBXL_VERSION, 0, &xen->logger) != 0) {
    snprintf(error, size, "libxl doesn't start: %s", xen->error);
  } else {
    static const libxl_childproc_hooks hooks = {.chldowner = libxl_sigchld_owner_libxl_always_selective_reap};
    libxl_childproc_setmode(xen->libxl, &hooks, NULL);
    return xen;
  }
  close_xen(xen);
  return NULL;
}

static const char *error_text(const struct domus_xen *xen) { return xen->error; }

// MARK: What Xen is

static void copy_text(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from ? from : ""); }

static int info(struct domus_xen *xen, struct domus_xen_info *into) {
  xen->error[0] = 0;
  memset(into, 0, sizeof *into);
  const libxl_version_info *version = libxl_get_version_info(xen->libxl);
  if (!version) return check(xen, -1, "tell Xen's version");
  snprintf(
      into->version, sizeof into->version, "%d.%d%s", version->xen_version_major, version->xen_version_minor,
      version->xen_version_extra ? version->xen_version_extra : "");
  copy_text(into->capabilities, sizeof into->capabilities, version->capabilities);
  copy_text(into->command_line, sizeof into->command_line, version->commandline);
  copy_text(into->changeset, sizeof into->changeset, version->changeset);
  copy_text(into->compiler, sizeof into->compiler, version->compiler);
  copy_text(into->compile_date, sizeof into->compile_date, version->compile_date);
  libxl_physinfo host;
  libxl_physinfo_init(&host);
  int result = libxl_get_physinfo(xen->libxl, &host);
  if (result == 0) {
    into->memory = host.total_pages * (uint64_t)version->pagesize;
    into->free_memory = host.free_pages * (uint64_t)version->pagesize;
    into->pcpus = host.nr_cpus;
    into->nodes = host.nr_nodes;
    into->cores_per_socket = host.cores_per_socket;
    into->threads_per_core = host.threads_per_core;
    into->cpu_khz = host.cpu_khz;
    into->has_pv = host.cap_pv;
    into->has_hvm = host.cap_hvm;
    into->has_hap = host.cap_hap;
    into->has_shadow = host.cap_shadow;
    into->has_iommu = host.cap_hvm_directio;
  }
  libxl_physinfo_dispose(&host);
  return check(xen, result, "describe the host");
}

// MARK: Samples

/// pools of the last sample with details
static const struct domus_xen_pool *find_pool(const struct domus_xen *xen, uint32_t id) {
  for (size_t i = 0; i < xen->pool_count; i++)
    if (xen->pools[i].id == id) return &xen->pools[i];
  return NULL;
}

static bool is_scheduled_by(const struct domus_xen_pool *pool, libxl_scheduler scheduler) {
  return pool && strcmp(pool->scheduler, libxl_scheduler_to_string(scheduler)) == 0;
}

static int64_t nanoseconds(int64_t microseconds) { return microseconds * 1000; }

static int sample_pools(struct domus_xen *xen, struct chunk **memory, size_t map_size) {
  int count = 0;
  libxl_cpupoolinfo *list = libxl_list_cpupool(xen->libxl, &count);
  if (!list) return check(xen, -1, "list cpupools");
  int result = 0;
  struct domus_xen_pool *pools = take(memory, (size_t)count, sizeof *pools);
  if (!pools) result = fail(xen, "out of memory");
  for (int i = 0; i < count && result == 0; i++) {
    const libxl_cpupoolinfo *from = &list[i];
    struct domus_xen_pool *pool = &pools[i];
    char fallback[32];
    snprintf(fallback, sizeof fallback, "Pool-%" PRIu32, from->poolid);
    uint8_t *pcpus = take(memory, map_size, 1);
    pool->id = from->poolid;
    pool->name = take_text(memory, from->pool_name ? from->pool_name : fallback);
    pool->scheduler = take_text(memory, libxl_scheduler_to_string(from->sched));
    pool->pcpus = pcpus;
    pool->time_slice = pool->rate_limit = DOMUS_XEN_NONE;
    if (!pcpus || !pool->name || !pool->scheduler) {
      result = fail(xen, "out of memory");
      break;
    }
    memcpy(pcpus, from->cpumap.map, from->cpumap.size < map_size ? from->cpumap.size : map_size);
    libxl_sched_credit_params credit;
    libxl_sched_credit2_params credit2;
    if (from->sched == LIBXL_SCHEDULER_CREDIT &&
        libxl_sched_credit_params_get(xen->libxl, from->poolid, &credit) == 0) {
      pool->time_slice = nanoseconds(credit.tslice_ms * INT64_C(1000));
      pool->rate_limit = nanoseconds(credit.ratelimit_us);
    } else if (from->sched == LIBXL_SCHEDULER_CREDIT2 &&
               libxl_sched_credit2_params_get(xen->libxl, from->poolid, &credit2) == 0) {
      pool->rate_limit = nanoseconds(credit2.ratelimit_us);
    }
  }
  libxl_cpupoolinfo_list_free(list, count);
  if (result == 0) {
    xen->pools = pools;
    xen->pool_count = (size_t)count;
  }
  return result;
}

/// A domain that is being made, or taken apart, has no vCPU: then the greatest id is ~0.
static size_t vcpu_count(const libxl_dominfo *domain) { return (uint32_t)(domain->vcpu_max_id + 1); }

static const struct domain_details *find_details(const struct domus_xen *xen, const libxl_dominfo *domain) {
  for (size_t i = 0; i < xen->details_count; i++) {
    const struct domain_details *details = &xen->details[i];
    if (details->id == domain->domid && memcmp(details->uuid, domain->uuid.uuid, 16) == 0)
      return details->vcpu_count == vcpu_count(domain) && details->pool == domain->cpupool ? details : NULL;
  }
  return NULL;
}

/// A vCPU that has gone in the meantime, or a dying domain, has none: then there are no figures.
static int sample_details(struct domus_xen *xen, const libxl_dominfo *list, int count, size_t map_size) {
  struct chunk *memory = NULL;
  if (sample_pools(xen, &memory, map_size) != 0) {
    drop(&memory);
    // Pools have their names from xenstored. Without it, what was known stays.
    return xen->pools ? 0 : -1;
  }
  struct domain_details *all = take(&memory, (size_t)count, sizeof *all);
  for (int i = 0; all && i < count; i++) {
    struct domain_details *details = &all[i];
    size_t vcpus = vcpu_count(&list[i]);
    details->id = list[i].domid;
    details->pool = list[i].cpupool;
    details->vcpu_count = vcpus;
    memcpy(details->uuid, list[i].uuid.uuid, 16);
    details->vcpus = take(&memory, vcpus, sizeof *details->vcpus);
    struct xen_domctl_schedparam_vcpu *real_time = NULL;
    if (is_scheduled_by(find_pool(xen, list[i].cpupool), LIBXL_SCHEDULER_RTDS)) {
      real_time = take(&memory, vcpus, sizeof *real_time);
      for (size_t v = 0; real_time && v < vcpus; v++) real_time[v].vcpuid = (uint32_t)v;
      if (real_time && xc_sched_rtds_vcpu_get(xen->control, list[i].domid, real_time, (uint32_t)vcpus) != 0)
        real_time = NULL;
    }
    for (size_t v = 0; details->vcpus && v < vcpus; v++) {
      struct vcpu_details *vcpu = &details->vcpus[v];
      uint8_t *hard = take(&memory, map_size, 1), *soft = take(&memory, map_size, 1);
      vcpu->period = vcpu->budget = DOMUS_XEN_NONE;
      if (hard && soft &&
          xc_vcpu_getaffinity(
              xen->control, list[i].domid, (int)v, hard, soft, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT) == 0) {
        vcpu->hard = hard;
        vcpu->soft = soft;
      }
      if (real_time) {
        vcpu->period = nanoseconds(real_time[v].u.rtds.period);
        vcpu->budget = nanoseconds(real_time[v].u.rtds.budget);
        vcpu->extratime = (real_time[v].u.rtds.flags & XEN_DOMCTL_SCHEDRT_extra) != 0;
      }
    }
  }
  drop(&xen->details_memory);
  xen->details_memory = memory;
  xen->details = all;
  xen->details_count = all ? (size_t)count : 0;
  return all ? 0 : fail(xen, "out of memory");
}

static void sample_share(struct domus_xen *xen, struct domus_xen_domain *domain) {
  const struct domus_xen_pool *pool = find_pool(xen, domain->pool);
  domain->weight = domain->cap = DOMUS_XEN_NONE;
  if (is_scheduled_by(pool, LIBXL_SCHEDULER_CREDIT2)) {
    struct xen_domctl_sched_credit2 share;
    if (xc_sched_credit2_domain_get(xen->control, domain->id, &share) != 0) return;
    domain->weight = share.weight;
    domain->cap = share.cap;
  } else if (is_scheduled_by(pool, LIBXL_SCHEDULER_CREDIT)) {
    struct xen_domctl_sched_credit share;
    if (xc_sched_credit_domain_get(xen->control, domain->id, &share) != 0) return;
    domain->weight = share.weight;
    domain->cap = share.cap;
  }
}

static int sample_domain(struct domus_xen *xen, const libxl_dominfo *from, struct domus_xen_domain *domain) {
  domain->id = from->domid;
  domain->pool = from->cpupool;
  domain->ssid = from->ssidref;
  memcpy(domain->uuid, from->uuid.uuid, 16);
  domain->is_running = from->running;
  domain->is_blocked = from->blocked;
  domain->is_paused = from->paused;
  domain->is_shutdown = from->shutdown;
  domain->is_dying = from->dying;
  domain->is_hvm = from->domain_type != LIBXL_DOMAIN_TYPE_PV;
  domain->shutdown_reason = from->shutdown ? (int32_t)from->shutdown_reason : -1;
  domain->memory = from->current_memkb * 1024;
  domain->maximum_memory = from->max_memkb > UINT64_MAX / 1024 ? UINT64_MAX : from->max_memkb * 1024;
  domain->cpu_time = from->cpu_time;
  domain->maximum_vcpus = (uint32_t)vcpu_count(from);
  sample_share(xen, domain);

  const struct domain_details *details = find_details(xen, from);
  struct domus_xen_vcpu *vcpus = take(&xen->sample_memory, vcpu_count(from), sizeof *vcpus);
  if (!vcpus) return fail(xen, "out of memory");
  size_t count = 0;
  for (size_t i = 0; i < vcpu_count(from); i++) {
    xc_vcpuinfo_t state;
    if (xc_vcpu_getinfo(xen->control, from->domid, (uint32_t)i, &state) != 0) continue;
    struct domus_xen_vcpu *vcpu = &vcpus[count++];
    vcpu->id = (uint32_t)i;
    vcpu->pcpu = state.cpu;
    vcpu->cpu_time = state.cpu_time;
    vcpu->is_online = state.online;
    vcpu->is_running = state.running;
    vcpu->is_blocked = state.blocked;
    vcpu->period = vcpu->budget = DOMUS_XEN_NONE;
    if (details && details->vcpus) {
      vcpu->hard = details->vcpus[i].hard;
      vcpu->soft = details->vcpus[i].soft;
      vcpu->period = details->vcpus[i].period;
      vcpu->budget = details->vcpus[i].budget;
      vcpu->extratime = details->vcpus[i].extratime;
    }
  }
  domain->vcpus = vcpus;
  domain->vcpu_count = count;
  return 0;
}

static int sample_pcpus(struct domus_xen *xen, int count) {
  xc_cpuinfo_t *times = take(&xen->sample_memory, (size_t)count, sizeof *times);
  struct domus_xen_pcpu *pcpus = take(&xen->sample_memory, (size_t)count, sizeof *pcpus);
  if (!times || !pcpus) return fail(xen, "out of memory");
  int found = 0;
  if (xc_getcpuinfo(xen->control, count, times, &found) != 0) return fail(xen, "no CPU times: %s", strerror(errno));
  for (int i = 0; i < found; i++) pcpus[i] = (struct domus_xen_pcpu){.id = (uint32_t)i, .idle = times[i].idletime};
  xen->sample.pcpus = pcpus;
  xen->sample.pcpu_count = (size_t)found;
  return 0;
}

static int sample(struct domus_xen *xen, int with_details, const struct domus_xen_sample **into) {
  xen->error[0] = 0;
  drop(&xen->sample_memory);
  memset(&xen->sample, 0, sizeof xen->sample);

  libxl_physinfo host;
  libxl_physinfo_init(&host);
  int result = check(xen, libxl_get_physinfo(xen->libxl, &host), "describe the host");
  int pcpus = (int)host.max_cpu_id + 1;
  xen->sample.memory = host.total_pages * XC_PAGE_SIZE;
  xen->sample.free_memory = host.free_pages * XC_PAGE_SIZE;
  libxl_physinfo_dispose(&host);
  if (result != 0 || sample_pcpus(xen, pcpus) != 0) return -1;
  // What Xen itself takes for a map: whole 64-bit words.
  size_t map_size = (size_t)xc_get_cpumap_size(xen->control);
  xen->sample.pcpu_map_size = map_size;

  int count = 0;
  libxl_dominfo *list = libxl_list_domain(xen->libxl, &count);
  if (!list) return check(xen, -1, "list domains");
  bool needs_details = with_details || !xen->details;
  for (int i = 0; i < count && !needs_details; i++)
    needs_details = !list[i].dying && (!find_details(xen, &list[i]) || !find_pool(xen, list[i].cpupool));
  if (needs_details) result = sample_details(xen, list, count, map_size);

  struct domus_xen_domain *domains = take(&xen->sample_memory, (size_t)count, sizeof *domains);
  if (!domains) result = fail(xen, "out of memory");
  for (int i = 0; i < count && result == 0; i++) result = sample_domain(xen, &list[i], &domains[i]);
  libxl_dominfo_list_free(list, count);
  if (result != 0) return -1;

  xen->sample.domains = domains;
  xen->sample.domain_count = (size_t)count;
  xen->sample.pools = xen->pools;
  xen->sample.pool_count = xen->pool_count;
  *into = &xen->sample;
  return 0;
}

// MARK: Actions

/// Fills `to`, which must be disposed of in any case. A map of no bytes means every pCPU.
static int make_map(struct domus_xen *xen, libxl_bitmap *to, const uint8_t *map, size_t size) {
  libxl_bitmap_init(to);
  if (libxl_cpu_bitmap_alloc(xen->libxl, to, 0) != 0) return fail(xen, "out of memory");
  if (size == 0) libxl_bitmap_set_any(to);
  for (size_t bit = 0; bit < size * 8; bit++) {
    if (!(map[bit / 8] & 1 << bit % 8)) continue;
    if (bit >= (size_t)to->size * 8) return fail(xen, "there is no pCPU %zu", bit);
    libxl_bitmap_set(to, (int)bit);
  }
  return 0;
}

static int count_vcpus(struct domus_xen *xen, uint32_t domain, uint32_t *count) {
  libxl_dominfo details;
  libxl_dominfo_init(&details);
  int result = libxl_domain_info(xen->libxl, &details, domain);
  *count = (uint32_t)vcpu_count(&details);
  libxl_dominfo_dispose(&details);
  return check(xen, result, "find the domain");
}

static int set_vcpus(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_bitmap online;
  libxl_bitmap_init(&online);
  int result = libxl_bitmap_alloc(xen->libxl, &online, (int)operands->value);
  for (int i = 0; result == 0 && i < operands->value; i++) libxl_bitmap_set(&online, i);
  if (result == 0) result = libxl_set_vcpuonline(xen->libxl, operands->domain, &online, NULL);
  libxl_bitmap_dispose(&online);
  return check(xen, result, "set the number of vCPUs");
}

static int pin(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_bitmap hard, soft;
  int result = make_map(xen, &hard, operands->hard, operands->hard ? operands->map_size : 0);
  if (make_map(xen, &soft, operands->soft, operands->soft ? operands->map_size : 0) != 0) result = -1;
  const libxl_bitmap *new_hard = operands->hard ? &hard : NULL, *new_soft = operands->soft ? &soft : NULL;
  if (result == 0 && operands->vcpu == DOMUS_XEN_NONE) {
    uint32_t vcpus;
    result = count_vcpus(xen, operands->domain, &vcpus);
    if (result == 0)
      result = check(
          xen, libxl_set_vcpuaffinity_all(xen->libxl, operands->domain, vcpus, new_hard, new_soft), "pin the vCPUs");
  } else if (result == 0) {
    result = check(
        xen,
        libxl_set_vcpuaffinity(xen->libxl, operands->domain, (uint32_t)operands->vcpu, new_hard, new_soft),
        "pin the vCPU");
  }
  libxl_bitmap_dispose(&hard);
  libxl_bitmap_dispose(&soft);
  return result;
}

static int microseconds(int64_t nanoseconds) { return (int)(nanoseconds / 1000); }

static int set_share(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_domain_sched_params share;
  libxl_domain_sched_params_init(&share);
  if (operands->weight != DOMUS_XEN_NONE) share.weight = (int)operands->weight;
  if (operands->cap != DOMUS_XEN_NONE) share.cap = (int)operands->cap;
  int result = libxl_domain_sched_params_set(xen->libxl, operands->domain, &share);
  libxl_domain_sched_params_dispose(&share);
  return check(xen, result, "set weight and cap");
}

static int set_real_time(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  uint32_t first = 0, last;
  if (operands->vcpu == DOMUS_XEN_NONE) {
    uint32_t count;
    if (count_vcpus(xen, operands->domain, &count) != 0) return -1;
    last = count - 1;
  } else {
    first = last = (uint32_t)operands->vcpu;
  }
  // libxl checks period and budget together, so what stays has to be read first.
  for (uint32_t id = first; id <= last; id++) {
    libxl_vcpu_sched_params all;
    libxl_vcpu_sched_params_init(&all);
    all.sched = LIBXL_SCHEDULER_RTDS;
    all.num_vcpus = 1;
    all.vcpus = calloc(1, sizeof *all.vcpus);
    if (!all.vcpus) return fail(xen, "out of memory");
    libxl_sched_params_init(all.vcpus);
    all.vcpus->vcpuid = (int)id;
    int result = check(xen, libxl_vcpu_sched_params_get(xen->libxl, operands->domain, &all), "read a vCPU's parameters");
    if (result == 0) {
      if (operands->period != DOMUS_XEN_NONE) all.vcpus->period = microseconds(operands->period);
      if (operands->budget != DOMUS_XEN_NONE) all.vcpus->budget = microseconds(operands->budget);
      if (operands->extratime != DOMUS_XEN_NONE) all.vcpus->extratime = operands->extratime != 0;
      result = check(xen, libxl_vcpu_sched_params_set(xen->libxl, operands->domain, &all), "set a vCPU's parameters");
    }
    libxl_vcpu_sched_params_dispose(&all);
    if (result != 0) return -1;
  }
  return 0;
}

static int set_pool(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_cpupoolinfo pool;
  libxl_cpupoolinfo_init(&pool);
  int result = check(xen, libxl_cpupool_info(xen->libxl, &pool, operands->pool), "find the cpupool");
  libxl_scheduler scheduler = pool.sched;
  libxl_cpupoolinfo_dispose(&pool);
  if (result != 0) return -1;
  if (scheduler == LIBXL_SCHEDULER_CREDIT) {
    libxl_sched_credit_params credit;
    if (check(xen, libxl_sched_credit_params_get(xen->libxl, operands->pool, &credit), "read the parameters") != 0)
      return -1;
    if (operands->time_slice != DOMUS_XEN_NONE) credit.tslice_ms = microseconds(operands->time_slice) / 1000;
    if (operands->rate_limit != DOMUS_XEN_NONE) credit.ratelimit_us = microseconds(operands->rate_limit);
    return check(xen, libxl_sched_credit_params_set(xen->libxl, operands->pool, &credit), "set the parameters");
  }
  if (scheduler == LIBXL_SCHEDULER_CREDIT2 && operands->time_slice == DOMUS_XEN_NONE) {
    libxl_sched_credit2_params credit2;
    if (check(xen, libxl_sched_credit2_params_get(xen->libxl, operands->pool, &credit2), "read the parameters") != 0)
      return -1;
    if (operands->rate_limit != DOMUS_XEN_NONE) credit2.ratelimit_us = microseconds(operands->rate_limit);
    return check(xen, libxl_sched_credit2_params_set(xen->libxl, operands->pool, &credit2), "set the parameters");
  }
  return fail(xen, "the scheduler %s has no such parameter", libxl_scheduler_to_string(scheduler));
}

static int create_pool(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_scheduler scheduler;
  if (!operands->scheduler) {
    int found = libxl_get_scheduler(xen->libxl);
    if (found < 0) return check(xen, found, "tell the host's scheduler");
    scheduler = (libxl_scheduler)found;
  } else if (libxl_scheduler_from_string(operands->scheduler, &scheduler) != 0) {
    return fail(xen, "Xen has no scheduler '%s'", operands->scheduler);
  }
  libxl_bitmap pcpus;
  libxl_uuid uuid;
  uint32_t id = LIBXL_CPUPOOL_POOLID_ANY;
  libxl_uuid_generate(&uuid);
  int result = make_map(xen, &pcpus, operands->hard, operands->map_size);
  if (result == 0)
    result = check(
        xen, libxl_cpupool_create(xen->libxl, operands->text, scheduler, pcpus, &uuid, &id), "make the cpupool");
  libxl_bitmap_dispose(&pcpus);
  return result;
}

static int change_pool(
    struct domus_xen *xen, const struct domus_xen_operands *operands,
    int (*change)(libxl_ctx *, uint32_t, const libxl_bitmap *), const char *what) {
  libxl_bitmap pcpus;
  int result = make_map(xen, &pcpus, operands->hard, operands->map_size);
  if (result == 0) result = check(xen, change(xen->libxl, operands->pool, &pcpus), what);
  libxl_bitmap_dispose(&pcpus);
  return result;
}

static int send_trigger(struct domus_xen *xen, const struct domus_xen_operands *operands) {
  libxl_trigger trigger;
  if (libxl_trigger_from_string(operands->text, &trigger) != 0)
    return fail(xen, "Xen has no trigger '%s'", operands->text);
  uint32_t vcpu = operands->vcpu == DOMUS_XEN_NONE ? 0 : (uint32_t)operands->vcpu;
  return check(xen, libxl_send_trigger(xen->libxl, operands->domain, trigger, vcpu, NULL), "send the trigger");
}

static int send_debug_keys(struct domus_xen *xen, const char *keys) {
  char *copy = strdup(keys);  // libxl wants it writable
  int result = copy ? check(xen, libxl_send_debug_keys(xen->libxl, copy), "send the keys") : fail(xen, "out of memory");
  free(copy);
  return result;
}

static int act(struct domus_xen *xen, enum domus_xen_action action, const struct domus_xen_operands *operands) {
  libxl_ctx *libxl = xen->libxl;
  uint32_t domain = operands->domain, pool = operands->pool;
  xen->error[0] = 0;
  switch (action) {
    case DOMUS_XEN_PAUSE: return check(xen, libxl_domain_pause(libxl, domain, NULL), "pause the domain");
    case DOMUS_XEN_UNPAUSE: return check(xen, libxl_domain_unpause(libxl, domain, NULL), "unpause the domain");
    case DOMUS_XEN_SHUTDOWN: return check(xen, libxl_domain_shutdown(libxl, domain, NULL), "shut the domain down");
    case DOMUS_XEN_REBOOT: return check(xen, libxl_domain_reboot(libxl, domain, NULL), "reboot the domain");
    case DOMUS_XEN_DESTROY: return check(xen, libxl_domain_destroy(libxl, domain, NULL), "destroy the domain");
    case DOMUS_XEN_RENAME:
      return check(xen, libxl_domain_rename(libxl, domain, NULL, operands->text), "rename the domain");
    case DOMUS_XEN_SYSRQ: return check(xen, libxl_send_sysrq(libxl, domain, operands->text[0]), "send the key");
    case DOMUS_XEN_TRIGGER: return send_trigger(xen, operands);
    case DOMUS_XEN_SET_MEMORY:
      return check(xen, libxl_set_memory_target(libxl, domain, operands->value / 1024, 0, 1), "set the memory");
    case DOMUS_XEN_SET_MAX_MEMORY:
      return check(
          xen, libxl_domain_setmaxmem(libxl, domain, (uint64_t)operands->value / 1024), "set the most memory");
    case DOMUS_XEN_SET_VCPUS: return set_vcpus(xen, operands);
    case DOMUS_XEN_PIN: return pin(xen, operands);
    case DOMUS_XEN_SET_SHARE: return set_share(xen, operands);
    case DOMUS_XEN_SET_REAL_TIME: return set_real_time(xen, operands);
    case DOMUS_XEN_MOVE_TO_POOL:
      return check(xen, libxl_cpupool_movedomain(libxl, pool, domain), "move the domain to the cpupool");
    case DOMUS_XEN_SET_POOL: return set_pool(xen, operands);
    case DOMUS_XEN_CREATE_POOL: return create_pool(xen, operands);
    case DOMUS_XEN_DESTROY_POOL: return check(xen, libxl_cpupool_destroy(libxl, pool), "destroy the cpupool");
    case DOMUS_XEN_RENAME_POOL:
      return check(xen, libxl_cpupool_rename(libxl, operands->text, pool), "rename the cpupool");
    case DOMUS_XEN_ADD_TO_POOL:
      return change_pool(xen, operands, libxl_cpupool_cpuadd_cpumap, "add pCPUs to the cpupool");
    case DOMUS_XEN_REMOVE_FROM_POOL:
      return change_pool(xen, operands, libxl_cpupool_cpuremove_cpumap, "take pCPUs out of the cpupool");
    case DOMUS_XEN_DEBUG_KEYS: return send_debug_keys(xen, operands->text);
  }
  return fail(xen, "unknown action %d", (int)action);
}

static int messages(struct domus_xen *xen, int clear, char **text) {
  xen->error[0] = 0;
  libxl_xen_console_reader *reader = libxl_xen_console_read_start(xen->libxl, clear);
  if (!reader) return check(xen, -1, "read Xen's messages");
  char *all = NULL, *line = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&all, &size);
  int result = stream ? 0 : -1;
  while (stream && (result = libxl_xen_console_read_line(xen->libxl, reader, &line)) > 0) fputs(line, stream);
  libxl_xen_console_read_finish(xen->libxl, reader);
  if (!stream || fclose(stream) != 0) return fail(xen, "out of memory");
  if (result < 0) {
    free(all);
    return check(xen, result, "read Xen's messages");
  }
  *text = all;
  return 0;
}

// MARK: xenstore

/// Whether there is a connection: one that broke is made anew.
static bool has_store(struct domus_xen *xen) { return xen->store || (xen->store = open_store()); }

static char *store_read(struct domus_xen *xen, const char *path) {
  if (!has_store(xen)) return NULL;
  unsigned length = 0;
  char *value = xs_read(xen->store, XBT_NULL, path, &length);
  if (!value && errno != ENOENT && errno != EACCES && errno != EINVAL) close_store(xen);
  return value;
}

static char *store_list(struct domus_xen *xen, const char *path) {
  if (!has_store(xen)) return NULL;
  unsigned count = 0;
  char **names = xs_directory(xen->store, XBT_NULL, path, &count);
  if (!names) {
    if (errno != ENOENT && errno != EACCES && errno != EINVAL) close_store(xen);
    return NULL;
  }
  size_t size = 1;
  for (unsigned i = 0; i < count; i++) size += strlen(names[i]) + 1;
  char *list = malloc(size), *end = list;
  for (unsigned i = 0; list && i < count; i++) end = stpcpy(end, names[i]) + 1;
  if (list) *end = 0;
  free(names);
  return list;
}

static void release_text(char *text) { free(text); }

static const int probe_milliseconds = 2000;

static int watch(
    const char *const *paths, size_t count, int stop, domus_xen_changed changed, void *context) {
  struct xs_handle *store = open_store();
  if (!store) return -1;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; i++)
    if (!xs_watch(store, paths[i], paths[i])) result = -1;
  while (result == 0) {
    struct pollfd files[] = {{.fd = xs_fileno(store), .events = POLLIN}, {.fd = stop, .events = POLLIN}};
    int ready = poll(files, 2, probe_milliseconds);
    if (ready < 0) {
      if (errno != EINTR) result = -1;
      continue;
    }
    if (files[1].revents) break;
    if (files[0].revents & (POLLERR | POLLHUP | POLLNVAL)) result = -1;
    // The library does not tell when xenstored goes; only a question does.
    if (ready == 0) {
      unsigned length;
      errno = 0;
      char *answer = xs_read(store, XBT_NULL, "/local/domain/0/name", &length);
      if (!answer && errno != ENOENT) result = -1;
      free(answer);
    }
    char **event;
    while (result == 0 && (event = xs_check_watch(store))) {
      changed(context, event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
      free(event);
    }
    if (result == 0 && errno != EAGAIN) result = -1;
  }
  xs_close(store);
  return result;
}


__attribute__((visibility("default"))) const struct domus_xen_functions domus_xen_functions = {
    .abi = DOMUS_XEN_ABI,
    .release = DOMUS_XEN_RELEASE,
    .open = open_xen,
    .close = close_xen,
    .error = error_text,
    .info = info,
    .sample = sample,
    .act = act,
    .messages = messages,
    .store_read = store_read,
    .store_list = store_list,
    .release_text = release_text,
    .watch = watch,
};
