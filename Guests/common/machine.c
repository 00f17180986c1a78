// One pass over the flattened device tree (Devicetree Specification 0.4, chapter 5).
#include "machine.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_NOP 4
#define MAX_DEPTH 8
#define SUPERVISOR_EXTERNAL 9

struct property {
  const u8 *data;
  u32 size;
};

/// The properties of the node at one depth that matter, as far as they have been read.
struct node {
  u32 address_cells, size_cells;  // for its children
  u32 phandle, shift;
  struct property compatible, reg, interrupts, interrupts_extended, device_type, isa, extensions;
};

struct machine machine;

static struct node path[MAX_DEPTH];
static u32 cpu_phandles[MAX_HARTS];  // of each hart's interrupt controller
static struct property plic_contexts;

static u32 big32(const u8 *p) { return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3]; }

static u64 big(const u8 *p, u32 cells) {
  u64 value = 0;
  for (; cells; cells--, p += 4) value = value << 32 | big32(p);
  return value;
}

static u32 cell(struct property property) { return property.size >= 4 ? big32(property.data) : 0; }

/// Whether a list of strings has `text`.
static bool lists(struct property list, const char *text) {
  for (u32 i = 0; i < list.size; i += (u32)text_length((const char *)list.data + i) + 1)
    if (text_equal((const char *)list.data + i, text)) return true;
  return false;
}

static bool contains(struct property string, const char *text) {
  for (u32 i = 0; i + text_length(text) < string.size; i++)
    if (text_has_prefix((const char *)string.data + i, text)) return true;
  return false;
}

static u64 register_base(const struct node *node, const struct node *parent) {
  return node->reg.size >= 4 * parent->address_cells ? big(node->reg.data, parent->address_cells) : 0;
}

static void read_property(u32 depth, const char *name, struct property value) {
  struct node *node = &path[depth];
  if (text_equal(name, "#address-cells")) node->address_cells = cell(value);
  else if (text_equal(name, "#size-cells")) node->size_cells = cell(value);
  else if (text_equal(name, "phandle")) node->phandle = cell(value);
  else if (text_equal(name, "reg-shift")) node->shift = cell(value);
  else if (text_equal(name, "compatible")) node->compatible = value;
  else if (text_equal(name, "reg")) node->reg = value;
  else if (text_equal(name, "interrupts")) node->interrupts = value;
  else if (text_equal(name, "interrupts-extended")) node->interrupts_extended = value;
  else if (text_equal(name, "device_type")) node->device_type = value;
  else if (text_equal(name, "riscv,isa")) node->isa = value;
  else if (text_equal(name, "riscv,isa-extensions")) node->extensions = value;
  else if (text_equal(name, "timebase-frequency")) machine.timebase = big(value.data, value.size / 4);
  else if (text_equal(name, "rng-seed") && value.size >= 8) machine.seed = big(value.data, 2);
  else if (text_equal(name, "bootargs") && value.size && value.size <= sizeof machine.arguments)
    memcpy(machine.arguments, value.data, value.size - 1);
}

static void finish_cpu(const struct node *node, const struct node *parent) {
  if (machine.harts == MAX_HARTS) return;
  machine.hart_ids[machine.harts++] = (u32)register_base(node, parent);
  if (!lists(node->extensions, "sstc") && !contains(node->isa, "_sstc")) machine.has_sstc = false;
}

/// All properties of a node are known when it ends.
static void finish_node(u32 depth) {
  const struct node *node = &path[depth];
  if (depth == 0) return;
  const struct node *parent = &path[depth - 1];
  if (lists(node->device_type, "cpu")) {
    finish_cpu(node, parent);
  } else if (lists(node->compatible, "riscv,cpu-intc") && machine.harts < MAX_HARTS) {
    cpu_phandles[machine.harts] = node->phandle;  // its cpu, the parent, ends next
  } else if (lists(node->device_type, "memory") && node->reg.size >= 4 * (parent->address_cells + parent->size_cells)) {
    machine.memory_base = register_base(node, parent);
    machine.memory_size = big(node->reg.data + 4 * parent->address_cells, parent->size_cells);
  } else if (!machine.uart && (lists(node->compatible, "ns16550a") || lists(node->compatible, "ns16550"))) {
    machine.uart = register_base(node, parent);
    machine.uart_shift = node->shift;
    machine.uart_irq = cell(node->interrupts);
  } else if (lists(node->compatible, "riscv,plic0") || lists(node->compatible, "sifive,plic-1.0.0")) {
    machine.plic = register_base(node, parent);
    plic_contexts = node->interrupts_extended;
  }
}

/// The PLIC's contexts are numbered by the interrupts that it drives: (controller, cause) pairs.
static void find_context(void) {
  u32 phandle = 0;
  for (u32 i = 0; i < machine.harts; i++)
    if (machine.hart_ids[i] == machine.boot_hart) phandle = cpu_phandles[i];
  for (u32 i = 0; i * 8 + 8 <= plic_contexts.size; i++) {
    const u8 *pair = plic_contexts.data + i * 8;
    if (big32(pair) == phandle && big32(pair + 4) == SUPERVISOR_EXTERNAL) machine.plic_context = i;
  }
}

bool machine_discover(u64 boot_hart, const void *tree) {
  const u8 *base = tree;
  machine.boot_hart = (u32)boot_hart;
  machine.timebase = 10000000;
  machine.has_sstc = true;
  if (!base || big32(base) != FDT_MAGIC) return false;
  const u8 *cursor = base + big32(base + 8);
  const char *strings = (const char *)base + big32(base + 12);
  u32 depth = 0;
  for (bool started = false;;) {
    u32 token = big32(cursor);
    cursor += 4;
    if (token == FDT_BEGIN_NODE) {
      if (started && ++depth == MAX_DEPTH) return false;
      started = true;
      path[depth] = (struct node){.address_cells = 2, .size_cells = 1};
      cursor += (text_length((const char *)cursor) + 4) & ~3ull;
    } else if (token == FDT_END_NODE) {
      finish_node(depth);
      if (depth == 0) break;
      depth--;
    } else if (token == FDT_PROP) {
      u32 size = big32(cursor);
      read_property(depth, strings + big32(cursor + 4), (struct property){cursor + 8, size});
      cursor += 8 + ((size + 3) & ~3u);
    } else if (token != FDT_NOP) {
      return false;
    }
  }
  find_context();
  return true;
}
